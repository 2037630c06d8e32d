"""Stores pictures smaller than they came: a few processes decode, turn, shrink and encode what the crawl has fetched.

A decoder that dies on a file takes its process along and not the crawl. What cannot be decoded, and what is no larger
than wanted, is kept as it came: the first gets its reason where every picture gets it, when it is measured.
"""

import fcntl
import os
import queue
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO

from ..dataset.decode import Limits
from ..dataset.errors import LcpipeError
from ..engine import WORKER_ENVIRONMENT
from ..recipe import Crawl, Reduce
from . import smaller

PIPE_BYTES = 1 << 20
Reducer = Callable[[bytes], bytes | None]


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
        facts = (wanted.short_side, wanted.codec, wanted.quality, wanted.chroma, limits.max_bytes, limits.max_pixels)
        self._command = [sys.executable, "-m", smaller.__name__, *map(str, facts)]
        self._idle: queue.LifoQueue[subprocess.Popen[bytes]] = queue.LifoQueue()
        for _ in range(count):
            self._idle.put(self._started())

    def reduced(self, data: bytes) -> bytes | None:
        """What is to be stored instead; None for what is kept as it came, also when it kills its process."""
        worker = self._idle.get()
        try:
            smaller.send(worker.stdin, data)
            answer = smaller.received(worker.stdout)
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
            worker = subprocess.Popen(  # noqa: S603  (ourselves, with numbers of a checked recipe)
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **WORKER_ENVIRONMENT},
                bufsize=0,
            )
            for pipe in (worker.stdin, worker.stdout):
                _widen(pipe)
            return worker
        except OSError as error:
            hint = "close other programs, or leave `reduce` out of [crawl]"
            raise LcpipeError(f"no process to reduce pictures in: {error}", where="[crawl] reduce", hint=hint) from None


def _widen(pipe: IO[bytes] | None) -> None:
    """Lets a pipe hold a whole picture, where the system allows it: one hand-over instead of several."""
    if pipe is not None and hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _ended(worker: "subprocess.Popen[bytes]") -> None:
    for pipe in (worker.stdin, worker.stdout):
        if pipe is not None:
            pipe.close()
    worker.wait()
