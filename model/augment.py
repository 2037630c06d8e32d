"""Changes to a training pair on its way in: scale, crop, mirror, hue, and lines as an unsteady hand draws them."""

import cv2
import numpy as np
from numpy.typing import NDArray

UInt8 = NDArray[np.uint8]
Float32 = NDArray[np.float32]

FADE_CELL_PX = 24  # how far apart a hand presses harder or softer
CHANCE = 0.5  # of each change; independent of one another, so that they mix
GAPS = 12
GAP_RADIUS_PX = (1, 4)
SKIN_HSV = (6.0, 0.05, 0.5), (42.0, 0.6, 1.0)  # hue in degrees: pale to brown, in shade too
SATURATION = (0.8, 1.7)  # people hint in fuller colours than pictures have


def scaled(
    rng: np.random.Generator, color: UInt8, line: UInt8, scales: tuple[float, float], size: int
) -> tuple[UInt8, UInt8]:
    """Both at the same random scale, at most their own and never below the crop: uint8 (H, W, 3) and (H, W)."""
    height, width = line.shape
    scale = max(float(rng.uniform(*scales)), size / min(height, width))
    if scale >= 1:
        return color, line
    shape = max(round(width * scale), size), max(round(height * scale), size)
    smaller = (cv2.resize(picture, shape, interpolation=cv2.INTER_AREA) for picture in (color, line))
    small_color, small_line = (np.asarray(picture, np.uint8) for picture in smaller)
    return small_color, small_line


def crop_and_flip(rng: np.random.Generator, color: UInt8, line: UInt8, size: int) -> tuple[UInt8, UInt8]:
    """The same random square of both, mirrored half of the time."""
    top = int(rng.integers(color.shape[0] - size + 1))
    left = int(rng.integers(color.shape[1] - size + 1))
    box = slice(top, top + size), slice(left, left + size)
    step = -1 if rng.random() < 0.5 else 1
    return np.ascontiguousarray(color[box][:, ::step]), np.ascontiguousarray(line[box][:, ::step])


def recolored(rng: np.random.Generator, color: UInt8) -> UInt8:
    """A picture, uint8 (H, W, 3), with every hue turned by one angle and fuller or paler colours.

    Greys stay grey, and what may be skin stays as it is: a network is to know skin, but any hue of hair and cloth.
    """
    hsv = cv2.cvtColor(color.astype(np.float32) / 255, cv2.COLOR_RGB2HSV)
    low, high = SKIN_HSV
    skin = cv2.inRange(hsv, low, high)[..., None] > 0
    hsv[..., 0] = (hsv[..., 0] + rng.uniform(0, 360)) % 360
    hsv[..., 1] = np.minimum(hsv[..., 1] * np.float32(rng.uniform(*SATURATION)), 1)
    turned = np.rint(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) * 255)
    return np.where(skin, color, turned).astype(np.uint8)


def sketched(rng: np.random.Generator, line: UInt8) -> UInt8:
    """A drawing, uint8 (H, W), as by hand: other weight, uneven pressure, pencil grain, softness, gaps.

    Only ink changes: paper stays 255 exactly, as it is in every line column.
    """
    ink = 255.0 - line.astype(np.float32)
    for change in (weighted, faded, grained, gapped, softened):
        if rng.random() < CHANCE:
            ink = change(rng, ink)
    return np.asarray(255 - np.clip(np.rint(ink), 0, 255), np.uint8)


def weighted(rng: np.random.Generator, ink: Float32) -> Float32:
    """Lines up to a pixel thicker, or paler at their edges."""
    window = np.ones((2, 2), np.uint8)
    changed = cv2.dilate(ink, window) if rng.random() < 0.6 else cv2.erode(ink, window)
    share = np.float32(rng.uniform(0.2, 1.0) if changed.sum() > ink.sum() else rng.uniform(0.1, 0.5))
    return np.asarray(ink * (1 - share) + changed * share, np.float32)


def faded(rng: np.random.Generator, ink: Float32) -> Float32:
    """Pressure that changes slowly over the drawing, down to hardly any."""
    height, width = ink.shape
    coarse = rng.random((height // FADE_CELL_PX + 2, width // FADE_CELL_PX + 2), np.float32)
    field = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(ink * np.clip(0.25 + 1.2 * field, 0, 1), np.float32)


def grained(rng: np.random.Generator, ink: Float32) -> Float32:
    """The paper's grain, which takes some of a pencil's ink."""
    return np.asarray(ink * (1 - rng.uniform(0.1, 0.6) * rng.random(ink.shape, np.float32)), np.float32)


def gapped(rng: np.random.Generator, ink: Float32) -> Float32:
    """Lines that do not meet: ink missing in a few small discs upon lines."""
    rows, columns = np.nonzero(ink > 64)
    if not len(rows):
        return ink
    kept = np.ones(ink.shape, np.uint8)
    for place in rng.integers(len(rows), size=int(rng.integers(1, GAPS + 1))):
        radius = int(rng.integers(GAP_RADIUS_PX[0], GAP_RADIUS_PX[1] + 1))
        cv2.circle(kept, (int(columns[place]), int(rows[place])), radius, [0], -1)
    return np.asarray(ink * kept, np.float32)


def softened(rng: np.random.Generator, ink: Float32) -> Float32:
    """A soft tip or a scanner: a blur of less than a pixel, which paper beside lines hides below one grey level."""
    return np.asarray(cv2.GaussianBlur(ink, (0, 0), float(rng.uniform(0.3, 0.8))), np.float32)
