"""The baselines that are there, one file each in baselines/; a model file may be one, too."""

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lcpipe.pipeline.dataset.canonical import sha256_hex
from lcpipe.pipeline.dataset.errors import UsageError

from . import baselines
from .evaluation_groups import Paints
from .painter import load_painter
from .presets import nearest
from .protocols import MODEL


@dataclass(frozen=True)
class Baseline:
    """A painter to compare with, and what an evaluation records of it."""

    name: str
    painter: Paints
    record: dict[str, Any]


def baseline_names() -> list[str]:
    """The baselines that need no file."""
    names = (module.name for module in pkgutil.iter_modules(baselines.__path__))
    return sorted(name for name in names if not name.startswith("_"))


def load_baselines(named: Sequence[str], device: str) -> list[Baseline]:
    """Baselines by name or model file, each once. Raises UsageError for a name that is none, WeightsError."""
    found = [_load(name, device) for name in dict.fromkeys(named)]
    for baseline in found:
        if baseline.name == MODEL or [other.name for other in found].count(baseline.name) > 1:
            hint = "rename one of the files"
            raise UsageError(f"two painters are called '{baseline.name}'", where="--baseline", hint=hint)
    return found


def _load(name: str, device: str) -> Baseline:
    if name in baseline_names():
        module = importlib.import_module(f".baselines.{name}", __package__)
        return Baseline(name, module.prepare(), {"name": name})
    if not Path(name).is_file():
        hint = f"{nearest(name, baseline_names())} or a model file"
        raise UsageError(f"no baseline is called '{name}'", where="--baseline", hint=hint)
    painter = load_painter(name, device)
    path = Path(name)
    label = path.parent.name if path.stem == "model" and path.parent.name else path.stem
    origin = {key: painter.metadata.get(key) for key in ("preset", "dataset", "run", "config")}
    record = {"name": label, "sha256": sha256_hex(path.read_bytes()), **origin}
    return Baseline(label, painter, record)
