"""Stores pictures smaller than they came: a few processes decode, turn, shrink and encode what the crawl has fetched.

A decoder that dies on a file takes its process along and not the crawl. What cannot be decoded, and what is no larger
than wanted, is kept as it came: the first gets its reason where every picture gets it, when it is measured.
"""

import os
import queue
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO

import cv2
import numpy as np
import numpy.typing as npt

from ..dataset.decode import Limits, decode
from ..dataset.encode import encode_color
from ..dataset.errors import LcpipeError, PictureError
from ..engine import WORKER_ENVIRONMENT
from ..recipe import Crawl, Reduce

Pixels = npt.NDArray[np.uint8]
Reducer = Callable[[bytes], bytes | None]

_LENGTH = struct.Struct("<Q")
_AREA_FROM = 2.0  # sides: beyond that a box needs more taps than a small blur has


def reduced(data: bytes, wanted: Reduce, limits: Limits) -> bytes | None:
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
    return encode_color(small, wanted.codec, wanted.quality)[0]


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


@contextmanager
def reducing(crawl: Crawl) -> Iterator[Reducer | None]:
    """A function for many threads that does what `crawl.reduce` says, in processes of its own; None without it."""
    if crawl.reduce is None:
        yield None
        return
    crew = _Crew(crawl.reduce, Limits(crawl.max_bytes, crawl.max_pixels), len(os.sched_getaffinity(0)))
    try:
        yield crew.reduced
    finally:
        crew.close()


class _Crew:
    """The processes; a thread that has a picture takes one that is idle, or waits for it."""

    def __init__(self, wanted: Reduce, limits: Limits, count: int) -> None:
        facts = (wanted.short_side, wanted.codec, wanted.quality, limits.max_bytes, limits.max_pixels)
        self._command = [sys.executable, "-m", __name__, *map(str, facts)]
        self._idle: queue.LifoQueue[subprocess.Popen[bytes]] = queue.LifoQueue()
        for _ in range(count):
            self._idle.put(self._started())

    def reduced(self, data: bytes) -> bytes | None:
        """What is to be stored instead; None for what is kept as it came, also when it kills its process."""
        worker = self._idle.get()
        try:
            _send(worker.stdin, data)
            answer = _received(worker.stdout)
        except OSError:
            answer = None
        if answer is None:
            _ended(worker)
            worker = self._started()
        self._idle.put(worker)
        return answer or None

    def close(self) -> None:
        """Ends the processes that are idle; one that works ends when its thread has left it, or with this process."""
        with suppress(queue.Empty):
            while True:
                _ended(self._idle.get_nowait())

    def _started(self) -> "subprocess.Popen[bytes]":
        try:
            return subprocess.Popen(  # noqa: S603  (ourselves, with numbers of a checked recipe)
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **WORKER_ENVIRONMENT},
                bufsize=0,
            )
        except OSError as error:
            hint = "close other programs, or leave `reduce` out of [crawl]"
            raise LcpipeError(f"no process to reduce pictures in: {error}", where="[crawl] reduce", hint=hint) from None


def _ended(worker: "subprocess.Popen[bytes]") -> None:
    for pipe in (worker.stdin, worker.stdout):
        if pipe is not None:
            pipe.close()
    worker.wait()


def _send(pipe: IO[bytes] | None, data: bytes) -> None:
    """A length and so many bytes. Raises OSError."""
    if pipe is None:
        raise BrokenPipeError
    for piece in (_LENGTH.pack(len(data)), data):
        view = memoryview(piece)
        while view:
            view = view[os.write(pipe.fileno(), view) :]


def _received(pipe: IO[bytes] | None) -> bytes | None:
    """What `_send` sent; None when the other side has ended. Raises OSError."""
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
    short_side, codec, quality, max_bytes, max_pixels = arguments
    wanted = Reduce(int(short_side), "webp" if codec == "webp" else "jpeg", int(quality))
    limits = Limits(int(max_bytes), int(max_pixels))
    while (data := _received(sys.stdin.buffer)) is not None:
        _send(sys.stdout.buffer, reduced(data, wanted, limits) or b"")


if __name__ == "__main__":
    with suppress(OSError):
        serve(sys.argv[1:])
