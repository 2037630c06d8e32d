"""Spreads the hints over the drawing: neighbours have like colours unless ink lies between them.

Formula: the colours U of the cells minimise Σ w_rs (U(r) - U(s))² over neighbouring cells, U fixed at the hints,
    w_rs = exp(-(Y(r) - Y(s))² / 2σ²) · min(Y(r), Y(s))² + 10⁻⁴, Y the darkest line of a cell; the drawing lies upon it.
Source: the quadratic form of Levin, Lischinski & Weiss 2004, doi:10.1145/1015706.1015780, with first-order weights
    as Grady 2006, doi:10.1109/TPAMI.2006.233, so that colours never leave the range of the hints; in all three
    channels, since a drawing gives no shading.
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.linalg import spsolve

from ..hints import HINT_SCALE
from ._ink import under_ink

SIGMA = 0.08
FLOOR = 1e-4  # a little passes even through ink: areas without a hint take the colours around them
FIXED = 1e4  # so much more than any weight that a hint keeps its colour


class Propagation:
    """Paints a drawing, uint8 (H, W), by a hint map, float32 (4, H/4, W/4) -> uint8 (H, W, 3)."""

    def paint(self, line: NDArray[np.uint8], hints: NDArray[np.float32]) -> NDArray[np.uint8]:
        height, width = line.shape
        if not hints[3].any():
            return under_ink(np.full((height, width, 3), 255, np.uint8), line)
        cells = spread(cell_lines(line, hints.shape[1:]), hints)
        size = (hints.shape[2] * HINT_SCALE, hints.shape[1] * HINT_SCALE)
        color = cv2.resize(cells, size, interpolation=cv2.INTER_LINEAR)[:height, :width]
        return under_ink(((color + 1) * 127.5).round().clip(0, 255).astype(np.uint8), line)


def cell_lines(line: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """The darkest pixel of every cell, float64 (h, w) in [0, 1]."""
    rows, columns = shape
    padded = np.full((rows * HINT_SCALE, columns * HINT_SCALE), 255, np.uint8)
    padded[: line.shape[0], : line.shape[1]] = line
    return padded.reshape(rows, HINT_SCALE, columns, HINT_SCALE).min(axis=(1, 3)) / 255.0  # type: ignore[no-any-return]


def spread(lines: NDArray[np.float64], hints: NDArray[np.float32]) -> NDArray[np.float32]:
    """The colours of all cells, float32 (h, w, 3) in [-1, 1]."""
    number = np.arange(lines.size).reshape(lines.shape)
    pairs = [(number[:, :-1], number[:, 1:]), (number[:-1], number[1:])]
    one = np.concatenate([first.ravel() for first, _ in pairs])
    two = np.concatenate([second.ravel() for _, second in pairs])
    first, second = lines.ravel()[one], lines.ravel()[two]
    weight = np.exp(-((first - second) ** 2) / (2 * SIGMA**2)) * np.minimum(first, second) ** 2 + FLOOR
    here, there, both = np.r_[one, two], np.r_[two, one], np.r_[weight, weight]
    fixed = hints[3].ravel().astype(np.float64) * FIXED
    every = number.ravel()
    diagonal = coo_array((np.bincount(here, both, lines.size) + fixed, (every, every)))
    system = (diagonal - coo_array((both, (here, there)), (lines.size, lines.size))).tocsc()
    known = hints[:3].reshape(3, -1).T.astype(np.float64) * fixed[:, None]
    return np.asarray(spsolve(system, known), np.float32).reshape(*lines.shape, 3)


def prepare() -> Propagation:
    """The painter."""
    return Propagation()
