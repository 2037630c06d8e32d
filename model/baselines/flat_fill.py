"""Fills every closed area of the drawing with the colour of its hints; what has no hint stays paper.

A pixel takes the nearest hint if that lies in its own area, else the mean of the area's hints. Ink stays as drawn.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from ..hints import HINT_SCALE
from ..regions import closed_areas
from ._ink import under_ink


class FlatFill:
    """Paints a drawing, uint8 (H, W), by a hint map, float32 (4, H/4, W/4) -> uint8 (H, W, 3)."""

    def paint(self, line: NDArray[np.uint8], hints: NDArray[np.float32]) -> NDArray[np.uint8]:
        height, width = line.shape
        areas = closed_areas(line)
        cells = np.argwhere(hints[3] > 0)
        if not len(cells):
            return under_ink(np.full((height, width, 3), 255, np.uint8), line)
        places = np.minimum(cells * HINT_SCALE + HINT_SCALE // 2, np.array(line.shape) - 1)
        colors = (hints[:3, cells[:, 0], cells[:, 1]].T + 1) * 127.5
        area_of_hint = areas[places[:, 0], places[:, 1]]
        nearest = nearest_place(places, line.shape)
        own = area_of_hint[nearest] == areas
        filled = np.where(own[..., None], colors[nearest], area_means(area_of_hint, colors, int(areas.max()))[areas])
        return under_ink(filled.round().clip(0, 255).astype(np.uint8), line)


def nearest_place(places: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.int64]:
    """For every pixel the number of the place, int64 (n, 2) of rows and columns, that is nearest to it: (H, W)."""
    away = np.ones(shape, np.uint8)
    away[places[:, 0], places[:, 1]] = 0
    _, labels = cv2.distanceTransformWithLabels(away, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    number = np.zeros(int(labels.max()) + 1, np.int64)
    number[labels[places[:, 0], places[:, 1]]] = np.arange(len(places))
    return np.asarray(number[labels], np.int64)


def area_means(area_of_hint: NDArray[np.int32], colors: NDArray[np.float32], areas: int) -> NDArray[np.float64]:
    """The mean colour of every area's hints, float64 (areas + 1, 3); white where it has none, and below ink."""
    count = np.bincount(area_of_hint, minlength=areas + 1)
    sums = [np.bincount(area_of_hint, colors[:, channel], areas + 1) for channel in range(3)]
    means = np.stack(sums, axis=1) / np.maximum(count, 1)[:, None]
    means[count == 0] = 255
    return means


def prepare() -> FlatFill:
    """The painter."""
    return FlatFill()
