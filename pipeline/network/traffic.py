"""How often and how many at once a host is asked: one account per host, shared by every thread of the run.

Requests to a host are spaced evenly (a token bucket that holds one token). 429 and 503 halve its rate, successes bring
it back step by step (AIMD). `Retry-After` and jittered pauses hold all of its requests. After several failures in a row
the circuit opens: one trial request at a time, after ever longer pauses, until one succeeds or the host is given up
for this run.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from ..dataset.draws import generator

INCREASE = 0.05  # of the full rate, for every success
LEAST = 1 / 64  # of the full rate
SLACK_S = 0.02  # a thread that wakes late by this much, or half an interval, does not delay the next request too
OPEN_AFTER = 5
GIVE_UP_AFTER = 8  # trials in a row
REFUSALS = 3  # 401 or 403 in a row: this host does not want us


class Signal(Enum):
    """What an answer says of its host."""

    FINE = "fine"
    SLOW_DOWN = "slow down"
    TROUBLE = "trouble"
    REFUSED = "refused"


class Stopped(Exception):
    """The run is being stopped; nothing more is asked of anybody."""


@dataclass
class Host:
    """The account of one host. Changed only under the lock of its `Traffic`; times are those of its clock."""

    name: str
    full_rate: float
    connections: int
    rate: float = 0.0
    free_at: float = 0.0
    busy: int = 0
    answered: int = 0
    failures: int = 0
    slowed: int = 0
    refusals: int = 0
    trials: int = 0
    is_open: bool = False
    given_up: str | None = None
    back_after: float = 0.0  # seconds the host asked for when it was given up

    @property
    def slots(self) -> int:
        """How many requests may run at once now: one trial while the circuit is open."""
        return 1 if self.is_open else self.connections


@dataclass(frozen=True)
class Manners:
    """How to treat hosts, from the recipe."""

    requests_per_second: float
    connections_per_host: int
    backoff_s: float
    longest_wait_s: float
    seed: int = 0


class Traffic:
    """The accounts of all hosts of a run."""

    def __init__(self, manners: Manners, clock: Callable[[], float] = time.monotonic) -> None:
        self.manners = manners
        self.clock = clock
        lock = threading.RLock()
        self.changed = threading.Condition(lock)  # for threads that take any job
        self._visitors = threading.Condition(lock)  # for threads that wait for one host
        self._hosts: dict[str, Host] = {}
        self._stopped = False

    def host(self, name: str) -> Host:
        """The account of a host. It starts with a pause, as the run before may have just asked it."""
        with self.changed:
            return self.account(name)

    def account(self, name: str) -> Host:
        """The account of a host. Call it under the lock."""
        known = self._hosts.get(name)
        if known is None:
            rate = self.manners.requests_per_second
            known = Host(name, rate, self.manners.connections_per_host, rate, self.clock() + 1 / rate)
            self._hosts[name] = known
        return known

    def limit(self, name: str, rate: float) -> None:
        """A host asks for at most so many requests a second."""
        with self.changed:
            host = self.account(name)
            host.full_rate = min(host.full_rate, rate)
            host.rate = min(host.rate, host.full_rate)
            host.free_at = max(host.free_at, self.clock() + 1 / host.rate)

    def hold(self, name: str, seconds: float, reason: str) -> None:
        """A host is not to be asked for some time: it said so in an earlier run."""
        with self.changed:
            host = self.account(name)
            host.free_at = max(host.free_at, self.clock() + seconds)
            if seconds > self.manners.longest_wait_s:
                host.given_up, host.back_after = reason, seconds

    def hosts(self) -> list[Host]:
        """All accounts, by name."""
        with self.changed:
            return [self._hosts[name] for name in sorted(self._hosts)]

    def stop(self) -> None:
        """Wakes everyone who waits; from now on they get `Stopped`."""
        with self.changed:
            self._stopped = True
            self.changed.notify_all()
            self._visitors.notify_all()

    @property
    def stopped(self) -> bool:
        """True once the run is being stopped."""
        return self._stopped

    def wait_of(self, host: Host) -> float | None:
        """Seconds until a host may be asked, 0 for now; None while all its slots are taken. Call it under the lock."""
        if host.busy >= host.slots:
            return None
        return max(0.0, host.free_at - self.clock())

    def start(self, host: Host) -> None:
        """Takes a slot and a token. Call it under the lock, when `wait_of` is 0."""
        host.busy += 1
        self._spend(host)

    def _spend(self, host: Host) -> None:
        interval = 1 / host.rate
        host.free_at = max(host.free_at, self.clock() - min(SLACK_S, interval / 2)) + interval

    def enter(self, name: str) -> None:
        """Waits for a slot and a token of a host, and takes them. Raises Stopped."""
        with self.changed:
            host = self.account(name)
            while (wait := self._checked_wait(host)) != 0:
                self._visitors.wait(wait)
            self.start(host)

    def _checked_wait(self, host: Host) -> float | None:
        if self._stopped or host.given_up:
            raise Stopped
        return self.wait_of(host)

    def pace(self, name: str) -> None:
        """Waits for another token of a host whose slot one has. Raises Stopped."""
        with self.changed:
            host = self.account(name)
            while (wait := host.free_at - self.clock()) > 0:
                if self._stopped:
                    raise Stopped
                self._visitors.wait(wait)
            self._spend(host)

    def leave(self, name: str) -> None:
        """Gives a slot back."""
        with self.changed:
            self.free(name)
            self.changed.notify()

    def free(self, name: str) -> None:
        """Gives a slot back. Call it under the lock, and take the next job or wake another thread."""
        self.account(name).busy -= 1
        self._visitors.notify_all()

    def learn(self, name: str, signal: Signal, why: str = "", retry_after: float | None = None) -> None:
        """Takes note of what an answer says of its host."""
        with self.changed:
            self._learn(self.account(name), signal, why, retry_after)

    def _learn(self, host: Host, signal: Signal, why: str, retry_after: float | None) -> None:
        host.answered += 1
        if signal is Signal.FINE:
            self._recover(host)
        elif signal is Signal.REFUSED:
            host.refusals += 1
            if host.refusals >= REFUSALS:
                host.given_up = why
        else:
            self._back_off(host, signal, why, retry_after)

    def _recover(self, host: Host) -> None:
        if host.is_open or host.failures or host.refusals:
            host.is_open, host.failures, host.trials, host.slowed, host.refusals = False, 0, 0, 0, 0
        host.rate = min(host.full_rate, host.rate + INCREASE * host.full_rate)

    def _back_off(self, host: Host, signal: Signal, why: str, retry_after: float | None) -> None:
        host.failures += 1
        pause = retry_after or 0.0
        if signal is Signal.SLOW_DOWN:
            host.rate = max(host.rate / 2, LEAST * host.full_rate)
            host.slowed += 1
            pause = pause or self.pause(host.name, host.slowed)
        if host.is_open:
            host.trials += 1
        host.is_open = host.is_open or host.failures >= OPEN_AFTER
        if host.is_open:
            pause = max(pause, self.pause(host.name, host.trials + 1))
        if host.trials >= GIVE_UP_AFTER or pause > self.manners.longest_wait_s:
            host.given_up, host.back_after = why, pause
        host.free_at = max(host.free_at, self.clock() + pause)

    def pause(self, key: str, attempt: int) -> float:
        """Seconds to wait before an attempt: full jitter, uniform in 0 to backoff * 2^(attempt - 1), below the longest.

        After M. Brooker, "Exponential Backoff And Jitter" (2015).
        """
        top = min(self.manners.backoff_s * 2.0 ** (attempt - 1), self.manners.longest_wait_s)
        return float(generator(self.manners.seed, f"{key}/{attempt}", "pause").uniform(0.0, top))
