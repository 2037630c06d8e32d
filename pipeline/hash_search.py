"""All pairs of 64-bit hashes within a Hamming distance: exactly those of brute force, found by multi-index search.

Hashes are cut into four bands of 16 bits. Of a pair that differs in at most r = 4f + a bits, one of the first a + 1
bands differs in at most f bits, or one of the others in at most f − 1: else it were r + 1 (Norouzi, Punjani & Fleet,
"Fast Exact Search in Hamming Space with Multi-Index Hashing", 2014). Only rows whose bands are so close are held
against each other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]
Found = tuple[Rows, Rows]

BANDS, BAND_BITS = 4, 16
BLOCK_PAIRS = 1 << 17  # held against each other at a time: what a core keeps at hand
SAMPLE = 2048
CROWD = 64  # neighbours, as far as the sample tells, from which on a row is crowded
EQUAL = 64  # rows with one hash, from which on they are crowded
_KEY_MASK = np.uint64((1 << BAND_BITS) - 1)


def candidates(
    hashes: Hashes,
    distance: int,
    mirror: int = 0,
    crowd: npt.NDArray[np.bool_] | None = None,
    bands: Sequence[int] = range(BANDS),
) -> Iterator[Found]:
    """Pairs (i, j), i < j, with popcount(hashes[i] ^ hashes[j] ^ mirror) ≤ `distance`: each once, in blocks.

    With `crowd`, bool (N,), pairs of which both rows are crowded are left out: there may be very many. With some of the
    `bands` only what these find and no earlier one: all bands together find each pair once.
    """
    alone = np.arange(len(hashes)) if crowd is None else np.flatnonzero(~crowd)
    rest = np.arange(0) if crowd is None else np.flatnonzero(crowd)
    for band in bands:
        left, right = _Band(hashes, alone, band), _Band(hashes, rest, band)
        for probe in (_probes(_flips(distance, band)) ^ _key(mirror, band)).tolist():
            for runs in (_runs_within(left, probe), _runs_between(left, right, probe)):
                for found in runs.blocks(distance, mirror):
                    yield _fresh(hashes, *found, distance, mirror, band)


def crowded(hashes: Hashes, distance: int, mirror: int = 0) -> npt.NDArray[np.bool_]:
    """Which rows have so many neighbours that listing all pairs would be quadratic, bool (N,).

    Near-blank pictures have hashes that say nothing, and one picture may be there ten thousand times. Rows are held
    against a sample, evenly strewn over the sorted hashes; and equal hashes are counted.
    """
    values, back, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    if len(hashes) < CROWD:
        return np.asarray(counts[back] > CROWD)
    step = max(1, len(hashes) // SAMPLE)
    sample = np.sort(hashes)[step // 2 :: step]
    near = np.zeros(len(values), np.int64)
    for band in range(BANDS):
        left, right = _Band(sample, np.arange(len(sample)), band), _Band(values, np.arange(len(values)), band)
        for probe in (_probes(_flips(distance, band)) ^ _key(mirror, band)).tolist():
            for own, others in _runs_between(left, right, probe).blocks(distance, mirror):
                fresh = _first_seen(sample[own] ^ values[others] ^ np.uint64(mirror), distance, band)
                near += np.bincount(others[fresh], minlength=len(values))
    return np.asarray(((near * step > CROWD) & (near > 1) | (counts > EQUAL))[back])


class _Band:
    """Rows sorted by the 16 bits of one band: a bucket is a run of places."""

    def __init__(self, hashes: Hashes, rows: Rows, band: int) -> None:
        keys = (hashes[rows] >> np.uint64(BAND_BITS * band) & _KEY_MASK).astype(np.uint16)
        order = np.argsort(keys, kind="stable")
        self.rows = rows[order]
        self.hashes = hashes[self.rows]
        self.keys = keys[order].astype(np.int32)
        counts = np.bincount(keys, minlength=1 << BAND_BITS)
        self.ends = np.cumsum(counts)
        self.starts = self.ends - counts


@dataclass(frozen=True)
class _Runs:
    """For places of one band, the run of places of another (`start`, `length`) that they are to be held against."""

    left: _Band
    right: _Band
    place: Rows
    start: Rows
    length: Rows

    def blocks(self, distance: int, mirror: int) -> Iterator[Found]:
        """Rows within the distance, in blocks of about `BLOCK_PAIRS` comparisons."""
        ends = np.cumsum(self.length)
        first = 0
        while first < len(ends):
            done = int(ends[first - 1]) if first else 0
            last = max(first + 1, int(np.searchsorted(ends, done + BLOCK_PAIRS, side="right")))
            yield self._block(slice(first, last), distance, mirror)
            first = last

    def _block(self, part: slice, distance: int, mirror: int) -> Found:
        length = self.length[part]
        ends = np.cumsum(length)
        other = np.arange(int(ends[-1])) + np.repeat(self.start[part] - (ends - length), length)
        own = np.repeat(self.left.hashes[self.place[part]] ^ np.uint64(mirror), length)
        hits = np.flatnonzero(np.bitwise_count(own ^ self.right.hashes[other]) <= distance)
        places = self.place[part][np.searchsorted(ends, hits, side="right")]
        return self.left.rows[places], self.right.rows[other[hits]]


def _runs_within(band: _Band, probe: int) -> _Runs:
    """Every pair of rows of one band whose keys differ by exactly `probe`, once."""
    if probe:
        places = np.flatnonzero(band.keys < band.keys ^ probe)
        start, ends = band.starts[band.keys[places] ^ probe], band.ends[band.keys[places] ^ probe]
    else:
        places = np.arange(len(band.keys))
        start, ends = places + 1, band.ends[band.keys]
    return _worthwhile(band, band, places, start, ends - start)


def _runs_between(left: _Band, right: _Band, probe: int) -> _Runs:
    others = left.keys ^ probe
    start = right.starts[others]
    return _worthwhile(left, right, np.arange(len(others)), start, right.ends[others] - start)


def _worthwhile(left: _Band, right: _Band, places: Rows, start: Rows, length: Rows) -> _Runs:
    busy = length > 0
    return _Runs(left, right, places[busy], start[busy], length[busy])


def _fresh(hashes: Hashes, left: Rows, right: Rows, distance: int, mirror: int, band: int) -> Found:
    """The pairs that no earlier band has found, the smaller row first."""
    fresh = _first_seen(hashes[left] ^ hashes[right] ^ np.uint64(mirror), distance, band)
    left, right = left[fresh], right[fresh]
    return np.minimum(left, right), np.maximum(left, right)


def _first_seen(differ: Hashes, distance: int, band: int) -> npt.NDArray[np.bool_]:
    """Which pairs no earlier band has found, given the bits in which they differ."""
    fresh = np.ones(len(differ), dtype=bool)
    for earlier in range(band):
        own = differ >> np.uint64(BAND_BITS * earlier) & _KEY_MASK
        fresh &= np.bitwise_count(own) > _flips(distance, earlier)
    return fresh


def _flips(distance: int, band: int) -> int:
    """In how many bits a band may differ for its rows to be held against each other; −1 where no search is needed."""
    return distance // BANDS - (band > distance % BANDS)


def _key(value: int, band: int) -> int:
    return value >> (BAND_BITS * band) & ((1 << BAND_BITS) - 1)


@cache
def _probes(flips: int) -> npt.NDArray[Any]:
    """Every 16-bit key with at most `flips` bits set."""
    places = (at for count in range(flips + 1) for at in combinations(range(BAND_BITS), count))
    return np.array([sum(1 << bit for bit in at) for at in places], np.int64)
