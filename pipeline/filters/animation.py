"""Drops animated pictures: only their first frame would be used."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from ._refusals import between, unless

version = 1
measures = ("dimensions",)
roles = ("color",)


@dataclass(frozen=True)
class Settings:
    """`max_frames`: the largest number of frames that is kept."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    max_frames: int = 1

    def __post_init__(self) -> None:
        between("max_frames", self.max_frames, 1, 1_000_000)


def keep(table: pa.Table, settings: Settings) -> pa.Array:
    """Null for a still picture, else `animation`."""
    return unless(pc.less_equal(table.column("frames"), settings.max_frames), "animation")
