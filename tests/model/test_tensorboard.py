"""Event files are what TensorBoard itself reads, go on with a run, and are asked for only where it is installed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.tiny_dataset import make_tiny_dataset
from support.tiny_run import smallest

from lcpipe.model.tensorboard import FOLDER
from lcpipe.model.trainer import resume, train


def test_event_files_hold_the_log_and_the_sheets(tmp_path: Path) -> None:
    accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    dataset = make_tiny_dataset(tmp_path / "dataset", rows=6, side=48)
    run = train(str(dataset), tmp_path / "run", smallest("output.tensorboard=true", steps=3)).run
    resume(run, steps=4)
    events = accumulators.EventAccumulator(str(run / FOLDER))
    events.Reload()
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert set(events.Tags()["scalars"]) == set().union(*lines) - {"step", "images"}
    shown = [(event.step, event.value) for event in events.Scalars("loss_content")]
    assert shown == [(line["step"], pytest.approx(line["loss_content"])) for line in lines]
    assert [event.step for event in events.Images("samples")] == [3, 4]


def test_without_the_package_one_line_says_what_to_install(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "sys.modules['tensorboard'] = None\n"  # what a search for a missing module meets
        "from lcpipe.model.tensorboard import check_tensorboard\n"
        "from lcpipe.pipeline.dataset.errors import RunError\n"
        "check_tensorboard(False)\n"
        "try:\n    check_tensorboard(True)\nexcept RunError as error:\n    print(error.what, '|', error.hint)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    what, hint = done.stdout.split("|")
    assert what.strip() == "tensorboard is not installed"
    assert "lcpipe[tensorboard]" in hint
