"""The 64-bit perceptual hash of a picture, the same bits as ImageHash's `phash`, which proposes near-duplicates.

The 8-bit grey picture is shrunk to 32×32 with a Lanczos filter. The bits say where the 8×8 lowest frequencies of the
cosine transform of that exceed their median, row by row, first bit highest. Nothing cheaper will do: shrinking by area
gives other bits for three pictures in eight.
"""

import math
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

from ._pillow import resized

version = 1
needs = "grey"
columns: dict[str, pa.DataType] = {"phash": pa.binary(8)}

_SIDE = 32
_LOW = 8

Doubles = NDArray[np.float64]


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """`phash`: 8 bytes."""
    square = resized(pixels, _SIDE, _SIDE).astype(np.float64)
    low = _cosines(_cosines(square.T).T[:_LOW])[:, :_LOW]
    return {"phash": np.packbits(low > np.median(low)).tobytes()}


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
