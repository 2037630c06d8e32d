"""The folder of a run: whole checkpoints or none, a log that can be cut, rotation by age and score."""

import json
from pathlib import Path

import pytest

from lcpipe.model.run_folder import (
    append_log,
    checkpoint_folder,
    checkpoints,
    cut_log,
    latest_checkpoint,
    prune,
    read_json,
    whole_state,
    write_checkpoint,
)
from lcpipe.pipeline.dataset.errors import RunError, StorageError


def write(run: Path, step: int, score: float = 1.0) -> None:
    write_checkpoint(run, step, {"a.bin": b"a" * step, "b.bin": b""}, {"metrics": {"score": score}})


def quiet(_: str) -> None:
    raise AssertionError("nothing should be said")


def test_the_newest_whole_checkpoint_is_found(tmp_path: Path) -> None:
    for step in (9, 10, 200):
        write(tmp_path, step)
    found = latest_checkpoint(tmp_path, quiet)
    assert found is not None
    assert found[0].name == "checkpoint-0000200"
    assert found[1]["step"] == 200
    assert latest_checkpoint(tmp_path / "nothing", quiet) is None


def test_a_checkpoint_can_be_written_again(tmp_path: Path) -> None:
    write(tmp_path, 5, 1.0)
    write(tmp_path, 5, 2.0)
    state = whole_state(checkpoint_folder(tmp_path, 5))
    assert state is not None
    assert state["metrics"] == {"score": 2.0}


def test_what_a_kill_leaves_behind_is_no_checkpoint(tmp_path: Path) -> None:
    write(tmp_path, 5)
    (tmp_path / ".checkpoint-0000010.tmp").mkdir()
    (tmp_path / ".checkpoint-0000010.tmp" / "a.bin").write_bytes(b"a")
    assert [path.name for path in checkpoints(tmp_path)] == ["checkpoint-0000005"]
    write(tmp_path, 10)
    assert not (tmp_path / ".checkpoint-0000010.tmp").exists()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": {"a.bin": 3}}', '{"files": 1}'])
def test_a_state_that_says_anything_is_not_whole(tmp_path: Path, text: str) -> None:
    write(tmp_path, 5)
    (checkpoint_folder(tmp_path, 5) / "state.json").write_text(text)
    assert whole_state(checkpoint_folder(tmp_path, 5)) is None


def test_rotation_keeps_the_last_and_the_best(tmp_path: Path) -> None:
    for step, score in ((1, 0.5), (2, 0.1), (3, 0.3), (4, 0.4), (5, 0.2)):
        write(tmp_path, step, score)
    prune(tmp_path, 2, "score")
    assert [int(path.name[-7:]) for path in checkpoints(tmp_path)] == [2, 4, 5]


def test_a_log_is_cut_at_the_checkpoint_and_at_a_torn_line(tmp_path: Path) -> None:
    for step in (1, 2, 3):
        append_log(tmp_path, {"step": step})
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"step": 2, "lo')
    cut_log(tmp_path, 2)
    assert [json.loads(line)["step"] for line in (tmp_path / "log.jsonl").read_text().splitlines()] == [1, 2]
    append_log(tmp_path, {"step": 3})
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 3


def test_no_log_is_no_error(tmp_path: Path) -> None:
    cut_log(tmp_path, 0)
    assert not (tmp_path / "log.jsonl").exists()


def test_no_place_to_write_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        write(tmp_path / "file", 1)


@pytest.mark.parametrize("data", [b"", b"[1]", b"\xff"])
def test_a_damaged_json_is_one_line(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "run.json").write_bytes(data)
    with pytest.raises(RunError):
        read_json(tmp_path / "run.json")
