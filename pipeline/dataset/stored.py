"""Decodes the pictures of packed datasets fast: what lcpipe itself encoded goes to OpenCV, all else to `decode`.

A row's pictures are held by the page checksums of their shard, so the damage that OpenCV passes over without a word was
noticed when the shard was read. The pixels are those of `decode`, as a test compares.
"""

import struct

import cv2
import numpy as np

from .decode import Limits, Pixels, decode, decode_line

_LIMITS = Limits()
_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"
_PNG_START = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
_PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_JFIF, _FRAMES, _TABLES = 0xE0, (0xC0, 0xC2), (0xDB, 0xC4, 0xDD)
_GRAY_8 = b"\x08\x00\x00\x00\x00"  # depth, colour type, compression, filter, interlace


def stored_color(data: bytes, limits: Limits = _LIMITS) -> Pixels:
    """The pixels, uint8 (H, W, 3) sRGB, of a colour cell. Raises PictureError."""
    if _is_plain_jpeg(data, limits):
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
        if pixels is not None:
            return pixels.astype(np.uint8, copy=False)
    return decode(data, limits).pixels


def stored_line(data: bytes, limits: Limits = _LIMITS) -> Pixels:
    """The pixels, uint8 (H, W), 0 ink, 255 paper, of a cell of line art. Raises PictureError."""
    if _is_plain_png(data, limits):
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
        if pixels is not None:
            return pixels.astype(np.uint8, copy=False)
    return decode_line(data, limits)


def _is_plain_jpeg(data: bytes, limits: Limits) -> bool:
    """True for a whole JPEG of three channels with nothing but its tables before the picture: no profile, no turn."""
    if not (data.startswith(_JPEG_START) and data.endswith(_JPEG_END) and len(data) <= limits.max_bytes):
        return False
    at = len(_JPEG_START)
    while at + 10 <= len(data):
        lead, marker, length = struct.unpack_from(">BBH", data, at)
        if lead == 0xFF and marker in _FRAMES:
            height, width, channels = struct.unpack_from(">HHB", data, at + 5)
            return bool(channels == 3 and 0 < width * height <= limits.max_pixels)
        if lead != 0xFF or marker not in (_JFIF, *_TABLES):
            return False
        at += 2 + length
    return False


def _is_plain_png(data: bytes, limits: Limits) -> bool:
    """True for a whole grey PNG of 8 bits whose pixels follow at once: no profile, no transparency, no gamma."""
    if not (data.startswith(_PNG_START) and data.endswith(_PNG_END) and len(data) <= limits.max_bytes):
        return False
    width, height = struct.unpack_from(">II", data, 16)
    return bool(data[24:29] == _GRAY_8 and data[37:41] == b"IDAT" and 0 < width * height <= limits.max_pixels)
