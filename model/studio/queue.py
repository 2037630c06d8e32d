"""One worker for all visitors: fair between them, quick for previews, and the latest wins for each.

A visitor is one open page. Of each kind of work a visitor has at most one request waiting: a newer one takes its place,
and the older is answered as stale. What is running for an outdated request is told to stop.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from ..shares import Cancelled

T = TypeVar("T")
KINDS = ("preview", "full", "export")
QUICK = "preview"
MAX_QUICK_IN_A_ROW = 4  # then somebody's full picture has its turn, so that ten people who draw starve nobody
MAX_VISITORS = 64


class Stale(Exception):
    """A newer request of the same visitor took the place of this one."""


class Busy(Exception):
    """More visitors wait than the queue holds."""


@dataclass
class Job(Generic[T]):
    """One request: its work runs in the worker's thread and may ask whether anybody still waits."""

    visitor: str
    kind: str
    turn: int
    work: Callable[[Callable[[], bool]], T]
    done: "asyncio.Future[T]"
    outdated: bool = False

    def stopped(self) -> bool:
        return self.outdated


@dataclass
class FairQueue:
    """Visitors wait in a ring: who was served goes to its end."""

    _waiting: OrderedDict[str, dict[str, Job[object]]] = field(default_factory=OrderedDict)
    _running: Job[object] | None = None
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _quick_in_a_row: int = 0

    async def run(
        self, visitor: str, kind: str, turn: int, work: Callable[[Callable[[], bool]], T], left: Awaitable[object]
    ) -> T:
        """Waits for a turn and gives what `work` gives. Raises Stale, Busy; Cancelled when `left` ends first."""
        job: Job[T] = Job(visitor, kind, turn, work, asyncio.get_running_loop().create_future())
        gone = asyncio.ensure_future(left)
        try:
            self._add(job)  # type: ignore[arg-type]
            ends: list[asyncio.Future[Any]] = [job.done, gone]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if not job.done.done():
                raise Cancelled
            return job.done.result()
        finally:
            gone.cancel()
            if not job.done.done():
                self._forget(job)  # type: ignore[arg-type]
                job.done.cancel()

    async def serve(self) -> None:
        """The worker: takes one job after the other until it is cancelled. A job that fails ends only itself."""
        with ThreadPoolExecutor(1, "paint") as thread:
            while True:
                job = self._next()
                if job is None:
                    self._wake.clear()
                    await self._wake.wait()
                    continue
                self._running = job
                await _finish(job, thread)
                self._running = None

    def _add(self, job: Job[object]) -> None:
        mine = self._waiting.get(job.visitor, {})
        if not mine and len(self._waiting) >= MAX_VISITORS:
            raise Busy
        newest = max((other.turn for other in mine.values() if other.kind != "export"), default=job.turn)
        running = self._running
        if running is not None and running.visitor == job.visitor and running.kind != "export":
            newest = max(newest, running.turn)
            running.outdated |= running.turn < job.turn
        if job.kind != "export" and job.turn < newest:
            raise Stale
        for other in [other for other in mine.values() if _replaced(other, job)]:
            self._forget(other)
            _answer(other, Stale())
        self._waiting.setdefault(job.visitor, {})[job.kind] = job
        self._wake.set()

    def _forget(self, job: Job[object]) -> None:
        """A job that nobody waits for any more, waiting or running."""
        job.outdated = True
        mine = self._waiting.get(job.visitor, {})
        if mine.get(job.kind) is job:
            del mine[job.kind]
            if not mine:
                del self._waiting[job.visitor]

    def _next(self) -> Job[object] | None:
        """The quick work of whoever waits longest, and now and then the slow work of whoever waits longest."""
        quick = next((jobs[QUICK] for jobs in self._waiting.values() if QUICK in jobs), None)
        slow = next((_slowest(jobs) for jobs in self._waiting.values() if _slowest(jobs)), None)
        if quick and slow and self._quick_in_a_row >= MAX_QUICK_IN_A_ROW:
            quick = None
        job = quick or slow
        if job is None:
            return None
        self._quick_in_a_row = self._quick_in_a_row + 1 if job.kind == QUICK else 0
        del self._waiting[job.visitor][job.kind]
        if self._waiting[job.visitor]:
            self._waiting.move_to_end(job.visitor)
        else:
            del self._waiting[job.visitor]
        return job


def _slowest(jobs: dict[str, Job[object]]) -> Job[object] | None:
    """What a visitor waits for besides a preview."""
    return next((jobs[kind] for kind in KINDS if kind != QUICK and kind in jobs), None)


def _replaced(old: Job[object], new: Job[object]) -> bool:
    """Whether a waiting job of a visitor has lost its point: same kind, or painting what has changed since."""
    return old.kind == new.kind or (old.kind != "export" and new.kind != "export" and old.turn < new.turn)


async def _finish(job: Job[object], thread: ThreadPoolExecutor) -> None:
    """Runs a job in the worker's thread and hands its result or its error to who waits."""
    if job.outdated:
        return
    try:
        result = await asyncio.get_running_loop().run_in_executor(thread, job.work, job.stopped)
    except Cancelled:
        _answer(job, Stale())
    except Exception as error:  # whatever a request does, the next one is served
        _answer(job, error)
    else:
        if not job.done.done():
            job.done.set_result(result)


def _answer(job: Job[object], error: Exception) -> None:
    if not job.done.done():
        job.done.set_exception(error)
