"""Flow-based XDoG: differences of Gaussians taken across the flow of edges, then smoothed along it; for textured art.

The flow is the minor eigenvector of the smoothed structure tensor (Kyprianidis & Döllner 2008); the picture is

    D(x) = Σ_t (G_σ(t) − τ·G_kσ(t)) · I(x + t·g),   τ = p / (1 + p)     across the edge, along its gradient g
    S(x) = (1 + p) · Σ_s G_σm(s) · D(l(s))                              along the flow line l through x
    line = 1 where S ≥ ε, else 1 + tanh(φ·(S − ε))                      as in XDoG (Winnemöller et al. 2012)

and, `passes` times, lines are laid over the luma and drawn again (Kang, Lee & Chui 2007, I ← min(I, H)),
which closes gaps. What has no direction, as grain and screentone, cancels along the flow.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from ._lines import between, checked, rec601, thresholded, tiled
from ._settings import DifferenceSettings
from .xdog import despeckle

Picture = NDArray[np.uint8]
Plane = NDArray[np.float32]
Draw = Callable[[Sequence[Picture], Sequence[np.random.Generator]], list[Picture]]

version = 1

_TILE_PX = 512  # memory does not grow with the picture, and what is read over and over stays in the cache
_ROW = 1024  # how pixels that are looked at one by one are laid out for OpenCV
_FLAT = 1e-7  # squared gradients of a luma in [0, 1] below it have no direction
# Sampling between pixels is exact, so that a mirrored picture gives mirrored lines bit by bit: places are multiples of
# 1/32 pixel (so are OpenCV's), weights multiples of 1/1024, and values have few enough bits for float32 sums of them.
_PLACES, _LUMA_STEPS, _DOG_STEPS = np.float32(32), np.float32(4 * 255), np.float32(8192)


@dataclass(frozen=True)
class Settings(DifferenceSettings):
    """What to draw, in pixels of the picture as given; what xdog is told means the same here.

    `sigma_flow`: how far the direction of edges is averaged; `sigma_along`: how far lines are smoothed along it;
    `passes`: how often lines are drawn again upon themselves.
    """

    largest: ClassVar[tuple[float, float]] = (20.0, 20.0)

    sigma: float = 0.6
    k: float = 3.0
    phi: float = 8.0
    despeckle_px: int = 24
    sigma_flow: float = 2.5
    sigma_along: float = 2.5
    passes: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        between("sigma_flow", self.sigma_flow, 0.1, 50.0)
        between("sigma_along", self.sigma_along, 0.0, 20.0)
        between("passes", self.passes, 1, 5)

    @property
    def reach_px(self) -> int:
        """How far away a pixel can be that a line depends on."""
        once = _radius(self.sigma * self.k) + _steps(self) + 2
        return self.passes * once + _radius(self.sigma_flow) + 2


DEFAULT_PRESET = "late"
PRESETS: dict[str, dict[str, Any]] = {
    # For pictures drawn at twice the target size and shrunk after.
    "late": {"sigma": {"choice": [0.5, 0.6, 0.7]}, "k": 3.0, "p": 19.0, "phi": 8.0, "despeckle_px": 24},
    # Long smooth strokes, for painted and photographed pictures.
    "smooth": {"sigma": 1.0, "k": 1.6, "p": 30.0, "epsilon": 0.0, "sigma_flow": 4.0, "sigma_along": 5.0, "passes": 2},
}


def prepare(settings: Settings, weights: object = None, device: str = "cpu") -> Draw:
    """A function that draws pictures, uint8 (H, W, 3) sRGB, as lines, uint8 (H, W), paper 255, with these settings."""

    def draw(pictures: Sequence[Picture], rngs: Sequence[np.random.Generator]) -> list[Picture]:
        return [despeckle(fdog(picture, settings), settings.despeckle_px) for picture in pictures]

    return draw


def fdog(picture: Picture, settings: Settings) -> Picture:
    """The lines of one picture, uint8 (H, W), specks kept; ValueError unless it is uint8 (H, W, 3) and not empty."""
    return tiled(checked(picture), _TILE_PX, settings.reach_px, lambda tile: _drawn(tile, settings))


def edge_flow(plane: Plane, sigma: float) -> Plane:
    """Unit vectors across the edges of `plane` (H, W), float32 (2, H, W) as (x, y); (0, 0) where there is no direction.

    The major eigenvector of the structure tensor, by the double-angle formula. Its sign means nothing.
    """
    dx, dy = (cv2.Scharr(plane, cv2.CV_32F, x, 1 - x, scale=1 / 32, borderType=cv2.BORDER_REFLECT) for x in (1, 0))
    kernel = _gaussian(_radius(sigma), sigma).astype(np.float32)
    xx, yy, xy = (cv2.sepFilter2D(a * b, -1, kernel, kernel, borderType=cv2.BORDER_REFLECT)
                  for a, b in ((dx, dx), (dy, dy), (dx, dy)))  # fmt: skip
    half = np.asarray(0.5 * np.arctan2(2 * xy, xx - yy), np.float32)
    known = np.asarray((xx + yy) > _FLAT, np.float32)
    return np.stack([known * np.cos(half), known * np.sin(half)])


def _drawn(picture: Picture, settings: Settings) -> Picture:
    """The lines of a tile. Only what could become ink is looked at: about a third of a drawn picture."""
    plane = np.asarray(np.rint(rec601(picture) * 4) / _LUMA_STEPS, np.float32)
    flow = edge_flow(plane, settings.sigma_flow)
    reach, least = _steps(settings) + 1, settings.epsilon / (1 + settings.strength) + 2 / float(_DOG_STEPS)
    line = np.ones_like(plane)
    for _ in range(settings.passes):
        luma = np.minimum(plane, line)
        dog = _across(luma, flow, settings, _spread(_lowest(luma, settings) < least, 2 * reach))
        line = _along(dog, flow, settings, _spread(dog < least, reach))
    return np.asarray(np.rint(255 * line), np.uint8)


def _lowest(plane: Plane, settings: Settings) -> Plane:
    """A bound below D: its positive weights upon the darkest pixel nearby, its negative ones upon the lightest."""
    weights = _weights(settings)
    side = np.ones((len(weights) + 2, len(weights) + 2), np.uint8)  # and a pixel more, to lie between
    up, down = np.float32(weights[weights > 0].sum()), np.float32(weights[weights < 0].sum())
    darkest = cv2.erode(plane, side, borderType=cv2.BORDER_REFLECT)
    lightest = cv2.dilate(plane, side, borderType=cv2.BORDER_REFLECT)
    return np.asarray(up * darkest + down * lightest, np.float32)


def _spread(mask: NDArray[np.bool_], px: int) -> NDArray[np.intp]:
    """Which pixels are at most so far from those of the mask, as indices of the flat picture; whole rows of `_ROW`."""
    side = np.ones((2 * px + 1, 2 * px + 1), np.uint8)
    found = np.flatnonzero(cv2.dilate(mask.view(np.uint8), side))
    return np.pad(found, (0, -len(found) % _ROW), mode="edge").reshape(-1, _ROW) if len(found) else found


def _across(plane: Plane, flow: Plane, settings: Settings, where: NDArray[np.intp]) -> Plane:
    """D at those places, 1 elsewhere: the difference of both Gaussians along the gradient; on flat paper I·(1 − τ)."""
    dog = np.ones_like(plane)
    if not len(where):
        return dog
    weights, values, at = _weights(settings), np.rint(plane * _LUMA_STEPS), _places(plane, where)
    radius, gradient = len(weights) // 2, _taken(flow, where)
    total = np.float32(weights[radius]) * values.reshape(-1)[where]
    for t in range(1, radius + 1):
        way = np.rint(np.float32(t) * gradient * _PLACES) / _PLACES
        total += np.float32(weights[radius + t]) * (_at(values, at + way) + _at(values, at - way))
    dog.reshape(-1)[where] = total / _LUMA_STEPS
    return dog


def _along(dog: Plane, flow: Plane, settings: Settings, where: NDArray[np.intp]) -> Plane:
    """The line at those places, and paper elsewhere: the mean of `dog` along the flow line through each, thresholded.

    In steps of one pixel, weighted by a Gaussian.
    """
    line = np.ones_like(dog)
    if not len(where):
        return line
    radius, values, total = _steps(settings), np.rint(dog * _DOG_STEPS), dog.reshape(-1)[where]
    if radius:
        weights = _gaussian(radius, settings.sigma_along).astype(np.float32)
        tangent, at = np.stack([-flow[1], flow[0]]), _places(dog, where)
        ways = (_walk(values, tangent, at, sign * _taken(tangent, where), radius) for sign in (np.float32(1), -1))
        total = weights[radius] * values.reshape(-1)[where]
        for step, (ahead, behind) in enumerate(zip(*ways, strict=True), 1):
            total += weights[radius + step] * (ahead + behind)
        total /= _DOG_STEPS
    s = total * np.float32(1 + settings.strength)
    line.reshape(-1)[where] = thresholded(s, settings.epsilon, settings.phi)
    return line


def _walk(values: Plane, tangent: Plane, at: Plane, heading: Plane, steps: int) -> Iterator[Plane]:
    """What lies 1, 2, … steps along the flow, which never turns back: its vectors have no sign of their own."""
    way = np.zeros_like(heading)
    for step in range(1, steps + 1):
        way += heading
        yield _at(values, at + np.rint(way * _PLACES) / _PLACES)
        if step < steps:
            nearest = at + np.rint(way)
            found = np.stack([_at(part, nearest, cv2.INTER_NEAREST) for part in tangent])
            back = found[0] * heading[0] + found[1] * heading[1] < 0
            heading = np.where(back, -found, found)


def _at(plane: Plane, places: Plane, how: int = cv2.INTER_LINEAR) -> Plane:
    """`plane` (H, W) at places (2, N, _ROW) as (x, y); mirrored at the border."""
    return np.asarray(cv2.remap(plane, places[0], places[1], how, borderMode=cv2.BORDER_REFLECT), np.float32)


def _places(plane: Plane, where: NDArray[np.intp]) -> Plane:
    rows, columns = np.divmod(where, plane.shape[1])
    return np.stack([columns, rows]).astype(np.float32)


def _taken(flow: Plane, where: NDArray[np.intp]) -> Plane:
    return np.stack([part.reshape(-1)[where] for part in flow])


def _weights(settings: Settings) -> NDArray[np.float64]:
    """Of D, across the edge."""
    radius, tau = _radius(settings.sigma * settings.k), settings.strength / (1 + settings.strength)
    return _gaussian(radius, settings.sigma) - tau * _gaussian(radius, settings.sigma * settings.k)


def _steps(settings: Settings) -> int:
    """How many pixels lines are smoothed along, each way."""
    return int(2 * settings.sigma_along + 0.5)


def _radius(sigma: float) -> int:
    return int(4 * sigma + 0.5)


def _gaussian(radius: int, sigma: float) -> NDArray[np.float64]:
    """The Gaussian over −radius … radius, sum 1."""
    weights = np.exp(-(np.arange(-radius, radius + 1) ** 2) / (2 * sigma**2))
    return np.asarray(weights / weights.sum())
