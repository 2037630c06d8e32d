"""Means over pictures with their bootstrap interval: how far another draw of pictures might move them."""

from collections.abc import Sequence

import numpy as np


def mean_interval(
    values: Sequence[float], rng: np.random.Generator, draws: int, level: float
) -> tuple[float, float, float]:
    """(mean, low, high): the percentile interval of the mean of `draws` resamples; of one value, the value thrice."""
    data = np.asarray(values, np.float64)
    resampled = data[rng.integers(len(data), size=(draws, len(data)))].mean(axis=1)
    low, high = np.percentile(resampled, [50 * (1 - level), 50 * (1 + level)])
    return float(data.mean()), float(low), float(high)
