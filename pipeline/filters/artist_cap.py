"""Keeps at most so many pictures of one artist, so that no hand rules the dataset."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ._refusals import between, unless

version = 1
measures = ()
roles = ("color",)


@dataclass(frozen=True)
class Settings:
    """`most`: how many pictures of an artist are kept; those with the smallest ids, which are as good as drawn."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    most: int = 100

    def __post_init__(self) -> None:
        between("most", self.most, 1, 1_000_000_000)


def keep(table: pa.Table, settings: Settings) -> pa.Array:
    """Null for the first `most` colour pictures of each artist and for those of unknown ones, else `artist_cap`.

    Filters know nothing of each other: pictures that another one drops count too.
    """
    rows = np.flatnonzero(pc.fill_null(pc.equal(table.column("role"), "color"), False).to_numpy())
    some = table.select(["id", "artist"]).take(pa.array(rows))
    order = pc.sort_indices(some, sort_keys=[("artist", "ascending"), ("id", "ascending")]).to_numpy()
    artists = some.column("artist").combine_chunks().dictionary_encode()
    codes = (artists.chunk(0) if isinstance(artists, pa.ChunkedArray) else artists).indices
    codes = codes.fill_null(-1).to_numpy(zero_copy_only=False)[order]
    starts = np.flatnonzero(np.diff(codes, prepend=codes[:1] - 1)) if len(codes) else np.empty(0, np.int64)
    place = np.arange(len(codes)) - np.repeat(starts, np.diff(starts, append=len(codes)))
    good = np.ones(len(table), dtype=bool)
    good[rows[order]] = (place < settings.most) | (codes < 0)
    return unless(pa.chunked_array([pa.array(good)]), "artist_cap")
