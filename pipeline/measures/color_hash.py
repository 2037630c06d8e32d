"""A 64-bit hash of the coarsest colours, which proposes near-duplicates that were cropped or mirrored.

Bits are signs of the lowest frequencies of the cosine transform of a 32×32 thumbnail: 32 of luma and 16 of each chroma,
none higher than six half-waves along a side, where a crop by a tenth moves little. Mirroring left to right negates the
odd horizontal frequencies and so flips exactly the bits of `MIRROR`: both ways are searched with one stored hash.
"""

from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

version = 2
needs = "squeezed"
columns: dict[str, pa.DataType] = {"color_hash": pa.binary(8)}

_SIDE = 32
_LUMA_BITS, _CHROMA_BITS = 32, 16
_SILENCE = 0.5  # levels: below it a frequency is absent and its sign is rounding
_LOWEST = sorted(((v, u) for v in range(8) for u in range(8)), key=lambda at: (at[0] ** 2 + at[1] ** 2, at))[1:]
_PLACES = [(0, at) for at in _LOWEST[:_LUMA_BITS]] + [(k, at) for k in (1, 2) for at in _LOWEST[:_CHROMA_BITS]]
_YCC = np.array(  # ITU-R BT.601, full range: luma, and the differences of blue and red from it
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]]
)

MIRROR = int("".join(str(at[1] % 2) for _, at in _PLACES), 2)  # the bits that mirroring left to right flips


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """`color_hash`: 8 bytes, first bit highest."""
    planes = np.einsum("kc,yxc->kyx", _YCC, pixels.astype(np.float64))
    low = _cosines() @ planes @ _cosines().T
    return {"color_hash": np.packbits([low[k, v, u] > _SILENCE for k, (v, u) in _PLACES]).tobytes()}


@cache
def _cosines() -> NDArray[np.float64]:
    """The eight lowest rows of the orthonormal DCT-II of 32 values, float64 (8, 32)."""
    rows = np.cos(np.pi * (np.arange(_SIDE) + 0.5) * np.arange(8)[:, None] / _SIDE) * np.sqrt(2 / _SIDE)
    rows[0] /= np.sqrt(2)
    return np.asarray(rows, np.float64)
