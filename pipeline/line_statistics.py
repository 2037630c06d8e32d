"""What tells one hand's lines from another's, measured on a drawing: the domain gap in six numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

INK = 128
GREYS = (26, 230)  # a tenth to nine tenths of white
SPECK_PX = 8
EDGE = 32.0  # a change from pixel to pixel, of 255, that is an edge


@dataclass(frozen=True)
class LineStatistics:
    """Six numbers of a drawing.

    `ink`, `grey`: shares of all pixels; `stroke_px`: mean width; `specks`: pieces of at most 8 px, a megapixel;
    `connected`: share of the ink in the largest piece; `sharpness`: mean change at edges, of [0, 1].
    """

    ink: float
    grey: float
    stroke_px: float
    specks: float
    connected: float
    sharpness: float


def line_statistics(line: Pixels) -> LineStatistics:
    """Measures a drawing, uint8 (H, W), 255 paper. Without ink all but `grey` and `sharpness` are 0."""
    ink = line < INK
    areas = _areas(ink)
    total = int(areas.sum())
    return LineStatistics(
        ink=total / line.size,
        grey=float(((line >= GREYS[0]) & (line < GREYS[1])).mean()),
        stroke_px=_stroke(ink) if total else 0.0,
        specks=float((areas <= SPECK_PX).sum()) * 1e6 / line.size,
        connected=float(areas.max()) / total if total else 0.0,
        sharpness=_sharpness(line),
    )


def mean_statistics(measured: Sequence[LineStatistics]) -> LineStatistics:
    """The mean of each number over several drawings, of which there is at least one."""
    return LineStatistics(
        **{one.name: float(np.mean([getattr(each, one.name) for each in measured])) for one in fields(LineStatistics)}
    )


def _areas(ink: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The pixels of each 8-connected piece of ink."""
    _, _, found, _ = cv2.connectedComponentsWithStats(ink.view(np.uint8), connectivity=8)
    return np.asarray(found[1:, cv2.CC_STAT_AREA], np.int64)


def _stroke(ink: npt.NDArray[np.bool_]) -> float:
    """Twice the mean distance to paper along the middle of strokes, where no neighbour is farther from it.

    Seen at twice the size, where each straight stroke is an even number of pixels wide: of other sizes, odd widths or
    even ones would read one pixel off.
    """
    framed = np.pad(ink, 1).repeat(2, 0).repeat(2, 1).view(np.uint8)
    distance = cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_5)
    middle = (distance >= cv2.dilate(distance, np.ones((3, 3), np.uint8)) - 1e-3) & (distance > 0)
    return float(distance[middle].mean())


def _sharpness(line: Pixels) -> float:
    values = line.astype(np.float32)
    across, down = np.abs(np.diff(values, axis=1)), np.abs(np.diff(values, axis=0))
    changes = np.concatenate([across[across >= EDGE], down[down >= EDGE]])
    return float(changes.mean() / 255) if len(changes) else 0.0
