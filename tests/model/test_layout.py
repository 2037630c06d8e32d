"""The memory format is settled once: asked for, as the run began, or by a probe."""

from pathlib import Path

import pytest
import torch
from support.tiny_run import smallest

from lcpipe.model.layout import LAYOUTS, probed, settled_format
from lcpipe.model.run_folder import RUN, write_json
from lcpipe.model.team import Team
from lcpipe.model.torch_settings import torch_settings


def settled(run: Path, *settings: str, device: str = "cpu") -> tuple[str, list[str]]:
    notes: list[str] = []
    return settled_format(smallest(*settings), run, device, Team(), notes.append).memory_format, notes


def test_what_is_asked_for_is_taken(tmp_path: Path) -> None:
    assert settled(tmp_path, "memory_format=contiguous", device="cuda") == ("contiguous", [])


def test_no_clock_decides_on_a_cpu(tmp_path: Path) -> None:
    assert settled(tmp_path) == ("channels_last", [])


def test_a_run_keeps_the_format_that_it_began_with(tmp_path: Path) -> None:
    write_json(tmp_path / RUN, {"config": {"memory_format": "contiguous"}})
    assert settled(tmp_path, device="cuda") == ("contiguous", [])


def test_a_probe_takes_the_time_of_every_format() -> None:
    with torch_settings(threads=1):
        seconds = probed(smallest("batch=2", "memory_format=auto"), "cpu", Team())
    assert tuple(seconds) == LAYOUTS
    assert all(value > 0 for value in seconds.values())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_is_probed_and_the_times_are_said(tmp_path: Path) -> None:
    chosen, notes = settled(tmp_path, device="cuda")
    assert chosen in LAYOUTS
    assert notes[0].startswith(f"memory format {chosen}: ")
