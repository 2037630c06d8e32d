"""The demo: the whole way once, and a second time for nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from support.tiny_dataset import make_tiny_dataset

from lcpipe.pipeline.dataset.reading import open_dataset
from lcpipe.pipeline.dataset.verify import verify
from lcpipe.pipeline.demo import DemoPaths, write_drawing


def test_hints_are_points_of_the_pictures_own_colours(tmp_path: Path) -> None:
    root = make_tiny_dataset(tmp_path / "tiny", side=128)
    paths = DemoPaths.below(str(tmp_path))
    write_drawing(str(root), paths)
    strokes = json.loads(paths.hints.read_text())["strokes"]
    assert len(strokes) > 10
    line = cv2.imread(str(paths.drawing), cv2.IMREAD_GRAYSCALE)
    assert all(line[y, x] == 255 for stroke in strokes for x, y, _ in stroke["points"])
    first = paths.hints.read_bytes()
    write_drawing(str(root), paths)
    assert paths.hints.read_bytes() == first


@pytest.mark.slow
def test_the_whole_way_and_a_second_time_for_nothing(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    command = [sys.executable, "-m", "lcpipe.pipeline", "demo", "--steps", "3", "--workers", "2", "--json"]
    first = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=1000, check=False)
    assert first.returncode == 0, first.stderr
    made = json.loads(first.stdout)
    assert all((tmp_path / path).exists() for path in made.values())
    dataset = open_dataset(str(tmp_path / made["dataset"]))
    assert dataset.manifest["counts"]["paired"] > 0
    assert verify(dataset.root, full=True) == []
    traced = subprocess.run(
        [sys.executable, "-m", "lcpipe.pipeline", "lineage", made["model"], "--json"],
        cwd=tmp_path, capture_output=True, text=True, timeout=100, check=True,
    )  # fmt: skip
    assert dataset.digest in traced.stdout
    assert "MISMATCH" not in traced.stdout
    before = {
        path: os.stat(tmp_path / path).st_mtime_ns for path in (made["model"], made["report"], made["evaluation"])
    }
    second = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert second.returncode == 0, second.stderr
    assert json.loads(second.stdout) == made
    assert {path: os.stat(tmp_path / path).st_mtime_ns for path in before} == before
