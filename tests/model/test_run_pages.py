"""The page that compares runs: what differs, curves and pictures, and nothing from outside unescaped."""

import json
import re
from pathlib import Path

import pytest
from support.tiny_dataset import make_tiny_dataset
from support.tiny_run import smallest

from lcpipe.model.cli.train import live_lines
from lcpipe.model.run_pages import differences, page, points, read_run, write_runs_page
from lcpipe.model.trainer import train
from lcpipe.pipeline.dataset.errors import RunError


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("runs")
    dataset = make_tiny_dataset(folder / "dataset", rows=8, side=48)
    train(str(dataset), folder / "one", smallest(steps=4))
    train(str(dataset), folder / "<b>two", smallest("hints.most=7", steps=2))
    return [folder / "one", folder / "<b>two"]


def test_a_page_shows_both_runs(runs: list[Path], tmp_path: Path) -> None:
    found = write_runs_page([str(run) for run in runs], str(tmp_path / "runs.html"))
    text = (tmp_path / "runs.html").read_text()
    assert [run.name for run in found] == ["one", "<b>two"]
    assert "<b>two" not in text
    assert "&lt;b&gt;two" in text
    assert text.count("data:image/png;base64,") == 2
    assert "content loss" in text
    assert not re.search(r"<script|https?://", text)


def test_only_what_differs_is_listed(runs: list[Path]) -> None:
    rows = differences([read_run(run) for run in runs])
    assert rows == {"hints.most": [48, 7], "steps": [4, 2]}
    assert differences([read_run(runs[0])]) == {}


def test_curves_have_every_logged_step_and_leave_out_what_is_no_number(runs: list[Path], tmp_path: Path) -> None:
    run = read_run(runs[0])
    assert [x for x, _ in points(run, "loss_content")] == [4, 8, 12, 16]
    (tmp_path / "run.json").write_text((runs[0] / "run.json").read_text())
    lines = [{"step": n, "images": n * 4, "loss_content": n if n % 2 else float("nan")} for n in range(1, 2001)]
    (tmp_path / "log.jsonl").write_text("\n".join(map(json.dumps, lines)) + '\n{"step": 20')
    long = points(read_run(tmp_path), "loss_content")
    assert 300 <= len(long) <= 400
    assert long[-1][1] > 1990
    assert "None yet" in page([read_run(tmp_path)])


def test_a_folder_that_is_no_run_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot read"):
        read_run(tmp_path)
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(RunError, match="no config"):
        read_run(tmp_path)


def test_the_live_view_names_losses_speed_and_starving(runs: list[Path]) -> None:
    losses, speed = live_lines(read_run(runs[0]).entries[-1])
    assert re.search(r"content 0\.\d+ .*critic", losses)
    assert re.search(r"pictures/s, starved \d", speed)
    assert "16 pictures seen" in speed
