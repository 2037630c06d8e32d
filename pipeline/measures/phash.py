"""The 64-bit perceptual hash of a picture, the same bits as ImageHash's `phash`, which proposes near-duplicates.

The 8-bit grey picture is shrunk to 32×32 with a Lanczos filter. The bits say where the 8×8 lowest frequencies of the
cosine transform of that exceed their median, row by row, first bit highest. Nothing cheaper will do: shrinking by area
gives other bits for three pictures in eight.

Grey and Lanczos are Pillow's integers, computed exactly by matrix products: in half the time, and without other bits
from another Pillow, such as version 13, which began to take the columns of tall pictures first.
"""

import math
from functools import cache, lru_cache
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

version = 1
needs = "full"
columns: dict[str, pa.DataType] = {"phash": pa.binary(8)}

_SIDE = 32
_LOW = 8
_LOBES = 3  # of the Lanczos filter
_BITS = 22  # of the fraction of Pillow's weights
_GROUP = 8  # values that share a window of the row, and so a product
_ROWS = 256  # at a time, so that memory does not grow with the picture
_GREY_ROWS = 64  # at a time, so that they stay in the cache
_LUMA = np.array([[19595, 38470, 7471, 1 << 15]], np.float32) / np.float32(2**16)  # of R, G, B; and one half

Bytes = NDArray[np.uint8]
Doubles = NDArray[np.float64]


def measure(pixels: Bytes, facts: Facts) -> dict[str, Any]:
    """`phash`: 8 bytes."""
    square = _square(_grey(pixels)).astype(np.float64)
    low = _cosines(_cosines(square.T).T)[:_LOW, :_LOW]
    return {"phash": np.packbits(low > np.median(low)).tobytes()}


def _grey(pixels: Bytes) -> Bytes:
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


def _square(grey: Bytes) -> Bytes:
    """uint8 (H, W) resized to (32, 32) with Lanczos, bit for bit as Pillow 13 does."""
    height, width = grey.shape
    if height > _SIDE and height - _SIDE > 2 * (width - _SIDE):
        return _along_rows(_along_rows(grey.T).T)
    return _along_rows(_along_rows(grey).T).T


def _along_rows(plane: Bytes) -> Bytes:
    """uint8 (N, n) resized to (N, 32). The products are sums of integers below 2⁵³: exact in any order."""
    result = np.empty((len(plane), _SIDE), np.uint8)
    for top in range(0, len(plane), _ROWS):
        rows = plane[top : top + _ROWS].astype(np.float64)
        sums = np.concatenate([rows[:, window] @ weights for window, weights in _lanczos(plane.shape[1])], axis=1)
        result[top : top + _ROWS] = np.clip(np.floor(sums / 2**_BITS + 0.5), 0, 255)
    return result


@lru_cache(maxsize=64)
def _lanczos(length: int) -> list[tuple[slice, Doubles]]:
    """Weights from `length` values to 32, whole numbers of 2⁻²², float64 (window, 8), each with its window."""
    scale = length / _SIDE
    reach = max(scale, 1.0)
    center = (np.arange(_SIDE) + 0.5) * scale
    start = np.maximum((center - _LOBES * reach + 0.5).astype(int), 0)
    stop = np.minimum((center + _LOBES * reach + 0.5).astype(int), length)
    at = start[:, None] + np.arange((stop - start).max())
    x = (at - center[:, None] + 0.5) / reach
    lobes = np.where((at < stop[:, None]) & (np.abs(x) < _LOBES), np.sinc(x) * np.sinc(x / _LOBES), 0)
    share = lobes / lobes.sum(axis=1, keepdims=True) * 2**_BITS
    whole = np.trunc(share + np.copysign(0.5, share))
    return [_window(at[i : i + _GROUP], whole[i : i + _GROUP], stop[i + _GROUP - 1]) for i in range(0, _SIDE, _GROUP)]


def _window(at: NDArray[np.int64], weights: Doubles, stop: int) -> tuple[slice, Doubles]:
    """The weights of eight neighbours as one matrix over all the places they look at, and those places."""
    first = int(at[0, 0])
    matrix = np.zeros((int(stop) - first, _GROUP))
    value, tap = np.nonzero(weights)
    matrix[at[value, tap] - first, value] = weights[value, tap]
    return slice(first, int(stop)), matrix


def _cosines(rows: Doubles) -> Doubles:
    """The unscaled DCT-II of each of 32 rows of 32 values: SciPy's algorithm (pocketfft), step by step.

    A matrix product agrees but for the last bits, and those decide where a picture is symmetric: half of its
    frequencies are zero then, and so is the median.
    """
    spectrum = np.zeros((len(rows), _SIDE // 2 + 1), np.complex128)
    spectrum.real[:, [0, -1]] = 2 * rows[:, [0, -1]]
    spectrum.real[:, 1:-1] = rows[:, 1:-1:2] + rows[:, 2::2]
    spectrum.imag[:, 1:-1] = rows[:, 2::2] - rows[:, 1:-1:2]
    turned = np.fft.irfft(spectrum, n=_SIDE, axis=1, norm="forward")
    cosines = turned.copy()
    twiddle, k = _twiddles(), np.arange(1, _SIDE // 2)
    plus = twiddle[k] * turned[:, -k] + twiddle[-k] * turned[:, k]
    minus = twiddle[k] * turned[:, k] - twiddle[-k] * turned[:, -k]
    cosines[:, k], cosines[:, -k] = 0.5 * (plus + minus), 0.5 * (plus - minus)
    cosines[:, _SIDE // 2] *= twiddle[_SIDE // 2]
    return cosines


@cache
def _twiddles() -> Doubles:
    """cos(π·i/64), i = 0 … 31, each as pocketfft rounds it: the product of a fine and a coarse rotation."""
    fine = [(math.cos(i * math.pi / 64), math.sin(i * math.pi / 64)) for i in range(16)]
    coarse = [(1.0, 0.0), (math.sin(math.pi / 4), math.cos(math.pi / 4))]  # it folds 45° from above: sine is cosine
    return np.array([c[0] * f[0] - c[1] * f[1] for c in coarse for f in fine])
