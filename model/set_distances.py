"""Distances of two sets of features: Fréchet and kernel, with their bootstrap intervals."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .metrics.sample import Spread

BOOTSTRAP_DRAWS = 100
OfChosen: TypeAlias = Callable[[NDArray[np.int64], NDArray[np.int64]], float]
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
    between = _frechet_by_products(x, y) if max(len(x), len(y)) <= x.shape[1] else _frechet_by_rows(x, y)
    draws = [
        between(rng.integers(len(x), size=len(x)), rng.integers(len(y), size=len(y))) for _ in range(BOOTSTRAP_DRAWS)
    ]
    return _laid_around(frechet_distance(x, y), np.asarray(draws), level)


def _frechet_by_rows(x: NDArray[np.float32], y: NDArray[np.float32]) -> OfChosen:
    """FID of chosen rows, which may repeat."""
    return lambda chosen_x, chosen_y: frechet_distance(x[chosen_x], y[chosen_y])


def _frechet_by_products(x: NDArray[np.float32], y: NDArray[np.float32]) -> OfChosen:
    """The same from products of rows that are taken once, for sets of fewer pictures than features.

    All terms of FID are sums of such products: with c_i the times that row i was chosen of n, μ = Σ c_i x_i / n and
    ‖A‖²_F = (Σ c_i |x_i|² - n|μ|²) / (n-1). A row that was chosen c times counts in A Bᵀ as one of √c times its length,
    so that the singular values are those of the about 0.63 n different rows.
    """
    middle = np.concatenate([x, y]).mean(0, dtype=np.float64)  # a common shift changes nothing but rounding
    first, second = x - middle, y - middle
    within_x, within_y, across = first @ first.T, second @ second.T, first @ second.T

    def between(chosen_x: NDArray[np.int64], chosen_y: NDArray[np.int64]) -> float:
        n, m = len(chosen_x), len(chosen_y)
        times_x, times_y = np.bincount(chosen_x, minlength=len(x)), np.bincount(chosen_y, minlength=len(y))
        mean_x, mean_y = times_x @ within_x @ times_x / n**2, times_y @ within_y @ times_y / m**2
        to_y, to_x = across @ times_y / m, times_x @ across / n  # every row times the mean of the other set
        both = float(times_x @ to_y / n)
        spread_x = (times_x @ within_x.diagonal() - n * mean_x) / (n - 1)
        spread_y = (times_y @ within_y.diagonal() - m * mean_y) / (m - 1)
        rows, columns = np.flatnonzero(times_x), np.flatnonzero(times_y)
        centred = across[np.ix_(rows, columns)] - to_y[rows, None] - to_x[columns] + both
        long = np.sqrt(times_x[rows, None] / (n - 1)) * np.sqrt(times_y[columns] / (m - 1))
        shared = float(np.linalg.svd(centred * long, compute_uv=False).sum())
        return max(float(mean_x + mean_y - 2 * both + spread_x + spread_y) - 2 * shared, 0.0)

    return between


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
    """The mean of a kernel over pairs of different pictures, of which there must be one."""
    other = chosen[:, None] != chosen[None, :]
    return float(kernel[np.ix_(chosen, chosen)][other].mean())


def _drawn(rng: np.random.Generator, count: int) -> NDArray[np.int64]:
    """As many rows as there are, drawn with replacement; drawn again where all are one, of which KID says nothing."""
    while len(np.unique(chosen := rng.integers(count, size=count))) < min(count, 2):
        pass
    return chosen


def kernel_spread(x: NDArray[np.float32], y: NDArray[np.float32], rng: np.random.Generator, level: float) -> Spread:
    """KID and how far another draw of pictures might move it."""
    kernels = _kernels(x, y)
    value = _unbiased(*kernels, np.arange(len(x)), np.arange(len(y)))
    draws = [_unbiased(*kernels, _drawn(rng, len(x)), _drawn(rng, len(y))) for _ in range(BOOTSTRAP_DRAWS)]
    return _laid_around(value, np.asarray(draws), level)


def _laid_around(value: float, draws: NDArray[np.float64], level: float) -> Spread:
    low, high = np.percentile(draws - draws.mean(), [50 * (1 - level), 50 * (1 + level)])
    return Spread(value, value + float(low), value + float(high))
