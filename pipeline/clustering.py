"""Clusters of near-duplicates in the table of pictures: which cluster each is in, and who is kept in whose stead."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .measures.color_hash import MIRROR
from .near_duplicates import Proposal, clusters
from .recipe import NearDuplicates

LOSSLESS = ("png", "webp", "bmp", "tiff")
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Clusters:
    """`name`: the row of the smallest id in each row's cluster, int64 (N,); `stale`: {living row: row kept instead}."""

    name: Rows
    stale: dict[int, int]

    def largest(self) -> int:
        """How many pictures the largest cluster holds."""
        return int(np.bincount(self.name).max()) if len(self.name) else 0


def clustered(table: pa.Table, colors: npt.NDArray[np.bool_], alive: Any, settings: NearDuplicates) -> Clusters:
    """The clusters of all decodable colour pictures, filtered ones too: a relaxed filter moves no cluster.

    `table` is ordered by id. Of each cluster the best living picture is kept: most pixels, then a lossless format, then
    the smaller id.
    """
    measured = pc.is_valid(table.column("phash")).combine_chunks().to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(measured & colors)
    name = np.arange(len(table), dtype=np.int64)
    if not len(rows):
        return Clusters(name, {})
    some = table.select(["width", "height", "format", "phash", "color_hash", "thumbnail"]).take(pa.array(rows))
    rank = _rank(some)
    centres = clusters(_proposals(some, settings), thumbnails(some), rank, settings.color_difference)
    smallest = np.full(len(rows), len(table), dtype=np.int64)
    np.minimum.at(smallest, centres, rows)
    name[rows] = smallest[centres]
    return Clusters(name, _stale(rows, centres, rank, np.asarray(alive)))


def thumbnails(table: pa.Table) -> npt.NDArray[np.uint8]:
    """The thumbnails of a table, uint8 (N, 3072), as they lie in memory."""
    return _bytes(table.column("thumbnail"))


def _proposals(table: pa.Table, settings: NearDuplicates) -> list[Proposal]:
    """The perceptual hash, and the coarser colour hash, upright and mirrored, one bit more lenient."""
    phash, color = (
        _bytes(table.column(name)).view(">u8").ravel().astype(np.uint64) for name in ("phash", "color_hash")
    )
    if not settings.distance:
        return [Proposal(phash, 0)]
    lenient = settings.distance + 1
    return [
        Proposal(phash, settings.distance),
        Proposal(color, lenient, aligned=True),
        Proposal(color, lenient, MIRROR, aligned=True),
    ]


def _bytes(column: pa.ChunkedArray) -> npt.NDArray[np.uint8]:
    """A column of fixed-size binary without nulls, uint8 (N, width), not copied."""
    values = column.combine_chunks()
    values = values.chunk(0) if isinstance(values, pa.ChunkedArray) else values
    width = values.type.byte_width
    data = np.frombuffer(values.buffers()[1], np.uint8)
    return data[values.offset * width : (values.offset + len(values)) * width].reshape(len(values), width)


def _rank(table: pa.Table) -> Rows:
    """Best first, as a number per row; rows come ordered by id."""
    width, height = (table.column(side).to_numpy().astype(np.int64) for side in ("width", "height"))
    lossless = pc.is_in(pc.utf8_lower(table.column("format")), value_set=pa.array(LOSSLESS))
    order = np.lexsort((~lossless.to_numpy().astype(bool), -width * height))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank


def _stale(rows: Rows, centres: Rows, rank: Rows, alive: npt.NDArray[np.bool_]) -> dict[int, int]:
    """{living row: its cluster's best living row}, for all but that row."""
    shared = np.bincount(centres, minlength=len(rows))[centres] > 1
    living = np.flatnonzero(alive[rows] & shared)
    living = living[np.lexsort((rank[living], centres[living]))]
    first = np.concatenate([[True], centres[living][1:] != centres[living][:-1]]) if len(living) else living > 0
    best = living[np.maximum.accumulate(np.where(first, np.arange(len(living)), 0))] if len(living) else living
    pairs = zip(rows[living[~first]].tolist(), rows[best[~first]].tolist(), strict=True)
    return dict(pairs)
