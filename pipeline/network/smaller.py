"""One picture made smaller, and the process in which that happens.

It imports as little as it can: a crawl starts one per core.
"""

import os
import signal
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

import cv2
import numpy as np
import numpy.typing as npt

from ..dataset.decode import Limits, decode
from ..dataset.encode import encode_color
from ..dataset.errors import PictureError

Pixels = npt.NDArray[np.uint8]

_LENGTH = struct.Struct("<Q")
_AREA_FROM = 2.0  # sides: beyond that a box needs more taps than a small blur has


@dataclass(frozen=True)
class Size:
    """How pictures are stored: shrunk to a short side, as JPEG of a quality and chroma or as lossless WebP."""

    short_side: int
    codec: str
    quality: int
    chroma: str = "4:4:4"


def reduced(data: bytes, wanted: Size, limits: Limits) -> bytes | None:
    """A picture encoded anew with a short side of `wanted.short_side` px; None for what is kept as it came."""
    try:
        pixels = decode(data, limits).pixels
    except PictureError:
        return None
    height, width = pixels.shape[:2]
    if min(height, width) <= wanted.short_side:
        return None
    scale = wanted.short_side / min(height, width)
    small = shrunk(pixels, max(1, round(width * scale)), max(1, round(height * scale)))
    return encode_color(small, wanted.codec, wanted.quality, wanted.chroma)[0]


def shrunk(pixels: Pixels, width: int, height: int) -> Pixels:
    """A picture uint8 (H, W, 3) at a smaller (width, height), each pixel the mean of the area it covers.

    Below a factor of two a blur of three taps and linear interpolation are as wide as the box of the area (their
    variances add up to its s²/12 + 1/12), show no beat on screentone, and take a third of OpenCV's time for such boxes.
    """
    scale = max(pixels.shape[1] / width, pixels.shape[0] / height)
    if scale >= _AREA_FROM:
        return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    side = (scale**2 / 12 + 1 / 12 - 1 / 6) / 2
    taps = np.array([side, 1 - 2 * side, side], np.float32)
    smooth = cv2.sepFilter2D(pixels, -1, taps, taps, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def send(pipe: IO[bytes] | None, data: bytes) -> None:
    """A length and so many bytes. Raises OSError."""
    if pipe is None:
        raise BrokenPipeError
    for piece in (_LENGTH.pack(len(data)), data):
        view = memoryview(piece)
        while view:
            view = view[os.write(pipe.fileno(), view) :]


def received(pipe: IO[bytes] | None) -> bytes | None:
    """What `send` sent; None when the other side has ended. Raises OSError."""
    head = _exactly(pipe, _LENGTH.size)
    return _exactly(pipe, _LENGTH.unpack(head)[0]) if head is not None else None


def _exactly(pipe: IO[bytes] | None, count: int) -> bytes | None:
    if pipe is None:
        return None
    data = bytearray(count)
    view = memoryview(data)
    while view:
        got = os.readv(pipe.fileno(), [view])
        if not got:
            return None
        view = view[got:]
    return bytes(data)


def serve(arguments: list[str]) -> None:
    """A process of the crew: answers each picture on stdin with what is stored instead, empty for what stays."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the crawl ends its crew itself
    cv2.setNumThreads(1)
    short_side, codec, quality, chroma, max_bytes, max_pixels = arguments
    wanted = Size(int(short_side), codec, int(quality), chroma)
    limits = Limits(int(max_bytes), int(max_pixels))
    while (data := received(sys.stdin.buffer)) is not None:
        send(sys.stdout.buffer, reduced(data, wanted, limits) or b"")


if __name__ == "__main__":
    with suppress(OSError):
        serve(sys.argv[1:])
