"""A run on disk: run.json, log.jsonl and checkpoint folders that are either whole or not there.

A checkpoint is written to a temporary folder, synced and renamed; state.json in it holds the size and sha256 of each
file, so that one cut short by a full disk or a copy is noticed, said aloud and the one before it is used.
"""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lcpipe.pipeline.dataset.canonical import sha256_hex
from lcpipe.pipeline.dataset.errors import RunError
from lcpipe.pipeline.dataset.storage import storage_errors, write_bytes

RUN = "run.json"
LOG = "log.jsonl"
PLACES = "places.json"  # where dataset and weights lay: only a convenience, in no digest
STATE = "state.json"
PREFIX = "checkpoint-"

Note = Callable[[str], None]


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object. Raises RunError where it is damaged or not there."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise RunError(
            f"cannot read: {error}", where=str(path), hint="give a folder written by `lcpipe train`"
        ) from None
    if not isinstance(value, dict):
        raise RunError("not a JSON object", where=str(path), hint="give a folder written by `lcpipe train`")
    return value


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Writes a JSON object atomically, sorted and indented."""
    write_bytes(str(path), (json.dumps(value, indent=1, sort_keys=True) + "\n").encode())


def checkpoint_folder(run: Path, step: int) -> Path:
    """The folder of the checkpoint after that many steps."""
    return run / f"{PREFIX}{step:07d}"


def write_checkpoint(run: Path, step: int, files: Mapping[str, bytes], state: Mapping[str, Any]) -> None:
    """Writes a checkpoint folder as a whole. Raises StorageError and leaves nothing half-written behind."""
    final = checkpoint_folder(run, step)
    temporary = run / f".{final.name}.tmp"
    inventory = {name: {"bytes": len(data), "sha256": sha256_hex(data)} for name, data in files.items()}
    document = json.dumps({**state, "step": step, "files": inventory}, indent=1, sort_keys=True).encode()
    with storage_errors(str(final)):
        shutil.rmtree(temporary, ignore_errors=True)
        try:
            temporary.mkdir(parents=True)
            for name, data in (*files.items(), (STATE, document)):
                write_synced(temporary / name, data)
            sync_folder(temporary)
            shutil.rmtree(final, ignore_errors=True)
            temporary.rename(final)
            sync_folder(run)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def write_synced(path: Path, data: bytes) -> None:
    """Writes a file and waits until it is on the disk."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Waits until the names in a folder are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def checkpoints(run: Path) -> list[Path]:
    """The checkpoint folders of a run, oldest first, whole or not."""
    return sorted(path for path in run.glob(f"{PREFIX}*") if path.is_dir())


def whole_state(checkpoint: Path) -> dict[str, Any] | None:
    """The state of a checkpoint whose files are all as they were written, else None."""
    try:
        state = read_json(checkpoint / STATE)
        for name, facts in state["files"].items():
            data = (checkpoint / name).read_bytes()
            if len(data) != facts["bytes"] or sha256_hex(data) != facts["sha256"]:
                return None
    except (RunError, OSError, KeyError, TypeError, AttributeError):
        return None
    return state


def latest_checkpoint(run: Path, note: Note) -> tuple[Path, dict[str, Any]] | None:
    """The newest whole checkpoint and its state; incomplete ones are named aloud and removed."""
    for checkpoint in reversed(checkpoints(run)):
        state = whole_state(checkpoint)
        if state is not None:
            return checkpoint, state
        note(f"{checkpoint.name} is incomplete: removed, going on from the one before")
        shutil.rmtree(checkpoint)
    return None


def prune(run: Path, keep: int, score: str) -> None:
    """Keeps the last `keep` checkpoints and the one with the lowest `score`."""
    found = checkpoints(run)
    scores = {path: read_json(path / STATE)["metrics"][score] for path in found}
    best = min(found, key=lambda path: scores[path])
    for path in found[:-keep]:
        if path != best:
            shutil.rmtree(path)


def append_log(run: Path, entry: Mapping[str, Any]) -> None:
    """Adds one line to the log."""
    with storage_errors(str(run / LOG)), (run / LOG).open("a") as file:
        file.write(json.dumps(entry, sort_keys=True) + "\n")


def cut_log(run: Path, step: int) -> None:
    """Drops a torn last line and every line after `step`: they will be written again."""
    path = run / LOG
    if not path.exists():
        return
    lines = [line for line in path.read_text().splitlines() if logged_step(line) <= step]
    write_bytes(str(path), "".join(line + "\n" for line in lines).encode())


def logged_step(line: str) -> float:
    """The step of a log line; endlessly late where the line is torn."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")
