"""Near-duplicates: hashes propose, a small colour thumbnail confirms, and clusters are stars, never chains.

Two hashes propose: the perceptual hash finds what was rescaled, encoded anew or retouched, and the colour hash, which
is coarser, also what was cropped or mirrored. Pictures whose hashes say nothing (near-blank ones, or ten thousand with
one hash) are crowded: their pairs are never listed, but looked through when one of them becomes a centre.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from .hash_search import BANDS, Found, Hashes, Rows, candidates, crowded
from .thumbnails import BATCH, COARSE, SIDE_PX, aligned_difference, coarse, difference, mirrored, rounded

ALIGNED_BELOW = 30.0  # levels: thumbnails that differ by more are not the same picture in another frame
SAME_CAST = 9.0  # levels: mean colours that differ by more are not brought together by trimming
VERSION = 2  # other clusters of the same pictures: raise it
SLACK = 1.0  # levels: two roundings
BLOCK = 1 << 15
Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


class Thumbnails(Protocol):
    """Thumbnails of all rows, uint8 (N, 3072), in memory or not: an array, a memory map, an Arrow column."""

    def __getitem__(self, rows: Rows, /) -> Bytes: ...

    def __len__(self) -> int: ...


@dataclass(frozen=True)
class Proposal:
    """One way to propose: pairs whose 64-bit `hashes` (N,), one of them mirrored, differ in `distance` bits at most.

    With `aligned`, thumbnails that differ may be the same picture cropped.
    """

    hashes: Hashes
    distance: int
    mirror: int = 0
    aligned: bool = False


@dataclass(frozen=True)
class Stars:
    """`centre`, int64 (N,): the row in the middle of each picture's cluster; one without near-duplicates is its own.

    `bonds`, int64 (M, 2): near-duplicates that are in different clusters, since their centres are none of each other.
    Bonds between two crowded pictures are not known.
    """

    centre: Rows
    bonds: Rows


def clusters(proposals: Sequence[Proposal], thumbnails: Thumbnails, rank: Rows, color_difference: float) -> Stars:
    """The clusters of all pictures.

    `rank` orders the pictures, best first. The best picture not yet taken becomes a centre and takes every free picture
    that is proposed with it and whose thumbnail differs by at most `color_difference` levels on average: a chain of
    small steps never joins two pictures that differ.
    """
    proof = _Proof(thumbnails, color_difference)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        crowds = list(pool.map(lambda one: crowded(one.hashes, one.distance, one.mirror), proposals))
        # Band by band: parts of a size, so that no core waits for the longest proposal.
        waiting = [
            pool.submit(_confirmed, one, crowd, band, proof)
            for one, crowd in zip(proposals, crowds, strict=True)
            for band in range(BANDS)
        ]
        pairs = [one.result() for one in waiting]
    near = np.concatenate([pair for pair in pairs if len(pair)] or [np.empty((0, 2), np.int64)])
    halls = [_Hall(one, np.flatnonzero(crowd), proof) for one, crowd in zip(proposals, crowds, strict=True)]
    centre = _stars(_Neighbours(near, len(rank)), halls, rank)
    return Stars(centre, near[centre[near[:, 0]] != centre[near[:, 1]]])


def _stars(near: "_Neighbours", halls: Sequence["_Hall"], rank: Rows) -> Rows:
    centre = np.full(len(rank), -1, dtype=np.int64)
    social = near.any()
    for hall in halls:
        social[hall.rows] = True
    rows = np.flatnonzero(social)
    for row in rows[np.argsort(rank[rows], kind="stable")].tolist():
        if centre[row] < 0:
            taken = [near.of(row), *(hall.near(row, centre) for hall in halls)]
            centre[row] = row
            for others in taken:
                centre[others[centre[others] < 0]] = row
    return np.where(centre < 0, np.arange(len(rank)), centre)


class _Proof:
    """Compares thumbnails, the cheapest comparison first."""

    def __init__(self, thumbnails: Thumbnails, limit: float) -> None:
        self.thumbnails = thumbnails
        self.limit = limit
        self._coarse = np.empty((len(thumbnails), 3 * COARSE**2), np.uint8)
        self._known = np.zeros(len(thumbnails), dtype=bool)

    def coarse(self, rows: Rows) -> Bytes:
        """Coarse thumbnails, uint8 (n, 48): made of a picture when it is first proposed, for few ever are."""
        fresh = np.unique(rows[~self._known[rows]])
        for start in range(0, len(fresh), BLOCK):
            some = fresh[start : start + BLOCK]
            self._coarse[some] = rounded(coarse(self.thumbnails[some]))
        self._known[fresh] = True
        return np.asarray(self._coarse[rows])

    def alike(self, left: Rows, right: Rows, mirror: bool, aligned: bool) -> Mask:
        """Which pairs (left[k], right[k]) are confirmed."""
        far = self._coarse_difference(left, right, mirror)
        near = far <= self.limit + SLACK
        if aligned:
            near |= (far <= ALIGNED_BELOW + SLACK) & (self._cast(left, right) <= SAME_CAST)
        alike = np.zeros(len(left), dtype=bool)
        worth = np.flatnonzero(near)
        for start in range(0, len(worth), BATCH):
            some = worth[start : start + BATCH]
            alike[some] = self._alike(left[some], right[some], mirror, aligned)
        return alike

    def _coarse_difference(self, left: Rows, right: Rows, mirror: bool) -> npt.NDArray[np.float32]:
        other = self.coarse(right)
        return difference(self.coarse(left), np.asarray(mirrored(other, COARSE), np.uint8) if mirror else other)

    def _cast(self, left: Rows, right: Rows) -> npt.NDArray[np.float32]:
        """How much the mean colours differ, in levels: a trimmed margin changes them little."""
        one, other = (self.coarse(rows).reshape(len(rows), COARSE**2, 3).mean(axis=1) for rows in (left, right))
        return np.asarray(np.abs(one - other).mean(axis=1), np.float32)

    def _alike(self, left: Rows, right: Rows, mirror: bool, aligned: bool) -> Mask:
        a, b = self.thumbnails[left], self.thumbnails[right]
        if mirror:
            b = np.asarray(mirrored(b, SIDE_PX), np.uint8)
        plain = difference(a, b)
        if aligned:
            for one, other in ((a, b), (b, a)):  # either may be the crop
                again = np.flatnonzero((plain > self.limit) & (plain <= ALIGNED_BELOW))
                plain[again] = np.minimum(plain[again], aligned_difference(one[again], other[again]))
        return np.asarray(plain <= self.limit)


def _confirmed(one: Proposal, crowd: Mask, band: int, proof: _Proof) -> Rows:
    """The pairs proposed by a band that their thumbnails confirm, int64 (M, 2); none of two crowded rows."""
    proposed = candidates(one.hashes, one.distance, one.mirror, crowd if crowd.any() else None, [band])
    found = [np.stack(pair, axis=1)[proof.alike(*pair, bool(one.mirror), one.aligned)] for pair in _gathered(proposed)]
    return np.concatenate(found) if found else np.empty((0, 2), np.int64)


def _gathered(blocks: Iterator[Found]) -> Iterator[Found]:
    """Small blocks joined to large ones."""
    waiting: list[Found] = []
    count = 0
    for block in blocks:
        waiting.append(block)
        count += len(block[0])
        if count >= BLOCK:
            yield _joined(waiting)
            waiting, count = [], 0
    if waiting:
        yield _joined(waiting)


def _joined(blocks: Sequence[Found]) -> Found:
    return np.concatenate([left for left, _ in blocks]), np.concatenate([right for _, right in blocks])


class _Neighbours:
    """Confirmed pairs as a list of neighbours per row."""

    def __init__(self, pairs: Rows, count: int) -> None:
        both = np.concatenate([pairs, pairs[:, ::-1]])
        self._others = both[np.argsort(both[:, 0], kind="stable"), 1]
        self._ends = np.cumsum(np.bincount(both[:, 0], minlength=count))

    def any(self) -> Mask:
        """Which rows have a neighbour."""
        return np.asarray(np.diff(self._ends, prepend=0) > 0)

    def of(self, row: int) -> Rows:
        return np.asarray(self._others[self._ends[row - 1] if row else 0 : self._ends[row]])


class _Hall:
    """The crowded rows of one proposal, of which those not yet taken are looked through for each centre."""

    def __init__(self, one: Proposal, rows: Rows, proof: _Proof) -> None:
        self.one = one
        self.rows = rows
        self.proof = proof
        self._crowded = np.zeros(len(proof.thumbnails), dtype=bool)
        self._crowded[rows] = True
        self._lightness = np.zeros(len(proof.thumbnails), np.float32)
        self._lightness[rows] = proof.coarse(rows).mean(axis=1, dtype=np.float32)
        self._waiting = rows[np.argsort(self._lightness[rows], kind="stable")]
        self._light = self._lightness[self._waiting]
        self._taken = 0

    def near(self, row: int, centre: Rows) -> Rows:
        """Crowded rows, not taken as `centre` (N,) says, that are near-duplicates of a crowded row."""
        if not self._crowded[row]:
            return np.asarray(self.rows[:0])
        light = float(self._lightness[row])
        reach = self.proof.limit + SLACK
        span = slice(*np.searchsorted(self._light, [light - reach, light + reach]).tolist())
        some = self._waiting[span]
        differ = self.one.hashes[some] ^ self.one.hashes[row] ^ np.uint64(self.one.mirror)
        some = some[(np.bitwise_count(differ) <= self.one.distance) & (centre[some] < 0)]
        found = some[self.proof.alike(some, np.full(len(some), row), bool(self.one.mirror), False)]
        self._taken += len(found) + 1
        if 2 * self._taken > len(self._waiting):
            free = centre[self._waiting] < 0
            self._waiting, self._light, self._taken = self._waiting[free], self._light[free], 0
        return np.asarray(found)
