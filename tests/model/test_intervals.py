"""Bootstrap intervals against what statistics says they must be."""

import numpy as np
import pytest

from lcpipe.model.intervals import mean_interval


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_an_interval_of_normal_values_is_that_of_their_standard_error() -> None:
    values = rng().normal(10, 2, 400).tolist()
    mean, low, high = mean_interval(values, rng(), 4000, 0.95)
    half = 1.96 * np.std(values) / 20
    assert mean == pytest.approx(np.mean(values))
    assert (low, high) == pytest.approx((mean - half, mean + half), abs=0.02)


def test_one_value_and_equal_values_have_no_width() -> None:
    assert mean_interval([4.0], rng(), 100, 0.95) == (4.0, 4.0, 4.0)
    assert mean_interval([2.0] * 9, rng(), 100, 0.95) == (2.0, 2.0, 2.0)


def test_the_same_generator_gives_the_same_interval() -> None:
    assert mean_interval([1, 5, 2, 8], rng(), 100, 0.9) == mean_interval([1, 5, 2, 8], rng(), 100, 0.9)
