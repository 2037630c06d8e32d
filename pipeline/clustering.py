"""Clusters of near-duplicates in the table of pictures: which cluster each is in, and who is kept in whose stead."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .dataset.canonical import sha256_hex
from .measures import thumbnail
from .measures.color_hash import MIRROR
from .memory import Memory
from .near_duplicates import VERSION, Proposal, clusters
from .recipe import NearDuplicates
from .wide import Wide, fixed_bytes

LOSSLESS = ("png", "webp", "bmp", "tiff")
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Clusters:
    """`name`: the row of the smallest id in each row's cluster, int64 (N,); `stale`: {living row: row kept instead}.

    `bonds`: rows of different clusters that are near-duplicates all the same, int64 (M, 2).
    """

    name: Rows
    stale: dict[int, int]
    bonds: Rows

    def largest(self) -> int:
        """How many pictures the largest cluster holds."""
        return int(np.bincount(self.name).max()) if len(self.name) else 0


def clustered(
    table: pa.Table, thumbnails: Wide, colors: Mask, alive: Mask, settings: NearDuplicates, memory: Memory
) -> Clusters:
    """The clusters of all decodable colour pictures, filtered ones too: a relaxed filter moves no cluster.

    `table` is ordered by id. Of each cluster the best living picture is kept: most pixels, then a lossless format, then
    the smaller id.
    """
    measured = pc.and_(pc.is_valid(table.column("phash")), pc.is_valid(table.column("color_hash")))
    rows = np.flatnonzero(measured.to_numpy().astype(bool) & thumbnails.has & colors)
    name = np.arange(len(table), dtype=np.int64)
    if not len(rows):
        return Clusters(name, {}, np.empty((0, 2), np.int64))
    some = table.select(["id", "width", "height", "format", "phash", "color_hash"]).take(pa.array(rows))
    rank = _rank(some)
    key = _key(some, rank, settings)
    stars = memory.stars(key)
    if stars is None:
        proposals = _proposals(some, settings)
        stars = clusters(proposals, thumbnails.reordered(rows), rank, settings.color_difference)
        memory.keep_stars(key, stars)
    smallest = np.full(len(rows), len(table), dtype=np.int64)
    np.minimum.at(smallest, stars.centre, rows)
    name[rows] = smallest[stars.centre]
    return Clusters(name, _stale(rows, stars.centre, rank, np.asarray(alive)), rows[stars.bonds])


def _key(table: pa.Table, rank: Rows, settings: NearDuplicates) -> str:
    """Names clusters by all that they are made from; thumbnails by their pictures and their measure's version."""
    asked = f"{VERSION}/{thumbnail.version}/{settings.distance}/{settings.color_difference}"
    ids = "".join(table.column("id").to_pylist())
    hashes = b"".join(_bytes(table.column(name)).tobytes() for name in ("phash", "color_hash"))
    return sha256_hex(b"/".join([asked.encode(), ids.encode(), hashes, rank.tobytes()]))


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
    """A column of fixed-size binary without nulls, uint8 (N, width)."""
    values = column.combine_chunks()
    return fixed_bytes(values.chunk(0) if isinstance(values, pa.ChunkedArray) else values)


def _rank(table: pa.Table) -> Rows:
    """Best first, as a number per row; rows come ordered by id."""
    width, height = (table.column(side).to_numpy().astype(np.int64) for side in ("width", "height"))
    lossless = pc.is_in(pc.utf8_lower(table.column("format")), value_set=pa.array(LOSSLESS))
    order = np.lexsort((~lossless.to_numpy().astype(bool), -width * height))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank


def _stale(rows: Rows, centres: Rows, rank: Rows, alive: Mask) -> dict[int, int]:
    """{living row: its cluster's best living row}, for all but that row."""
    shared = np.bincount(centres, minlength=len(rows))[centres] > 1
    living = np.flatnonzero(alive[rows] & shared)
    living = living[np.lexsort((rank[living], centres[living]))]
    first = np.concatenate([[True], centres[living][1:] != centres[living][:-1]]) if len(living) else living > 0
    best = living[np.maximum.accumulate(np.where(first, np.arange(len(living)), 0))] if len(living) else living
    pairs = zip(rows[living[~first]].tolist(), rows[best[~first]].tolist(), strict=True)
    return dict(pairs)
