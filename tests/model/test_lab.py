"""CIELAB with a looked-up curve is scikit-image's, bit for bit."""

import numpy as np
from skimage.color import rgb2lab

from lcpipe.model.lab import lab_of


def test_every_level_of_every_channel_has_the_bits_of_scikit_image() -> None:
    levels = np.arange(256, dtype=np.uint8)
    ramps = np.stack([levels, np.roll(levels, 85), np.roll(levels[::-1], 31)], axis=-1)[None]
    noise = np.random.default_rng(0).integers(0, 256, (96, 80, 3), np.uint8)
    for picture in (ramps, noise, noise[0]):
        np.testing.assert_array_equal(lab_of(picture), rgb2lab(picture))
