"""Many pictures on one sheet, to be looked at together."""

from collections.abc import Sequence

import cv2
import numpy as np

from .brush import UInt8


def contact_sheet(pictures: Sequence[UInt8], columns: int, tile_px: int) -> UInt8:
    """Pictures, grey or colour, each fitted into a square tile on white: uint8 (rows * tile, columns * tile, 3)."""
    rows = max(1, -(-len(pictures) // columns))
    sheet = np.full((rows * tile_px, columns * tile_px, 3), 255, np.uint8)
    for index, picture in enumerate(pictures):
        tile = _fitted(picture, tile_px)
        height, width = tile.shape[:2]
        top, left = (
            index // columns * tile_px + (tile_px - height) // 2,
            index % columns * tile_px + (tile_px - width) // 2,
        )
        sheet[top : top + height, left : left + width] = tile
    return sheet


def _fitted(picture: UInt8, tile_px: int) -> UInt8:
    scale = tile_px / max(picture.shape[:2])
    size = tuple(max(1, round(side * scale)) for side in picture.shape[1::-1])
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    return np.asarray(small if small.ndim == 3 else np.repeat(small[..., None], 3, axis=2), np.uint8)
