"""Hints: what a person says about colours, as strokes and as the 4-channel map at 1/4 size that the generator reads.

One rasteriser for training, evaluation, the command line and the page, so that they cannot drift apart.
"""

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

HINT_SCALE = 4  # a cell of the map is 4 x 4 pixels of the drawing

UInt8: TypeAlias = NDArray[np.uint8]
Float32: TypeAlias = NDArray[np.float32]

_CROP_TRIES = 10
_CROP_AREA = (0.9, 1.0)
_CROP_ASPECT = (7 / 8, 8 / 7)
_XI_STD = 0.005


def no_hints(height: int, width: int) -> Float32:
    """The map of a drawing without hints, float32 (4, ceil(H/4), ceil(W/4)): all zero."""
    return np.zeros((4, -(-height // HINT_SCALE), -(-width // HINT_SCALE)), np.float32)


def published_hints(rng: np.random.Generator, color: UInt8) -> Float32:
    """Hints of one training sample as Ci et al. 2018 draw them, float32 (4, H/4, W/4).

    `color` is the cropped and flipped picture, uint8 (H, W, 3). Colours come from a slightly different crop of it, so a
    hint means "this colour near this place". The half of a batch that carries no hint at all is the loader's decision.
    """
    height, width = color.shape[0] // HINT_SCALE, color.shape[1] // HINT_SCALE
    x, y, box_width, box_height = jitter_box(rng, color.shape[0], color.shape[1])
    crop = Image.fromarray(color[y : y + box_height, x : x + box_width])
    source = crop.resize((width, height), Image.Resampling.BICUBIC)
    mask = published_mask(rng, height, width)
    rgb = np.asarray(source, np.float32).transpose(2, 0, 1) / np.float32(127.5) - np.float32(1)
    return np.concatenate([np.where(mask, rgb, np.float32(0)), mask[None]])


def jitter_box(rng: np.random.Generator, height: int, width: int) -> tuple[int, int, int, int]:
    """The (x, y, width, height) of RandomSizedCrop: area U(0.9, 1), aspect U(7/8, 8/7), the whole after ten misses."""
    for _ in range(_CROP_TRIES):
        area, aspect = rng.uniform(*_CROP_AREA), rng.uniform(*_CROP_ASPECT)
        if rng.random() < 0.5:
            aspect = 1 / aspect
        box_width = round(width * math.sqrt(area * aspect))
        box_height = round(height * math.sqrt(area / aspect))
        if box_width <= width and box_height <= height:
            x, y = rng.integers(width - box_width + 1), rng.integers(height - box_height + 1)
            return int(x), int(y), box_width, box_height
    return 0, 0, width, height


def published_mask(rng: np.random.Generator, height: int, width: int) -> Float32:
    """Which cells carry a hint, float32 (h, w) of {0, 1}: U(0, 1) >= xi with one xi ~ N(1, 0.005) truncated to [0, 1]."""
    xi = 1 - abs(rng.normal(0, _XI_STD))  # N(1, s) cut at 1 is 1 - |N(0, s)|; the cut at 0 lies 200 deviations away
    return (rng.random((height, width)) >= xi).astype(np.float32)
