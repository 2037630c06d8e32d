"""Drops pictures whose short side is below `px` pixels."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from ._refusals import between, unless

version = 1
measures = ("dimensions",)


@dataclass(frozen=True)
class Settings:
    """`px`: the smallest short side that is kept, of the picture as found."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    px: int = 512

    def __post_init__(self) -> None:
        between("px", self.px, 1, 100_000)


def keep(table: pa.Table, settings: Settings) -> pa.Array:
    """Null for a picture that is large enough, else `min_side`."""
    return unless(pc.greater_equal(table.column("short_side"), settings.px), "min_side")
