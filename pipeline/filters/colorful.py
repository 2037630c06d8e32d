"""Drops pictures with little colour: pale sketches, tinted scans, near-monochromes."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from ._refusals import between, unless

version = 1
measures = ("colorfulness",)
roles = ("color",)


@dataclass(frozen=True)
class Settings:
    """`min_colorfulness` after Hasler & Süsstrunk: 0 grey, 15 slightly, 33 moderately, 45 averagely colourful."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    min_colorfulness: float = 15.0

    def __post_init__(self) -> None:
        between("min_colorfulness", self.min_colorfulness, 0.0, 200.0)


def keep(table: pa.Table, settings: Settings) -> pa.Array:
    """Null for a picture that is colourful enough, else `colorful`."""
    return unless(pc.greater_equal(table.column("colorfulness"), settings.min_colorfulness), "colorful")
