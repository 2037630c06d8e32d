"""Grey and Lanczos as Pillow computes them, bit for bit: what the hashes of ImageHash begin with.

Pillow's integers, computed exactly by matrix products: in half the time, and without other bits from another Pillow,
such as version 13, which began to take the columns of tall pictures first.
"""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

_LOBES = 3  # of the Lanczos filter
_BITS = 22  # of the fraction of Pillow's weights
_GROUP = 8  # values that share a window of the row, and so a product
_ROWS = 256  # at a time, so that memory does not grow with the picture
_GREY_ROWS = 64  # at a time, so that they stay in the cache
_LUMA = np.array([[19595, 38470, 7471, 1 << 15]], np.float32) / np.float32(2**16)  # of R, G, B; and one half

Bytes = NDArray[np.uint8]
Doubles = NDArray[np.float64]


def luma(pixels: Bytes) -> Bytes:
    """Pillow's 8-bit luma, uint8 (H, W): in 65536ths, whose sums are below 2²⁴ and so exact in float32."""
    grey = np.empty(pixels.shape[:2], np.uint8)
    colored = np.empty((_GREY_ROWS, *pixels.shape[1:]), np.float32)
    luma = np.empty(colored.shape[:2], np.float32)
    for top in range(0, len(grey), _GREY_ROWS):
        strip = grey[top : top + _GREY_ROWS]
        rows = len(strip)
        np.copyto(colored[:rows], pixels[top : top + rows])
        cv2.transform(colored[:rows], _LUMA, dst=luma[:rows])
        np.copyto(strip, luma[:rows], casting="unsafe")
    return grey


def resized(grey: Bytes, width: int, height: int) -> Bytes:
    """uint8 (H, W) resized to (height, width) with Lanczos, bit for bit as Pillow 13 does."""
    if len(grey) > height and len(grey) - height > 2 * (grey.shape[1] - width):
        return _along_rows(_along_rows(grey.T, height).T, width)
    return _along_rows(_along_rows(grey, width).T, height).T


def _along_rows(plane: Bytes, length: int) -> Bytes:
    """uint8 (N, n) resized to (N, length). The products are sums of integers below 2⁵³: exact in any order."""
    if plane.shape[1] == length:
        return plane
    result = np.empty((len(plane), length), np.uint8)
    for top in range(0, len(plane), _ROWS):
        rows = plane[top : top + _ROWS].astype(np.float64)
        products = [rows[:, window] @ weights for window, weights in _lanczos(plane.shape[1], length)]
        sums = np.concatenate(products, axis=1)
        result[top : top + _ROWS] = np.clip(np.floor(sums / 2**_BITS + 0.5), 0, 255)
    return result


@lru_cache(maxsize=128)
def _lanczos(length: int, side: int) -> list[tuple[slice, Doubles]]:
    """Weights from `length` values to `side`, whole numbers of 2⁻²², float64 (window, 8 or 9), each with its window."""
    scale = length / side
    reach = max(scale, 1.0)
    center = (np.arange(side) + 0.5) * scale
    start = np.maximum((center - _LOBES * reach + 0.5).astype(int), 0)
    stop = np.minimum((center + _LOBES * reach + 0.5).astype(int), length)
    at = start[:, None] + np.arange((stop - start).max())
    x = (at - center[:, None] + 0.5) / reach
    lobes = np.where((at < stop[:, None]) & (np.abs(x) < _LOBES), np.sinc(x) * np.sinc(x / _LOBES), 0)
    share = lobes / lobes.sum(axis=1, keepdims=True) * 2**_BITS
    whole = np.trunc(share + np.copysign(0.5, share))
    groups = np.array_split(np.arange(side), max(1, side // _GROUP))  # none of a single value: that product is slow
    return [_window(at[one], whole[one], stop[one[-1]]) for one in groups]


def _window(at: NDArray[np.int64], weights: Doubles, stop: int) -> tuple[slice, Doubles]:
    """The weights of neighbours as one matrix over all the places they look at, and those places."""
    first = int(at[0, 0])
    matrix = np.zeros((int(stop) - first, len(at)))
    value, tap = np.nonzero(weights)
    matrix[at[value, tap] - first, value] = weights[value, tap]
    return slice(first, int(stop)), matrix
