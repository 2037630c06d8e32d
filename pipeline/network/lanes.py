"""Which picture is asked for next: the rows that wait, by host, handed to threads as the hosts allow.

A lane holds a few rows of one host in memory and is filled again from the ledger, so that memory does not depend on
how much was listed. One host that is slow, or has asked for patience, holds up no other.
"""

import heapq
import math
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from .ledger import Ledger
from .pictures import Ask
from .traffic import Host, Traffic

LANE_ROWS = 128
LOOK_AGAIN_S = 0.05  # at a host whose slots are all taken; the thread that gives one back looks at once


@dataclass(frozen=True)
class Job:
    """A picture to fetch at a host whose slot and token are taken; or, without one, a host that was given up."""

    host: Host
    ask: Ask | None


@dataclass(frozen=True)
class Done:
    """A finished job, and the host whose slot it holds: a redirect may have led it to another; none, to no host."""

    host: str | None


@dataclass
class _Lane:
    """The rows of one host. `last` is the number of the last row taken from the ledger."""

    host: Host
    ready: deque[Ask] = field(default_factory=deque)
    later: list[tuple[float, int, Ask]] = field(default_factory=list)
    last: int = 0
    more: bool = True


class Lanes:
    """Hands out jobs to threads. Everything happens under the lock of the traffic.

    Lanes with rows stand in a heap by the time at which they are looked at next; an entry whose time is not the one
    noted for its lane is old, and passed over.
    """

    def __init__(self, ledger: Ledger, traffic: Traffic) -> None:
        self._ledger, self._traffic = ledger, traffic
        self._lanes: dict[str, _Lane] = {}
        self._at: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []
        self._alarm = math.inf
        self._listing = True
        self.waiting_threads = 0
        self.jobs = 0

    def offer(self, hosts: Iterable[str]) -> None:
        """The ledger has new rows for these hosts."""
        with self._traffic.changed:
            for name in hosts:
                self._lane(name).more = True
                self._look_at(name, time.monotonic())
            self._traffic.changed.notify()

    def end_listing(self) -> None:
        """No more rows will come."""
        with self._traffic.changed:
            self._listing = False
            self._traffic.changed.notify_all()

    def put_back(self, ask: Ask, host: str, at: float) -> None:
        """This picture is asked for again, not before a time of `time.time()`."""
        with self._traffic.changed:
            lane = self._lane(host)
            heapq.heappush(lane.later, (at, ask.number, ask))
            self._look_at(host, time.monotonic())

    def take(self, done: Done | None) -> Job | None:
        """The next job, after the one that is done; waits for one. None when all is done."""
        with self._traffic.changed:
            if done is not None:
                self._finish(done)
            while not self._traffic.stopped:
                job, wait = self._pick()
                if job is not None:
                    self.jobs += 1
                    self._traffic.changed.notify()  # whoever wakes looks whether there is more
                    return job
                if self._listing or self.jobs or self._at:
                    self._wait(wait)
                elif not self._rewind():
                    self._traffic.changed.notify_all()
                    return None
            return None

    def give_back(self, done: Done) -> None:
        """A job ended without another one being taken."""
        with self._traffic.changed:
            self._finish(done)
            self._traffic.changed.notify_all()

    def _finish(self, done: Done) -> None:
        self.jobs -= 1
        if done.host:
            self._traffic.free(done.host)
            if done.host in self._at:
                self._look_at(done.host, time.monotonic())

    def _wait(self, seconds: float | None) -> None:
        """Waits for a change. Only one thread is woken by the clock, the one that found the earliest time."""
        alarm = time.monotonic() + seconds if seconds is not None else math.inf
        self.waiting_threads += 1
        try:
            if alarm >= self._alarm:
                self._traffic.changed.wait()
                return
            self._alarm = alarm
            self._traffic.changed.wait(seconds)
            if self._alarm == alarm:
                self._alarm = math.inf
        finally:
            self.waiting_threads -= 1

    def _rewind(self) -> bool:
        """Looks once more, at the end, for rows that were made to wait again behind the lanes' backs."""
        for name in self._ledger.waiting_hosts():
            lane = self._lane(name)
            lane.last, lane.more = 0, True
            self._look_at(name, time.monotonic())
        return bool(self._at)

    def _pick(self) -> tuple[Job | None, float | None]:
        """A job that can start now, or else the seconds until one may; None while that depends on other threads."""
        now = time.monotonic()
        while self._heap:
            at, name = self._heap[0]
            if at > now:
                return None, at - now
            heapq.heappop(self._heap)
            if self._at.get(name) == at:
                job = self._look(self._lanes[name], now)
                if job is not None:
                    return job, None
        return None, None

    def _look(self, lane: _Lane, now: float) -> Job | None:
        """A job of a lane if it has one for now; says when the lane is to be looked at again."""
        name = lane.host.name
        if not self._fill(lane):
            del self._at[name]
            return None
        if lane.host.given_up:
            lane.ready.clear()
            lane.later.clear()
            self._look_at(name, now)
            return Job(lane.host, None)
        wait = self._wait_of(lane)
        if wait > 0:
            self._look_at(name, now + wait)
            return None
        self._traffic.start(lane.host)
        self._look_at(name, now)
        return Job(lane.host, lane.ready.popleft() if lane.ready else heapq.heappop(lane.later)[2])

    def _wait_of(self, lane: _Lane) -> float:
        rows = 0.0 if lane.ready else max(0.0, lane.later[0][0] - time.time())
        host = self._traffic.wait_of(lane.host)
        return max(rows, LOOK_AGAIN_S if host is None else host)

    def _fill(self, lane: _Lane) -> bool:
        """Takes rows from the ledger when a lane has none that are due; False for a lane without any."""
        now = time.time()
        while lane.later and lane.later[0][0] <= now:
            lane.ready.append(heapq.heappop(lane.later)[2])
        if not lane.ready and lane.more:
            rows = self._ledger.waiting(lane.host.name, lane.last, LANE_ROWS)
            lane.more = len(rows) == LANE_ROWS
            for at, ask in rows:
                lane.last = ask.number
                if at <= now:
                    lane.ready.append(ask)
                else:
                    heapq.heappush(lane.later, (at, ask.number, ask))
        return bool(lane.ready or lane.later)

    def _look_at(self, name: str, at: float) -> None:
        self._at[name] = at
        heapq.heappush(self._heap, (at, name))

    def _lane(self, name: str) -> _Lane:
        if name not in self._lanes:
            self._lanes[name] = _Lane(self._traffic.account(name))
        return self._lanes[name]
