"""Where the lines of a picture lie: a descriptor that finds its drawing again, and a line map that proves it.

Lines are thin dark strokes, found by the same difference of Gaussians in a drawing and in a painting. Both squeeze the
picture into a square, so that frames of slightly other sides agree.
"""

import math
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

version = 4
needs = "reduced_grey"

SIDE_PX = 192  # of the line map
CELLS, BINS = 8, 8  # of the descriptor: places along a side, directions

_WORK_PX = 2 * SIDE_PX
_THIN_PX, _WIDE = 0.9, 2.2  # σ of the narrow Gaussian, and how many times wider the other is
_STRONG, _LINE = 30.0, 0.12  # levels of contrast at which a stroke counts whole; the share of it that makes a line
_GRID = 32
_SLIGHT = 1.5  # shrinking by less needs no means of areas, which take ten times as long as the strokes' own blur hides

columns: dict[str, pa.DataType] = {
    "ink_descriptor": pa.binary(BINS * CELLS * CELLS),  # uint8: 255 times the square roots of a unit vector
    "ink_lines": pa.binary(SIDE_PX * SIDE_PX // 8),  # 1 bit a pixel, row by row
}


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """`ink_descriptor` and `ink_lines`, both of the picture squeezed into a square."""
    strokes = _strokes(pixels, SIDE_PX)
    return {
        "ink_descriptor": _descriptor(strokes).tobytes(),
        "ink_lines": np.packbits(strokes > _LINE).tobytes(),
    }


def descriptor(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What `ink_descriptor` says of a grey picture uint8 (H, W): uint8 (512,)."""
    return _descriptor(_strokes(grey, SIDE_PX))


def line_map(grey: NDArray[np.uint8], side_px: int = SIDE_PX) -> NDArray[np.bool_]:
    """Where lines are, bool (`side_px`, `side_px`), in a grey picture uint8 (H, W)."""
    return np.asarray(_strokes(grey, side_px) > _LINE)


def _descriptor(strokes: NDArray[np.float32]) -> NDArray[np.uint8]:
    """How much line of each direction is in each of 8×8 cells, uint8 (512,): a histogram of oriented gradients.

    After Dalal & Triggs, "Histograms of Oriented Gradients for Human Detection", CVPR 2005: gradients of the strokes,
    unsigned directions, every cell divided by its length.
    """
    soft = cv2.GaussianBlur(strokes, (0, 0), 0.75)
    strength, angle = cv2.cartToPolar(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1))
    turn = np.asarray(angle, np.float32) * np.float32(BINS / np.pi)
    turn -= (turn >= BINS) * np.float32(BINS)  # a line has no front: directions are angles of half a turn
    planes = [_of_direction(turn, np.asarray(strength, np.float32), number) for number in range(BINS)]
    cells = np.stack([_cells(plane) for plane in planes])
    cells /= np.sqrt((cells**2).sum(axis=0)) + 0.5 * cells.sum(axis=0).mean() + 1e-2
    length = float(np.linalg.norm(cells))
    return np.asarray(np.clip(np.rint(255 * np.sqrt(cells.reshape(-1) / max(length, 1e-6))), 0, 255), np.uint8)


def _of_direction(turn: NDArray[np.float32], strength: NDArray[np.float32], number: int) -> NDArray[np.float32]:
    """The sums of strength in 32×32 cells, each pixel's shared between the two directions beside its own."""
    apart = cv2.absdiff(turn, float(number))  # type: ignore[call-overload]
    apart = cv2.min(apart, cv2.subtract(float(BINS), apart)) if number == 0 else apart  # type: ignore[call-overload]
    share = cv2.max(cv2.subtract(1.0, apart), 0.0)  # type: ignore[call-overload]
    means = cv2.resize(cv2.multiply(share, strength), (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    return np.asarray(means * np.float32((SIDE_PX // _GRID) ** 2), np.float32)


def _cells(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    soft = cv2.GaussianBlur(plane, (0, 0), _GRID / CELLS / 2.5)
    return np.asarray(cv2.resize(soft, (CELLS, CELLS), interpolation=cv2.INTER_AREA), np.float32)


def _strokes(grey: NDArray[np.uint8], side_px: int) -> NDArray[np.float32]:
    """How much darker each place is than what lies around it, 0 to 1, float32 (`side_px`, `side_px`)."""
    side = 2 * side_px
    shrinks = min(grey.shape) >= _SLIGHT * side
    squeezed = cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    square, thin = np.asarray(squeezed, np.float32), _THIN_PX * side / _WORK_PX
    darker = cv2.subtract(_blurred(square, _WIDE * thin), _blurred(square, thin))
    strokes = np.clip(darker, 0, _STRONG) / np.float32(_STRONG)
    return np.asarray(cv2.resize(strokes, (side_px, side_px), interpolation=cv2.INTER_AREA), np.float32)


def _blurred(plane: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """The plane under a Gaussian out to 3 σ: OpenCV goes to 4 σ, a quarter dearer."""
    taps = 2 * math.ceil(3 * sigma) + 1
    return np.asarray(cv2.GaussianBlur(plane, (taps, taps), sigma), np.float32)
