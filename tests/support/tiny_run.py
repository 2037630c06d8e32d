"""The smallest run that still has every part: critic, average, several checkpoints."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file

from lcpipe.model.presets import RunConfig, configure
from lcpipe.model.run_folder import checkpoint_folder

SMALLEST = (
    "batch=4",
    "size=32",
    "threads=1",
    "generator.ngf=8",
    "generator.blocks=[1, 1, 1, 1]",
    "critic.ndf=4",
    "critic.strides=[1]",
    "loss.penalty_every=1",
    "output.log_every=1",
    "output.sample_every=4",
    "output.checkpoint_every=2",
)


def smallest(*settings: str, steps: int = 6) -> RunConfig:
    """The preset `tiny` made as small as it goes, with settings laid over it."""
    return configure("tiny", (*SMALLEST, *settings), steps)


def saved_tensors(run: Path, step: int) -> dict[str, torch.Tensor]:
    """Every tensor of a checkpoint, by file and name."""
    files = sorted(checkpoint_folder(run, step).glob("*.safetensors"))
    return {f"{file.stem}/{name}": tensor for file in files for name, tensor in load_file(file).items()}


def assert_same_weights(left: Path, right: Path, step: int) -> None:
    """Two runs hold the same bits after so many steps: networks, average and moments."""
    first, second = saved_tensors(left, step), saved_tensors(right, step)
    assert first.keys() == second.keys()
    assert len(first) > 100
    differing = [name for name in first if not torch.equal(first[name], second[name])]
    assert differing == []


def logged(run: Path) -> list[dict[str, float]]:
    """The lines of a run's log."""
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
