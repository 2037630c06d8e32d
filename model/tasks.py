"""What a run trains, apart from the loop around it: the trainer knows a task by this interface alone.

A task owns its networks, optimizers and one update a step; the order of samples, the loader, checkpoints on disk,
resuming, the log and signals are the trainer's. `build(config, dataset, device, team)` of the task's file makes one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from lcpipe.pipeline.dataset.reading import Dataset

from .loader import Batch
from .presets import RunConfig
from .samples import Sheet
from .team import Team

Measures = dict[str, Tensor]

# Task of a preset, and the file of this folder that builds it.
TASKS = {"colorize": "color_task", "lines": "line_task", "materials": "material_task"}


@dataclass(frozen=True)
class Turn:
    """The work of one step: its number from 1, and the (critic's, generator's) batches of each accumulated part.

    All parts are on the device and of one size; gradients of their means are averaged over parts, then over the team.
    Both batches of a part are one and the same object where `data.separate_batches` is off.
    """

    step: int
    parts: Sequence[tuple[Batch, Batch]]


class Task(Protocol):
    """Networks that learn, and how."""

    @property
    def trained(self) -> Mapping[str, nn.Module]:
        """The networks that learn, by name: run.json counts their parameters."""

    @property
    def frozen(self) -> Mapping[str, nn.Module]:
        """Pretrained networks by name; `weights` of each, if it has any, says which file they came from."""

    @property
    def optimizers(self) -> Mapping[str, torch.optim.Optimizer]:
        """All of them get the learning rate of the schedule before each step."""

    def update(self, turn: Turn) -> Measures:
        """One step: every network moves once. Returns detached scalars for the log, on the device."""

    def sheet(self) -> Sheet:
        """The probe sheet as the networks are now, with the error that the best checkpoint is chosen by."""

    def state_files(self, metadata: Mapping[str, Any]) -> dict[str, bytes]:
        """All that a checkpoint holds; `metadata` goes into its model.safetensors."""

    def restore(self, checkpoint: Path) -> None:
        """Puts a whole checkpoint back, bit for bit. Raises WeightsError."""

    def save_model(self, path: str, metadata: Mapping[str, Any]) -> None:
        """Writes the finished model, which users load."""


def build_task(config: RunConfig, dataset: Dataset, device: str, team: Team) -> Task:
    """The freshly seeded task of a preset. Raises WeightsError where a pretrained file is missing, and DatasetError."""
    task: Task = import_module(f".{TASKS[config.task]}", __package__).build(config, dataset, device, team)
    return task
