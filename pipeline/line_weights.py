"""Weights of learned extractors: finds the file, checks its sha256, and hands its arrays to the extractor.

A file is looked for in the folder LCPIPE_WEIGHTS (or the user's cache), then among those that come with the package.
"""

import hashlib
import importlib.util
import os
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

from .dataset.errors import WeightsError

FOLDER_VARIABLE = "LCPIPE_WEIGHTS"


def needs_weights(module: ModuleType) -> bool:
    """Whether an extractor is a network."""
    return bool(getattr(module, "needs_weights", False))


def sha256_of(module: ModuleType) -> str:
    """The sha256 of the file that an extractor would draw with. Raises WeightsError where it is missing."""
    return _digest(_file(module))


def available(module: ModuleType) -> bool:
    """Whether an extractor can draw here: it needs no weights, or has them and what reads them."""
    if not needs_weights(module):
        return True
    try:
        return importlib.util.find_spec("torch") is not None and bool(sha256_of(module))
    except WeightsError:
        return False


def resolved(module: ModuleType, table: Mapping[str, Any]) -> dict[str, Any]:
    """A table of settings with the sha256 of the weights filled in, so that it is recorded and part of every key.

    Raises WeightsError where the weights are missing, or not those that the table asks for.
    """
    if not needs_weights(module):
        return dict(table)
    sha256, asked = sha256_of(module), str(table.get("weights", ""))
    if asked and not sha256.startswith(asked.lower()):
        raise _wrong(module, sha256, asked)
    return {**table, "weights": sha256}


def weights_for(module: ModuleType, settings: Any) -> Mapping[str, Any] | None:
    """The arrays that an extractor draws with, checked against the sha256 of its settings; None where it needs none.

    Raises WeightsError.
    """
    if hasattr(module, "inner"):
        return weights_for(*module.inner(settings))
    if not needs_weights(module):
        return None
    path = _file(module)
    sha256 = _digest(path)
    if settings.weights and not sha256.startswith(settings.weights.lower()):
        raise _wrong(module, sha256, settings.weights)
    return _arrays(str(path), sha256)


def _wrong(module: ModuleType, sha256: str, asked: str) -> WeightsError:
    what = f"the weights have the sha256 {sha256[:16]}…, not {asked[:16]}…"
    return WeightsError(what, where=str(_file(module)), hint="bring the other file, or leave `weights` out")


def _file(module: ModuleType) -> Path:
    name = str(module.WEIGHTS)
    places = [_folder() / name, Path(str(files("lcpipe.manifests"))) / "models" / name]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        network = name.removesuffix(".safetensors")
        hint = f"bring the published file by `lcpipe weights import FILE --as {network}`"
        raise WeightsError(f"the weights of {network} are missing ({name})", where=str(_folder()), hint=hint)
    return found


def _folder() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get(FOLDER_VARIABLE) or cache / "lcpipe" / "weights")


def _digest(path: Path) -> str:
    facts = path.stat()
    return _sha256(str(path), facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=16)
def _sha256(path: str, changed_ns: int, size: int) -> str:
    """Hashed once for as long as the file stays as it is."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=2)
def _arrays(path: str, sha256: str) -> Mapping[str, Any]:
    try:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file
    except ModuleNotFoundError:
        hint = "install lcpipe[torch]"
        raise WeightsError("this extractor needs torch and safetensors", where=path, hint=hint) from None
    try:
        return dict(load_file(path))
    except TypeError as error:  # a kind of number that NumPy has not: bfloat16, floats of 8 bits
        raise WeightsError(f"cannot read the weights: {error}", where=path, hint="save them as float32") from None
    except (SafetensorError, OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(f"cannot read the weights: {reason}", where=path, hint="fetch the file again") from None
