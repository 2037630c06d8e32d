"""Distances of two sets of features against the published packages, and against laws that are known."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.linalg import sqrtm

from lcpipe.model.set_distances import (
    BOOTSTRAP_DRAWS,
    frechet_distance,
    frechet_spread,
    kernel_distance,
    kernel_spread,
)

D = 64


def features(seed: int, n: int, shift: float = 0.0, d: int = D) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    return (np.abs(rng.standard_normal((n, d))) * np.linspace(1, 0.1, d) + shift).astype(np.float32)


def textbook(x: NDArray[np.float32], y: NDArray[np.float32]) -> float:
    first, second = np.cov(x.astype(np.float64), rowvar=False), np.cov(y.astype(np.float64), rowvar=False)
    root = sqrtm(first @ second).real
    apart = ((x.astype(np.float64).mean(0) - y.astype(np.float64).mean(0)) ** 2).sum()
    return float(apart + np.trace(first) + np.trace(second) - 2 * np.trace(root))


@pytest.mark.parametrize(("n", "m"), [(200, 150), (40, 300), (50, 30)])
def test_frechet_equals_the_matrix_square_root(n: int, m: int) -> None:
    """Also where there are more pictures than features, and fewer: there the root is the harder of the two."""
    x, y = features(1, n), features(2, m, 0.2)
    assert frechet_distance(x, y) == pytest.approx(textbook(x, y), rel=1e-6 if min(n, m) > D else 1e-4)


class Identity(torch.nn.Module):
    """Gives features that are there already to a package that wants a network."""

    num_features = D

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


def test_frechet_equals_torchmetrics() -> None:
    fid = pytest.importorskip("torchmetrics.image.fid")
    metric = fid.FrechetInceptionDistance(feature=Identity(), normalize=True, input_img_size=(D,)).set_dtype(
        torch.float64
    )
    x, y = features(1, 300), features(2, 200, 0.3)
    for batch, real in ((y, True), (x, False)):
        metric.update(torch.from_numpy(batch), real=real)
    assert frechet_distance(x, y) == pytest.approx(float(metric.compute()), rel=1e-4)


def test_kernel_equals_torchmetrics() -> None:
    kid = pytest.importorskip("torchmetrics.image.kid")
    x, y = features(1, 120), features(2, 120, 0.1)
    first, second = (torch.from_numpy(part.astype(np.float64)) for part in (x, y))
    assert kernel_distance(x, y) == pytest.approx(float(kid.poly_mmd(first, second)), rel=1e-4)


def test_equal_laws_have_no_kernel_distance_and_a_biased_frechet_one() -> None:
    kernel = [kernel_distance(features(2 * seed, 60), features(2 * seed + 1, 60)) for seed in range(30)]
    assert abs(np.mean(kernel)) < 3 * np.std(kernel) / np.sqrt(30)
    few, many = (frechet_distance(features(1, n), features(2, n)) for n in (50, 1000))
    assert few > 3 * many


def test_a_shifted_law_is_farther_and_the_interval_says_so() -> None:
    truth, near, far = features(1, 80), features(2, 80), features(3, 80, 0.5)
    for spread in (frechet_spread, kernel_spread):
        close, distant = (spread(x, truth, np.random.default_rng(0), 0.95) for x in (near, far))
        assert close.low <= close.value <= close.high
        assert close.high < distant.low


def test_the_same_generator_gives_the_same_interval() -> None:
    x, y = features(1, 40), features(2, 40)
    one, other = (frechet_spread(x, y, np.random.default_rng(5), 0.9) for _ in range(2))
    assert one == other


def test_draws_of_one_picture_alone_do_not_count() -> None:
    """Of four pictures some draws take one four times: a set without two pictures has no kernel distance."""
    x = np.ones((4, 64), np.float32)
    spread = kernel_spread(x, x, np.random.default_rng(0), 0.95)
    assert (spread.low, spread.value, spread.high) == pytest.approx((0, 0, 0), abs=1e-6)


def test_equal_sets_are_not_apart() -> None:
    x = features(1, 40)
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize(("n", "m"), [(30, 45), (60, 12), (90, 40)])
def test_the_interval_is_that_of_resampled_sets(n: int, m: int) -> None:
    """Also where sets have fewer pictures than features, whose draws are computed from products of rows."""
    x, y = features(1, n), features(2, m, 0.3)
    spread, rng = frechet_spread(x, y, np.random.default_rng(3), 0.95), np.random.default_rng(3)
    draws = [frechet_distance(x[rng.integers(n, size=n)], y[rng.integers(m, size=m)]) for _ in range(BOOTSTRAP_DRAWS)]
    low, high = np.percentile(np.asarray(draws) - np.mean(draws), [2.5, 97.5])
    assert spread.value == frechet_distance(x, y)
    assert (spread.low, spread.high) == pytest.approx((spread.value + low, spread.value + high), rel=1e-9)
