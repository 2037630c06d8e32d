"""Drops colour pictures that are grey: nothing can be learnt from them about colour."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from ._refusals import between, unless

version = 1
measures = ("grayness",)
roles = ("color",)


@dataclass(frozen=True)
class Settings:
    """`max_grayness`: from this measure of `grayness` (1 is pure grey) on, a picture counts as grey."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    max_grayness: float = 0.94  # a chroma of 15 of 255: grey scans come with less, pale pictures with more

    def __post_init__(self) -> None:
        between("max_grayness", self.max_grayness, 0.0, 1.0)


def keep(table: pa.Table, settings: Settings) -> pa.Array:
    """Null for a picture with colour, else `grayscale`."""
    return unless(pc.less(table.column("grayness"), settings.max_grayness), "grayscale")
