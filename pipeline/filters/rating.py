"""Drops pictures by their rating: g general, s sensitive, q questionable, e explicit. On by default."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import pyarrow as pa
import pyarrow.compute as pc

from ._refusals import unless

version = 1
measures = ()
roles = ("color", "line_art")

Rating = Literal["g", "s", "q", "e"]


@dataclass(frozen=True)
class Settings:
    """`allow`: the ratings that are kept; `unknown`: what becomes of a picture without one, or with another letter."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    allow: tuple[Rating, ...] = ("g", "s")
    unknown: Literal["keep", "drop"] = "keep"


def keep(table: pa.Table, settings: Settings) -> pa.Array:
    """Null for an allowed rating, else `rating`."""
    known = pc.is_in(table.column("rating"), pa.array(["g", "s", "q", "e"]))
    allowed = pc.is_in(table.column("rating"), pa.array(settings.allow, pa.string()))
    return unless(pc.if_else(known, allowed, settings.unknown == "keep"), "rating")
