"""What a safetensors file says about itself, read from its header alone: no tensor is touched, no torch needed."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .dataset.errors import WeightsError

_MAX_HEADER_BYTES = 100_000_000  # the format's own limit
_HINT = "is it a model that lcpipe wrote?"


@dataclass(frozen=True)
class Header:
    """Free-form metadata, and how many numbers the tensors hold."""

    metadata: dict[str, str]
    tensors: int
    parameters: int


def read_header(path: Path) -> Header:
    """The header of a safetensors file. Raises WeightsError when it is not one, or not a whole one."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(size - 8, _MAX_HEADER_BYTES):
                raise WeightsError("not a safetensors file, or cut off", where=str(path), hint=_HINT)
            text = file.read(length)
    except OSError as error:
        raise WeightsError(f"cannot read the model: {error.strerror}", where=str(path), hint="check the path") from None
    return _parsed(text, path)


def _parsed(text: bytes, path: Path) -> Header:
    try:
        header = json.loads(text)
        metadata = header.pop("__metadata__", {})
        sizes = [_elements(tensor["shape"]) for tensor in header.values()]
        return Header({str(key): str(value) for key, value in metadata.items()}, len(sizes), sum(sizes))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise WeightsError("the header of the safetensors file is damaged", where=str(path), hint=_HINT) from None


def _elements(shape: list[int]) -> int:
    count = 1
    for side in shape:
        count *= int(side)
    return count


def own_metadata(header: Header, path: Path) -> dict[str, Any]:
    """The entry `lcpipe` of a model's metadata. Raises WeightsError for a file that has none."""
    try:
        found = json.loads(header.metadata["lcpipe"])
    except (KeyError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise WeightsError("the file names no run and no dataset", where=str(path), hint=_HINT)
    return found
