"""Pictures in a terminal: the right colours where it can show them, none where it cannot."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lcpipe.pipeline.dataset.reading import Dataset
from lcpipe.pipeline.terminal_pictures import _line, can_show, thumbnails

CELL = re.compile(r"\x1b\[38;2;(\d+);(\d+);(\d+)m\x1b\[48;2;(\d+);(\d+);(\d+)m▀")


@pytest.mark.parametrize(
    ("environment", "terminal", "encoding", "shows"),
    [
        ({"COLORTERM": "truecolor"}, True, "utf-8", True),
        ({"COLORTERM": "24bit"}, True, "UTF-8", True),
        ({"COLORTERM": "truecolor", "NO_COLOR": "1"}, True, "utf-8", False),
        ({"COLORTERM": "truecolor"}, False, "utf-8", False),
        ({"COLORTERM": "truecolor"}, True, "ascii", False),
        ({}, True, "utf-8", False),
    ],
)
def test_only_a_terminal_that_can_is_asked_to(environment, terminal, encoding, shows):
    assert can_show(environment, terminal, encoding) is shows


def test_a_cell_holds_two_pixels():
    upper, lower = np.array([[1, 2, 3]], np.uint8), np.array([[4, 5, 6]], np.uint8)
    assert CELL.findall(_line(upper, lower)) == [("1", "2", "3", "4", "5", "6")]


def test_pairs_stand_beside_each_other(tiny: Dataset):
    shown = thumbnails(tiny, rows=2, side=16, columns=2)
    cells = [len(CELL.findall(line)) for line in shown]
    assert cells == [0, *[32] * 8, 0] * 2
    assert shown[-1] == list(tiny.rows(columns=["id"]))[1]["id"][:12]


def test_what_cannot_be_shown_is_said(empty: Dataset, damaged: Dataset):
    assert thumbnails(empty) == []
    assert any("no pictures" in line for line in thumbnails(damaged))


def test_inspect_shows_them_on_a_terminal(tiny_dataset: Path):
    command = [sys.executable, "-m", "lcpipe.pipeline", "inspect", str(tiny_dataset)]
    environment = {**os.environ, "COLORTERM": "truecolor", "PYTHONIOENCODING": "utf-8"}
    environment.pop("NO_COLOR", None)
    assert "▀" not in subprocess.run(command, capture_output=True, text=True, env=environment).stdout
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, env=environment)
    os.close(theirs)
    seen = b""
    while chunk := _read(ours):
        seen += chunk
    assert process.wait() == 0
    assert "▀".encode() in seen


def _read(file: int) -> bytes:
    """What is there; nothing once the other side is closed, which Linux calls an error."""
    try:
        return os.read(file, 65536)
    except OSError:
        return b""
