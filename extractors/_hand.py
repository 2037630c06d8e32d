"""What a hand, a pen and paper do to a drawing, uint8 (H, W): pale ink, other line weight, gaps, toned paper."""

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

GAP_RADIUS_PX = (2, 6)
TONE_CELLS = 4


def inked(line: Picture, strength: float) -> Picture:
    """x·r + 1 − r on [0, 1]: ink becomes paler, paper stays paper."""
    if strength == 1:
        return line
    return np.asarray(255 - np.rint((255 - line.astype(np.float32)) * np.float32(strength)), np.uint8)


def weighted(line: Picture, change_px: float) -> Picture:
    """Lines thicker by up to a pixel on either side, or thinner where it is negative: greys in between."""
    if change_px == 0:
        return line
    near = np.ones((3, 3), np.uint8)
    whole = cv2.erode(line, near) if change_px > 0 else cv2.dilate(line, near)
    share = abs(change_px)
    return np.asarray(cv2.addWeighted(line, 1 - share, whole, share, 0), np.uint8)


def gapped(line: Picture, gaps: int, rng: np.random.Generator) -> Picture:
    """The ink missing in so many small discs upon lines."""
    rows, columns = np.nonzero(line < 128)
    if not gaps or not len(rows):
        return line
    cut = line.copy()
    for place in rng.integers(len(rows), size=gaps):
        radius = int(rng.integers(GAP_RADIUS_PX[0], GAP_RADIUS_PX[1] + 1))
        cv2.circle(cut, (int(columns[place]), int(rows[place])), radius, [255], -1)
    return cut


def toned(line: Picture, tone: float, rng: np.random.Generator) -> Picture:
    """Paper that is darker by up to `tone` of white, unevenly, as scans of pencil drawings are."""
    if tone == 0:
        return line
    height, width = line.shape
    coarse = rng.uniform(0.5, 1, (TONE_CELLS, TONE_CELLS)).astype(np.float32)
    field = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    return np.asarray(np.rint(line * (1 - np.float32(tone) * field)), np.uint8)
