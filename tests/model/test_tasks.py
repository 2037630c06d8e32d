"""The seam between the trainer and what it trains."""

import torch
from support.tiny_run import smallest

from lcpipe.model.color_task import build
from lcpipe.model.loader import Batch
from lcpipe.model.tasks import TASKS, Task, Turn
from lcpipe.model.team import Team
from lcpipe.pipeline.dataset.reading import open_dataset


def test_every_task_of_a_preset_is_known() -> None:
    assert set(TASKS) == {"colorize", "lines", "materials"}


def test_a_colouriser_names_its_networks_and_moves_them(tiny_dataset: object) -> None:
    task: Task = build(smallest(), open_dataset(str(tiny_dataset)), "cpu", Team())
    assert sorted(task.trained) == ["critic", "generator"]
    assert sorted(task.optimizers) == ["critic", "generator"]
    assert not task.frozen
    before = {name: list(module.parameters())[-1].detach().clone() for name, module in task.trained.items()}
    batch = Batch(torch.ones(4, 1, 32, 32), torch.rand(4, 3, 32, 32), torch.zeros(4, 4, 8, 8))
    measures = task.update(Turn(4, [(batch, batch)]))
    assert {"loss_content", "loss_critic", "penalty"} <= measures.keys()
    assert not any(value.requires_grad for value in measures.values())
    assert all(not torch.equal(before[name], list(module.parameters())[-1]) for name, module in task.trained.items())
