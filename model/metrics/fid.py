"""Fréchet distance of two sets of pictures in the features of Inception.

Formula: ‖μ₁ - μ₂‖² + Tr Σ₁ + Tr Σ₂ - 2 Tr (Σ₁Σ₂)^½ over 2048 features of Inception (December 2015), covariances over
    n - 1; pictures shrunk to 299 by antialiased bicubic. The value's name carries the start of the network's sha256.
Range and unit: 0 to some hundreds, no unit, lower is better.
Source: Heusel et al. 2017, arXiv:1706.08500; resizing as Parmar et al. 2022, arXiv:2104.11222.
Use: biased upwards for small n (a law with itself: 218 at n 50, 119 at 500, simulated with an Inception-like spectrum):
    compare at equal n and the same reference set only, and read KID first. Inception is far from drawings.
"""

import numpy as np

from ..inception import inception_features
from ..set_distances import frechet_spread
from .sample import SetMetric, Value

VALUES = (Value("fid@inception", "", "lower"),)
SAFE_N = 2048
# FID of a law with itself by the number of pictures: simulated, spectrum like Inception's, 2048 features.
BIAS = {50: 218, 100: 190, 200: 162, 500: 119, 1000: 83, 2000: 47}


def note(n: int) -> str:
    """What a reader must know at this number of pictures: how much of the value may be bias."""
    bias = float(np.interp(np.log(max(n, 1)), np.log(list(BIAS)), list(BIAS.values())))
    said = f"FID of {n} pictures is mostly bias (a simulated law has about {bias:.0f} from itself at this number)"
    return f"{said}: compare it at equal n only" if n < SAFE_N else ""


def prepare(device: str) -> SetMetric:
    """The metric at work. Raises WeightsError when the file of weights is missing."""
    features, file = inception_features(device)
    values = (Value(f"fid@inception-{file.sha256[:8]}", "", "lower"),)
    return SetMetric(features, frechet_spread, values, (file,), least=8, note=note)
