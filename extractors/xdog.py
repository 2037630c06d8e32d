"""XDoG line drawing: an extended difference of Gaussians, thresholded (Winnemöller, Kyprianidis & Olsen 2012).

The luma I of the picture (Rec.601 of the encoded sRGB values, in [0, 1]) is blurred twice and the difference sharpened:

    S = (1 + p)·G_σ∗I − p·G_kσ∗I                               p form
      = (1 + p)·D,   D = G_σ∗I − τ·G_kσ∗I,   τ = p / (1 + p)   τ form: p 19 is τ 0.95, p 49 is τ 0.98
    line = 1 where S ≥ ε, else 1 + tanh(φ·(S − ε))

ε and φ apply to S in both forms; code that compares D means S ≥ (1 + p)·ε when it says D ≥ ε.
On a constant area S is the luma itself: with ε ≤ 0 every flat area is paper, black ones too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ._lines import checked
from ._settings import DifferenceSettings

Picture = NDArray[np.uint8]
Plane = NDArray[np.float32]
Draw = Callable[[Sequence[Picture], Sequence[np.random.Generator]], list[Picture]]

version = 1

_STRIP_ROWS = 128  # the planes of a strip stay in the cache, and memory does not grow with the height of a picture
_LUMA_ROWS = 32  # three float32 channels at a time, for the same reason


@dataclass(frozen=True)
class Settings(DifferenceSettings):
    """What to draw: nothing but what all differences of Gaussians are told."""


DEFAULT_PRESET = "late"  # what a recipe that names no preset begins with
PRESETS: dict[str, dict[str, Any]] = {
    # For pictures drawn at twice the target size and shrunk after. ε is 0 and not 0.01, so that black hair is outlined
    # and not filled; φ is hard in one half and log-uniform over 1 … 16 in the other, for both kinds of edge.
    "late": {
        "sigma": {"choice": [0.3, 0.4, 0.5]},
        "k": 4.5,
        "p": 19.0,
        "epsilon": 0.0,
        "phi": {"choice": [1e9, 1e9, 1e9, 1e9, 1e9, 1.0, 2.0, 4.0, 8.0, 16.0]},
        "despeckle_px": 8,
    },
    # As published, to be drawn at the stored size. Its ε is unknown: 0 leaves every flat area paper.
    "alacgan": {
        "sigma": {"choice": [0.3, 0.4, 0.5]},
        "k": 4.5,
        "tau": 0.95,
        "epsilon": 0.0,
        "phi": 1e9,
        "despeckle_px": 0,
    },
    # Tag2Pix's ε of −0.5 never fires under its φ: stretched and put through Otsu, that is the sign test of ε 0.
    "tag2pix": {
        "sigma": {"uniform": [0.35, 0.45]},
        "k": {"uniform": [2.0, 3.0]},
        "tau": 0.95,
        "epsilon": 0.0,
        "phi": 1e9,
        "despeckle_px": 0,
    },
}


def prepare(settings: Settings, weights: object = None, device: str = "cpu") -> Draw:
    """A function that draws pictures, uint8 (H, W, 3) sRGB, as lines, uint8 (H, W), paper 255, with these settings.

    XDoG draws nothing at random and learns nothing: generators, weights and device are there for other extractors.
    """

    def draw(pictures: Sequence[Picture], rngs: Sequence[np.random.Generator]) -> list[Picture]:
        return [despeckle(xdog(picture, settings), settings.despeckle_px) for picture in pictures]

    return draw


def xdog(picture: Picture, settings: Settings) -> Picture:
    """The lines of one picture, uint8 (H, W), specks kept; ValueError unless it is uint8 (H, W, 3) and not empty."""
    height, width = checked(picture).shape[:2]
    halo = min(height, _radius(settings.k * settings.sigma))
    step = max(_STRIP_ROWS, 4 * halo)
    rows = min(height, step + 2 * halo)
    rgb = np.empty((min(rows, _LUMA_ROWS), width, 3), np.float32)
    luma, fine, coarse = np.empty((3, rows, width), np.float32)
    fine_kernels, coarse_kernels, delta = _blurs(settings, width, height)
    line = np.empty((height, width), np.uint8)
    for top in range(0, height, step):
        bottom, above, below = min(height, top + step), max(0, top - halo), min(height, top + step + halo)
        strip, inner = slice(0, below - above), slice(top - above, bottom - above)
        _write_luma(picture[above:below], rgb, luma[strip])
        cv2.sepFilter2D(luma[strip], -1, *fine_kernels, dst=fine[strip], borderType=cv2.BORDER_REFLECT)
        cv2.sepFilter2D(luma[strip], -1, *coarse_kernels, dst=coarse[strip], delta=delta, borderType=cv2.BORDER_REFLECT)
        _write_threshold(fine[inner], coarse[inner], settings.hard, line[top:bottom])
    return line


def despeckle(line: Picture, largest_px: int) -> Picture:
    """The drawing without specks: 8-connected ink, of any strength, of at most `largest_px` pixels becomes paper."""
    if largest_px == 0:
        return line
    ink = line < 255
    _, labels = cv2.connectedComponents(ink.view(np.uint8), connectivity=8)
    inked = np.flatnonzero(ink)
    label = labels.reshape(-1)[inked]
    clean = line.copy()
    clean.reshape(-1)[inked[np.bincount(label)[label] <= largest_px]] = 255
    return clean


def _blurs(settings: Settings, width: int, height: int) -> tuple[tuple[Plane, Plane], tuple[Plane, Plane], float]:
    """Kernels (along a row, along a column) for G_σ and for G_kσ, and what to add to the second.

    Scaled so that, of a luma in [0, 255], the first blur minus the second is φ·(S − ε).
    """
    p, narrow, wide = settings.strength, settings.sigma, settings.sigma * settings.k
    gain = np.float32(settings.phi / 255)
    fine = _kernel(narrow, width), _kernel(narrow, height) * np.float32(1 + p) * gain
    coarse = _kernel(wide, width), _kernel(wide, height) * np.float32(p) * gain
    return fine, coarse, settings.phi * settings.epsilon


def _write_luma(picture: Picture, rgb: Plane, luma: Plane) -> None:
    """Rec.601 luma in [0, 255] into `luma`: float32 from the first, because p multiplies whatever a byte would lose."""
    for top in range(0, len(picture), len(rgb)):
        part = picture[top : top + len(rgb)]
        np.copyto(rgb[: len(part)], part)
        cv2.cvtColor(rgb[: len(part)], cv2.COLOR_RGB2GRAY, dst=luma[top : top + len(part)])


def _write_threshold(fine: Plane, coarse: Plane, hard: bool, line: Picture) -> None:
    """T of the two blurs into `line`; `fine` is used up."""
    if hard:
        cv2.compare(fine, coarse, cv2.CMP_GE, dst=line)
        return
    cv2.subtract(fine, coarse, dst=fine)
    np.minimum(fine, 0, out=fine)
    np.tanh(fine, out=fine)
    cv2.convertScaleAbs(fine, dst=line, alpha=255, beta=255)  # 255·(1 + tanh), rounded: from 0 to 255 by itself


def _radius(sigma: float) -> int:
    return int(4 * sigma + 0.5)


def _kernel(sigma: float, length: int) -> Plane:
    """The Gaussian, float32 (2r + 1), r = int(4σ + ½), sum 1, to be laid over a reflected signal of `length` values.

    Such a signal repeats after 2·length: a wider kernel is folded onto one period, which gives the same blur.
    """
    radius = _radius(sigma)
    at = np.arange(-radius, radius + 1)
    weights = np.exp(-(at**2) / (2 * sigma**2))
    if radius > length:
        folded = np.bincount(at % (2 * length), weights)
        folded[length] /= 2  # this place is both the first and the last
        weights = np.concatenate([folded[length:0:-1], folded[: length + 1]])
    return np.asarray(weights / weights.sum(), np.float32)
