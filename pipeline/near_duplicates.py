"""Near-duplicates: pHash distance proposes, a small colour thumbnail confirms, and clusters are stars, never chains."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

BLOCK_ROWS = 2048
Hashes = npt.NDArray[np.uint64]


def clusters(
    hashes: Hashes,
    thumbnails: npt.NDArray[np.uint8],
    rank: npt.NDArray[np.int64],
    distance: int,
    color_difference: float,
) -> npt.NDArray[np.int64]:
    """The centre of each picture's cluster, as row numbers (N,): a picture without near-duplicates is its own centre.

    `hashes` are 64-bit pHashes (N,), `thumbnails` uint8 (N, …), `rank` orders the pictures, best first. The best
    picture not yet taken becomes a centre and takes every free picture within `distance` bits whose thumbnail differs
    by at most `color_difference` levels on average: a chain of small steps never joins two pictures that differ.
    """
    neighbours = _neighbours(hashes, thumbnails, distance, color_difference)
    centre = np.full(len(hashes), -1, dtype=np.int64)
    for row in np.argsort(rank, kind="stable"):
        if centre[row] < 0:
            centre[row] = row
            for other in neighbours.get(int(row), ()):
                if centre[other] < 0:
                    centre[other] = row
    return centre


def candidates(hashes: Hashes, distance: int) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Pairs (i, j), i < j, of rows whose hashes differ in at most `distance` bits: every one, in blocks."""
    for start in range(0, len(hashes), BLOCK_ROWS):
        block = hashes[start : start + BLOCK_ROWS, None]
        far = np.bitwise_count(block ^ hashes[None, start:])
        left, right = np.nonzero(far <= distance)
        ordered = left < right
        yield left[ordered] + start, right[ordered] + start


def _neighbours(hashes: Hashes, thumbnails: npt.NDArray[np.uint8], distance: int, limit: float) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    flat = thumbnails.reshape(len(thumbnails), -1).astype(np.int16)
    for left, right in candidates(hashes, distance):
        alike = np.array([_difference(flat, a, b) <= limit for a, b in zip(left, right, strict=True)], dtype=bool)
        for a, b in zip(left[alike].tolist(), right[alike].tolist(), strict=True):
            found.setdefault(a, []).append(b)
            found.setdefault(b, []).append(a)
    return found


def _difference(flat: npt.NDArray[np.int16], a: Any, b: Any) -> float:
    return float(np.abs(flat[a] - flat[b]).mean())
