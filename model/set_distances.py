"""Distances of two sets of features: Fréchet and kernel, with their bootstrap intervals."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .metrics.sample import Spread

BOOTSTRAP_DRAWS = 100
Kernels: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def frechet_distance(x: NDArray[np.float32], y: NDArray[np.float32]) -> float:
    """FID of features (n, d) and (m, d), n and m at least 2; the same value as with the matrix square root.

    With centred A = (x - μ₁)/√(n-1) and B likewise, Tr Σ = ‖A‖²_F and Tr (Σ₁Σ₂)^½ = ‖A Bᵀ‖_*, the sum of singular
    values of an n x m matrix; where n exceeds d, A may be replaced by the R of its QR decomposition.
    """
    first, second = (values.astype(np.float64) for values in (x, y))
    apart = float(((first.mean(0) - second.mean(0)) ** 2).sum())
    a, b = _centred(first), _centred(second)
    shared = float(np.linalg.svd(_short(a) @ _short(b).T, compute_uv=False).sum())
    return max(apart + float((a * a).sum()) + float((b * b).sum()) - 2 * shared, 0.0)


def _centred(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return (values - values.mean(0)) / np.sqrt(len(values) - 1)  # type: ignore[no-any-return]


def _short(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """A matrix of at most d rows with the same Gram matrix."""
    return np.asarray(np.linalg.qr(values, mode="r")) if len(values) > values.shape[1] else values


def frechet_spread(x: NDArray[np.float32], y: NDArray[np.float32], rng: np.random.Generator, level: float) -> Spread:
    """FID and how far another draw of pictures might move it.

    Resampled sets repeat pictures, which alone moves FID up: the draws' deviations from their own mean are laid around
    the value itself.
    """
    value = frechet_distance(x, y)
    draws = [
        frechet_distance(x[rng.integers(len(x), size=len(x))], y[rng.integers(len(y), size=len(y))])
        for _ in range(BOOTSTRAP_DRAWS)
    ]
    return _laid_around(value, np.asarray(draws), level)


def kernel_distance(x: NDArray[np.float32], y: NDArray[np.float32]) -> float:
    """KID: the unbiased squared MMD of features (n, d) and (m, d) under k(a, b) = (a·b/d + 1)³; may be negative."""
    return _unbiased(*_kernels(x, y), np.arange(len(x)), np.arange(len(y)))


def _kernels(x: NDArray[np.float32], y: NDArray[np.float32]) -> Kernels:
    """k over pairs within x, within y, and across."""
    first, second = (values.astype(np.float64) for values in (x, y))
    within_x, within_y, across = (
        (a @ b.T / first.shape[1] + 1) ** 3 for a, b in ((first, first), (second, second), (first, second))
    )
    return within_x, within_y, across


def _unbiased(
    xx: NDArray[np.float64], yy: NDArray[np.float64], xy: NDArray[np.float64],
    chosen_x: NDArray[np.int64], chosen_y: NDArray[np.int64],
) -> float:  # fmt: skip
    """The estimate on chosen rows, which may repeat: a picture is never compared with itself."""
    return float(_apart(xx, chosen_x) + _apart(yy, chosen_y) - 2 * xy[np.ix_(chosen_x, chosen_y)].mean())


def _apart(kernel: NDArray[np.float64], chosen: NDArray[np.int64]) -> float:
    """The mean of a kernel over pairs of different pictures."""
    other = chosen[:, None] != chosen[None, :]
    return float(kernel[np.ix_(chosen, chosen)][other].mean()) if other.any() else 0.0


def kernel_spread(x: NDArray[np.float32], y: NDArray[np.float32], rng: np.random.Generator, level: float) -> Spread:
    """KID and how far another draw of pictures might move it."""
    kernels = _kernels(x, y)
    value = _unbiased(*kernels, np.arange(len(x)), np.arange(len(y)))
    draws = [
        _unbiased(*kernels, rng.integers(len(x), size=len(x)), rng.integers(len(y), size=len(y)))
        for _ in range(BOOTSTRAP_DRAWS)
    ]
    return _laid_around(value, np.asarray(draws), level)


def _laid_around(value: float, draws: NDArray[np.float64], level: float) -> Spread:
    low, high = np.percentile(draws - draws.mean(), [50 * (1 - level), 50 * (1 + level)])
    return Spread(value, value + float(low), value + float(high))
