"""How much of a picture is screentone: dots or hatching in a regular grid, as printed comics have for greys."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

from ._tiles import tiles

version = 1
needs = "grey"
columns: dict[str, pa.DataType] = {"screentone": pa.float32()}

_TILE_PX = 64
_TILES = 8  # looked at along each side, evenly spread
_SLOWEST = 5  # waves a tile: coarser patterns are drawing
_STRONGEST = 8  # frequencies: the first waves of a grid, each spread by the window
_PEAK = 0.25  # of a tile's energy in those: hair and folds spread theirs
_CONTRAST = 12.0  # levels of standard deviation: fainter patterns are grain


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """`screentone`: the share of 64-pixel tiles whose spectrum is a few sharp peaks beyond 5 waves a tile."""
    if min(pixels.shape) < _TILE_PX:
        return {"screentone": 0.0}
    sample = np.stack(tiles(pixels, _TILE_PX, _TILES)).astype(np.float32)
    chosen = sample[sample.std(axis=(1, 2)) > _CONTRAST]
    if not len(chosen):
        return {"screentone": 0.0}
    window = np.hanning(_TILE_PX).astype(np.float32)
    waves = np.fft.rfft2((chosen - chosen.mean(axis=(1, 2), keepdims=True)) * window * window[:, None])
    energy = (waves.real**2 + waves.imag**2).astype(np.float64)
    total = energy.sum(axis=(1, 2)) + 1e-9
    energy[:, _slow()] = 0.0
    strongest = np.partition(energy.reshape(len(energy), -1), -_STRONGEST, axis=1)[:, -_STRONGEST:].sum(axis=1)
    return {"screentone": float(np.count_nonzero(strongest / total > _PEAK)) / len(sample)}


def _slow() -> NDArray[np.bool_]:
    """Which of the (64, 33) frequencies are too slow to be screentone."""
    down, across = np.fft.fftfreq(_TILE_PX) * _TILE_PX, np.arange(_TILE_PX // 2 + 1)
    return np.asarray(np.hypot(down[:, None], across) <= _SLOWEST)
