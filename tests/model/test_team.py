"""Several processes, or one batch in several parts, train what one process trains with the whole batch."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from support.tiny_dataset import make_tiny_dataset
from support.tiny_run import SMALLEST, saved_tensors, smallest

from lcpipe.model.features import vgg16_layers
from lcpipe.model.loader import Loader
from lcpipe.model.presets import RunConfig, configure
from lcpipe.model.team import Team, joined
from lcpipe.model.trainer import resume, train
from lcpipe.pipeline.dataset.errors import RecipeError, UsageError
from lcpipe.pipeline.dataset.reading import open_dataset

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = (*SMALLEST, "critic.head=pooled", "features=none")  # own batches, drift of the squared mean, pixel penalty


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_dataset(tmp_path_factory.mktemp("pairs") / "dataset", rows=14, side=48)


@pytest.fixture(scope="module")
def vgg16(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    file = tmp_path_factory.mktemp("weights") / "vgg16.safetensors"
    save_file({f"features.{key}": value for key, value in vgg16_layers(23).state_dict().items()}, file)
    return file


def published(vgg16: Path, *settings: str) -> RunConfig:
    return configure("alacgan", (*PUBLISHED, f"perceptual_file={vgg16}", *settings), 3)


def relativistic(vgg16: Path, *settings: str) -> RunConfig:
    return configure("rpgan", (*SMALLEST, "ema.half_life_images=0", f"perceptual_file={vgg16}", *settings), 3)


def assert_close(left: Path, right: Path, step: int) -> None:
    """All networks and moments agree to what the order of a sum of float32 may change."""
    first, second = saved_tensors(left, step), saved_tensors(right, step)
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        scale = float(tensor.abs().max()) + 1e-12
        assert float((tensor - second[name]).abs().max()) <= 1e-3 * scale + 1e-6, name


@pytest.mark.parametrize("preset", [published, relativistic])
def test_a_batch_in_parts_trains_like_the_whole(preset: object, dataset: Path, vgg16: Path, tmp_path: Path) -> None:
    assert callable(preset)
    settings = ("optimizer.learning_rate=1e-5", "loss.drift_weight=0.1")
    whole = train(str(dataset), tmp_path / "whole", preset(vgg16, *settings))
    parts = train(str(dataset), tmp_path / "parts", preset(vgg16, *settings, "accumulate=2"))
    assert_close(whole.run, parts.run, 3)


def test_another_number_of_parts_goes_on_with_a_note(dataset: Path, tmp_path: Path) -> None:
    train(str(dataset), tmp_path / "run", smallest(steps=2))
    notes: list[str] = []
    again = train(str(dataset), tmp_path / "run", smallest("accumulate=2", steps=3), on_note=notes.append)
    assert again.resumed_from == 2
    assert any("accumulate is 2, was 1" in note for note in notes)


def test_parts_must_divide_the_batch() -> None:
    with pytest.raises(RecipeError, match="3 equal parts"):
        smallest("accumulate=3")


@pytest.mark.parametrize("own", ["true", "false"])
def test_ranks_read_the_whole_batch_between_them(dataset: Path, own: str) -> None:
    config = smallest(f"data.separate_batches={own}", "hints.unhinted=0.5")
    packed = open_dataset(str(dataset))
    alone = Loader(packed, config).steps(3)
    shared = [Loader(packed, config, Team(rank, 2)).steps(3) for rank in range(2)]
    for _ in range(2):
        whole, mine = next(alone), [next(steps) for steps in shared]
        for number in range(2):
            joined_batch = torch.cat([part[number].hint for part in mine])
            assert torch.equal(whole[number].hint, joined_batch)
            assert torch.equal(whole[number].line, torch.cat([part[number].line for part in mine]))


def test_one_process_alone_needs_no_exchange() -> None:
    with joined("cpu") as (team, device):
        assert (team, device) == (Team(), "cpu")
        assert team.leads
        assert team.highest(15) == 15


def test_a_numbered_device_is_refused_for_several_processes() -> None:
    with pytest.raises(UsageError, match="its own"), joined("cuda:1", {"WORLD_SIZE": "2", "RANK": "0"}):
        pass


CHILD = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from model.test_team import {preset}
from lcpipe.model.trainer import train
train({dataset!r}, {run!r}, {preset}(Path({vgg16!r}), "optimizer.learning_rate=1e-5", "loss.drift_weight=0.1"))
"""


@pytest.mark.slow
@pytest.mark.parametrize("preset", [published, relativistic])
def test_two_processes_train_what_one_does(preset: object, dataset: Path, vgg16: Path, tmp_path: Path) -> None:
    assert callable(preset)
    settings = ("optimizer.learning_rate=1e-5", "loss.drift_weight=0.1")
    alone = train(str(dataset), tmp_path / "alone", preset(vgg16, *settings))
    script = tmp_path / "child.py"
    name = preset.__name__  # type: ignore[attr-defined]
    script.write_text(
        CHILD.format(
            tests=str(ROOT / "tests"), preset=name, dataset=str(dataset), run=str(tmp_path / "two"), vgg16=str(vgg16)
        )
    )
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(script)]
    done = subprocess.run(start, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert_close(alone.run, tmp_path / "two", 3)
    notes: list[str] = []
    longer = resume(tmp_path / "two", steps=4, on_note=notes.append)
    assert longer.resumed_from == 3
    assert any("processes is 1, was 2" in note for note in notes)
