"""Keeps or drops pictures by their tags, of every kind: general, character, copyright, artist and meta."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lcpipe.pipeline.catalog import TAG_COLUMNS

from ._refusals import unless

version = 1
measures = ()
roles = ("color", "line_art")


@dataclass(frozen=True)
class Settings:
    """`any`: at least one of these; `all`: every one of these; `exclude`: none of these. Case is ignored.

    `of` says which pictures are looked at: colour pictures, line art, or both.

    A picture without any tags fails `any` and `all`, and passes `exclude`.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    of: Literal["both", "color", "line_art"] = "both"


def keep(table: pa.Table, settings: Settings) -> pa.Array:
    """Null for a picture with the right tags, else `tags`."""
    good = ~_tagged(table, settings.exclude)
    if settings.any:
        good &= _tagged(table, settings.any)
    for tag in settings.all:
        good &= _tagged(table, (tag,))
    if settings.of != "both":
        good |= pc.fill_null(pc.not_equal(table.column("role"), settings.of), True).to_numpy()
    return unless(pa.chunked_array([pa.array(good)]), "tags")


def _tagged(table: pa.Table, tags: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """Which rows have one of the tags, bool (N,)."""
    hit = np.zeros(len(table), dtype=bool)
    wanted = pa.array(sorted({tag.lower() for tag in tags}), pa.string())
    for name in TAG_COLUMNS if tags else ():
        start = 0
        for lists in table.column(name).chunks:  # one by one: together they may exceed what one array can hold
            found = pc.is_in(pc.utf8_lower(pc.list_flatten(lists)), value_set=wanted)
            hit[start + pc.list_parent_indices(lists).filter(found).to_numpy(zero_copy_only=False)] = True
            start += len(lists)
    return hit
