"""Fetches a picture's bytes from the catalog, checked against its id, and brings pictures to size."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .dataset.canonical import sha256_hex
from .dataset.decode import Picture, decode
from .dataset.errors import PictureError, StorageError
from .dataset.reasons import Reason
from .dataset.storage import storage_errors
from .parts import Place, read_checked

Pixels = npt.NDArray[np.uint8]
MAX_ENLARGEMENT = 3


@dataclass(frozen=True)
class Original:
    """Where the original bytes of one picture are: in a part of the catalog, or in a file."""

    id: str
    path: str | None
    place: Place | None


def read_original(original: Original) -> bytes:
    """The original bytes. Raises PictureError (`source_changed`) when a file is gone or not the one that was crawled.

    Raises StorageError when the catalog itself keeps the bytes and is damaged.
    """
    if original.place is not None:
        return read_checked(original.place, original.id)
    try:
        data = _read_file(str(original.path))
    except StorageError as error:
        raise PictureError(f"cannot be read any more: {error.what}", reason=Reason.SOURCE_CHANGED) from None
    if sha256_hex(data) != original.id:
        raise PictureError("is not the file that was crawled", reason=Reason.SOURCE_CHANGED)
    return data


def decode_original(original: Original) -> Picture:
    """The decoded picture. Raises PictureError with the reason for the drop table."""
    return decode(read_original(original))


def _read_file(path: str) -> bytes:
    with storage_errors(path), open(path, "rb") as file:
        return file.read()


def reduced(pixels: Pixels, long_side_px: int) -> Pixels:
    """The picture shrunk by area so that its long side is at most `long_side_px`; uint8 (H, W, 3)."""
    height, width = pixels.shape[:2]
    if max(height, width) <= long_side_px:
        return pixels
    scale = long_side_px / max(height, width)
    return resized(pixels, max(1, round(width * scale)), max(1, round(height * scale)))


def coarse(pixels: Pixels, long_side_px: int) -> Pixels:
    """About the picture at the size of `reduced`, in a tenth of the time; uint8 (h, w, 3), sides multiples of 4.

    Halved by means while it is twice as long, each time without an odd last row or column, then bilinear. OpenCV's
    means of areas that are no whole pixels take longer than decoding.
    """
    height, width = pixels.shape[:2]
    if max(height, width) <= long_side_px:
        return pixels
    scale = long_side_px / max(height, width)
    size = [max(1, 4 * round(side * scale / 4)) for side in (width, height)]
    while max(pixels.shape) >= 2 * long_side_px and min(pixels.shape[:2]) > 1:
        pixels = halved(pixels)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def halved(pixels: Pixels) -> Pixels:
    """Means of 2 × 2 pixels, uint8 (H // 2, W // 2, 3); an odd last row or column is left out."""
    height, width = (side // 2 for side in pixels.shape[:2])
    even = pixels[: 2 * height, : 2 * width]
    return np.asarray(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def resized(pixels: Pixels, width: int, height: int) -> Pixels:
    """The picture at exactly (width, height): by area where that shrinks it, bicubic where it enlarges it."""
    if pixels.shape[:2] == (height, width):
        return pixels
    shrinks = width <= pixels.shape[1] and height <= pixels.shape[0]
    result = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return np.asarray(result, dtype=np.uint8)


@dataclass(frozen=True)
class Geometry:
    """How a picture comes to its target size: scaled to (`width`, `height`), then cropped in the centre."""

    width: int
    height: int
    crop_x: int
    crop_y: int
    crop_width: int
    crop_height: int

    def crop(self, pixels: Pixels) -> Pixels:
        """The centre crop of a picture that was scaled to (`width`, `height`)."""
        return pixels[self.crop_y : self.crop_y + self.crop_height, self.crop_x : self.crop_x + self.crop_width]


def target_geometry(width: int, height: int, short_side_px: int) -> Geometry:
    """Short side = `short_side_px`, a multiple of 16; the long side is cropped down to a multiple of 16."""
    scale = short_side_px / min(width, height)
    scaled_w = short_side_px if width <= height else max(short_side_px, round(width * scale))
    scaled_h = short_side_px if height <= width else max(short_side_px, round(height * scale))
    crop_w, crop_h = scaled_w // 16 * 16, scaled_h // 16 * 16
    return Geometry(scaled_w, scaled_h, (scaled_w - crop_w) // 2, (scaled_h - crop_h) // 2, crop_w, crop_h)


def working_size(width: int, height: int, target_short_px: int, oversample: int) -> tuple[int, int]:
    """(width, height) at which lines are drawn: `oversample` × the target's short side, enlarging at most 3 times."""
    scale = min(oversample * target_short_px / min(width, height), MAX_ENLARGEMENT)
    return max(1, round(width * scale)), max(1, round(height * scale))
