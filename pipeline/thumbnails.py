"""Compares thumbnails: is it the same picture, but for a retouched face, another file, or a trimmed margin?"""

from functools import cache

import numpy as np
import numpy.typing as npt

SIDE_PX = 32
COARSE = 4  # cells along a side of the coarsest comparison
BATCH = 256  # pairs held in memory at a time
MOST_TRIMMED = 0.15  # of a side: what alignment may find cut away
OVERLAP = 0.6  # of the area: what two aligned thumbnails have to share
_ROUNDS = (1.2, 1.2, 0.6, 0.0, 0.0)  # blur of each round of the alignment, in pixels of its half-size thumbnails
_DAMPING = 1e-3

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


def coarse(thumbnails: Bytes) -> Floats:
    """Means of 4×4 cells, float32 (N, 48), of thumbnails uint8 (N, 3072).

    Their mean difference is never greater than that of the thumbnails (triangle inequality): a sure first sieve.
    """
    step = SIDE_PX // COARSE
    # Whole lines first: sums along the pixels of a line alone would be three times slower.
    rows = thumbnails.reshape(-1, COARSE, step, 3 * SIDE_PX).sum(axis=2, dtype=np.uint16)
    cells = rows.reshape(-1, COARSE, COARSE, step, 3).sum(axis=3, dtype=np.uint32)
    return np.asarray(cells.reshape(len(cells), 3 * COARSE**2) / step**2, np.float32)


def rounded(cells: Floats) -> Bytes:
    """Coarse means in a quarter of the memory, uint8: each is off by half a level at most."""
    return np.asarray(np.rint(cells), np.uint8)


def mirrored(cells: npt.NDArray[np.generic], side: int) -> npt.NDArray[np.generic]:
    """Rows (N, side·side·3) with left and right exchanged."""
    return cells.reshape(-1, side, side, 3)[:, :, ::-1].reshape(len(cells), 3 * side**2)


def difference(a: npt.NDArray[np.generic], b: npt.NDArray[np.generic]) -> Floats:
    """The mean absolute difference of each row of `a` from that of `b`, both uint8, in levels: float32 (N,).

    Sums of whole numbers below 2²⁴ are exact in any order: a pair at a limit never depends on what is compared with it.
    """
    levels = np.maximum(a, b) - np.minimum(a, b)
    return np.asarray(levels.astype(np.float32) @ np.ones(levels.shape[1], np.float32) / np.float32(levels.shape[1]))


def aligned_difference(a: Bytes, b: Bytes) -> Floats:
    """As `difference`, after the part of `a` is found that `b` shows: a crop differs by its frame only. float32 (N,).

    Gauss–Newton on the four numbers of a scaling and a shift along each axis (Lucas & Kanade 1981), coarse to fine.
    Infinite where less than `OVERLAP` is shared or more than `MOST_TRIMMED` of a side would be cut away.
    """
    left = a.reshape(-1, SIDE_PX, SIDE_PX, 3).transpose(0, 3, 1, 2).astype(np.float32)
    right = b.reshape(-1, SIDE_PX, SIDE_PX, 3).transpose(0, 3, 1, 2).astype(np.float32)
    frame = np.tile(np.array([1, 0, 1, 0], np.float32), (len(left), 1))  # scale and shift of y, then of x
    for blur in _ROUNDS:
        kernel = _halving(blur)
        small, shown = (np.asarray(kernel @ one @ kernel.T, np.float32) for one in (left, right))
        frame = _step(small, shown, frame)
    moved, inside = _moved(left, frame)
    share = inside.mean(axis=(2, 3))[:, 0]
    differ = (np.abs(moved - right) * inside).sum(axis=(1, 2, 3)) / np.maximum(3 * inside.sum(axis=(1, 2, 3)), 1)
    lost = np.abs(frame[:, ::2] - 1).max(axis=1) > MOST_TRIMMED
    return np.asarray(np.where((share < OVERLAP) | lost, np.inf, differ), np.float32)


def _step(left: Floats, right: Floats, frame: Floats) -> Floats:
    """One step of Gauss–Newton; each of the four numbers moves so that `left` comes to look like `right`."""
    moved, inside = _moved(left, frame)
    side = left.shape[-1]
    place = ((np.arange(side, dtype=np.float32) + 0.5) / side - 0.5).astype(np.float32)
    dy, dx = np.gradient(moved, axis=2) * inside, np.gradient(moved, axis=3) * inside
    flat = np.stack([dy * place[:, None], dy, dx * place, dx], axis=1).reshape(len(left), 4, 3 * side**2)
    error = ((right - moved) * inside).reshape(len(left), 3 * side**2, 1)
    normal = (flat @ flat.transpose(0, 2, 1)).astype(np.float64)
    trace = np.trace(normal, axis1=1, axis2=2)[:, None, None]
    normal += (np.eye(4) * _DAMPING) * trace + np.eye(4)
    move = np.linalg.solve(normal, (flat @ error).astype(np.float64))[:, :, 0] / side
    return np.asarray(frame + np.clip(move, -0.1, 0.1), np.float32)


def _moved(pictures: Floats, frame: Floats) -> tuple[Floats, Floats]:
    """Pictures float32 (N, 3, S, S) seen through frames (N, 4), and 1 where they have something to show."""
    side = pictures.shape[-1]
    down, in_y = _weights(frame[:, 0], frame[:, 1], side)
    across, in_x = _weights(frame[:, 2], frame[:, 3], side)
    inside = (in_y[:, :, None] & in_x[:, None, :])[:, None].astype(np.float32)
    return np.asarray(down[:, None] @ pictures @ across[:, None].transpose(0, 1, 3, 2), np.float32), inside


def _weights(scale: Floats, shift: Floats, side: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Bilinear weights (N, S, S) of one axis, and which of its S places lie within the picture."""
    place = ((np.arange(side, dtype=np.float32) + 0.5) / side - 0.5).astype(np.float32)
    at = (scale[:, None] * place + shift[:, None] + 0.5) * side - 0.5
    inside = (at > -0.75) & (at < side - 0.25)
    far = np.abs(np.clip(at, 0, side - 1)[:, :, None] - np.arange(side, dtype=np.float32))
    return np.asarray(np.maximum(0, 1 - far), np.float32), inside


@cache
def _halving(sigma: float) -> Floats:
    """Means of two neighbours, then a Gaussian blur, of 32 values: float32 (16, 32)."""
    half = np.kron(np.eye(SIDE_PX // 2), np.full((1, 2), 0.5))
    far = np.arange(SIDE_PX // 2)[:, None] - np.arange(SIDE_PX // 2)
    kernel = np.exp(-(far**2) / (2 * sigma**2)) if sigma else np.eye(SIDE_PX // 2)
    return np.asarray(kernel / kernel.sum(axis=1, keepdims=True) @ half, np.float32)
