"""What run.json and a model file say about where a model comes from, and whether a run may go on."""

import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from lcpipe.pipeline.dataset.canonical import sha256_hex
from lcpipe.pipeline.dataset.errors import RunError
from lcpipe.pipeline.dataset.reading import Dataset

from .checkpoints import weights_record
from .networks import parameter_count
from .presets import FILES, RunConfig, changed_settings, plain, substitutes
from .run_folder import RUN, Note, read_json
from .tasks import Task
from .weights import file_record

FORMAT = 1


def describe(
    config: RunConfig, dataset: Dataset, task: Task, device: str, threads: int, processes: int = 1
) -> dict[str, Any]:
    """The run.json of a run: all that decides what it computes."""
    return {
        "format": FORMAT,
        "preset": config.preset,
        "task": config.task,
        "substitutes": substitutes(config),
        "config": plain(config),
        "seed": config.seed,
        "dataset": {"name": dataset.name, "version": dataset.version, "digest": dataset.digest},
        "weights": {name: weights_record(module) for name, module in task.frozen.items()} | started(config),
        "parameters": {name: parameter_count(module) for name, module in task.trained.items()},
        "lcpipe": version("lcpipe"),
        "torch": {
            "version": torch.__version__,
            "device": device,
            "threads": threads,
            "processes": processes,
            "memory_format": config.memory_format,
            "deterministic": True,
        },
        "machine": platform.machine(),
    }


def agreed(run: Path, record: dict[str, Any], note: Note) -> dict[str, Any]:
    """The record to go on with: the new one, if the folder is empty or holds the same run. Raises RunError."""
    if not (run / RUN).exists():
        if run.exists() and any(run.iterdir()):
            raise RunError("the folder is not empty and holds no run", where=str(run), hint="choose another --out")
        return record
    before = read_json(run / RUN)
    refuse_changes(run, before, record)
    now = record["torch"] | {"accumulate": record["config"]["accumulate"]}
    then = before["torch"] | {"accumulate": before["config"].get("accumulate", 1)}
    for key in ("version", "device", "threads", "processes", "accumulate"):
        if then.get(key, 1) != now[key]:
            note(f"{key} is {now[key]}, was {then.get(key, 1)}: the run goes on, but not bit for bit as it would have")
    return record


def refuse_changes(run: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuses another dataset, other settings or other pretrained files. Raises RunError that names them."""
    old, new = before["dataset"]["digest"], now["dataset"]["digest"]
    if old != new:
        what = f"the run was trained on dataset {old[:12]}, this one is {new[:12]}"
        raise RunError(what, where=str(run), hint="give the same dataset, or another --out")
    changed = changed_settings(before["config"], now["config"])
    if changed:
        raise RunError(
            f"settings changed: {', '.join(changed)}", where=str(run), hint="undo that, or choose another --out"
        )
    if before["weights"] != now["weights"]:
        raise RunError(
            "other pretrained files than before", where=str(run), hint="give the same files, or another --out"
        )


def model_metadata(run: Path, record: Mapping[str, Any], step: int, metrics: Mapping[str, float]) -> dict[str, Any]:
    """What a model file says of its origin."""
    return {
        "preset": record["preset"],
        "substitutes": record["substitutes"],
        "dataset": record["dataset"],
        "start": record["weights"].get("start"),
        "run": {
            "sha256": sha256_hex((run / RUN).read_bytes()),
            "step": step,
            "images": step * record["config"]["batch"],
        },
        "lcpipe": record["lcpipe"],
        "config": record["config"],
        "metrics": dict(metrics),
    }


def started(config: RunConfig) -> dict[str, dict[str, str] | None]:
    """The model that a run begins with, if it does."""
    return {"start": asdict(file_record(Path(config.start_file)))} if config.start_file else {}


def places(dataset_uri: str, config: RunConfig) -> dict[str, str]:
    """Where dataset and weights lie, for going on from the folder alone."""
    absolute = {key: str(Path(path).resolve()) for key in FILES if (path := getattr(config, key))}
    return {"dataset": dataset_uri if "://" in dataset_uri else str(Path(dataset_uri).resolve()), **absolute}
