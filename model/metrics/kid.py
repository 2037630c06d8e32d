"""Kernel distance of two sets of pictures in the features of Inception.

Formula: unbiased squared MMD with k(a, b) = (a·b/d + 1)³ over 2048 features of Inception (December 2015), pictures
    shrunk to 299 by antialiased bicubic. The value's name carries the start of the network's sha256.
Range and unit: about 0 to 1, no unit, lower is better; may be slightly negative, since it is unbiased.
Source: Bińkowski et al. 2018, arXiv:1801.01401.
Use: the main score of a distribution, without bias at any n; its interval says how sure it is.
"""

from ..inception import inception_features
from ..set_distances import kernel_spread
from .sample import SetMetric, Value

VALUES = (Value("kid@inception", "", "lower"),)


def note(n: int) -> str:
    """What a reader must know at this number of pictures."""
    return f"KID of {n} pictures has no bias but a wide interval" if n < 50 else ""


def prepare(device: str) -> SetMetric:
    """The metric at work. Raises WeightsError when the file of weights is missing."""
    features, file = inception_features(device)
    values = (Value(f"kid@inception-{file.sha256[:8]}", "", "lower"),)
    return SetMetric(features, kernel_spread, values, (file,), least=4, note=note)
