"""Requests as polite as the recipe wants them: slots, tokens, redirects, and what answers say of their hosts."""

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from ..dataset.errors import FetchError
from ..dataset.reasons import Reason
from .exchange import Answer, Connections, Request
from .targets import Target, redirected
from .traffic import Signal, Stopped, Traffic

REDIRECTS = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 5
SLOW_DOWN = (429, 503)
REFUSED = (401, 403)
RETRIED = (408, 425, 429)
_TROUBLE = (Reason.TIMEOUT, Reason.CONNECTION_FAILED)


class Visit:
    """One thread's stay at a host: it holds a slot there. Its first request has a token, later ones wait for theirs."""

    def __init__(self, traffic: Traffic, connections: Connections, name: str, *, entered: bool = False) -> None:
        self._traffic, self._connections = traffic, connections
        if not entered:
            _enter(traffic, name)
        self.name = name
        self._has_token = True
        self.retry_after: float | None = None

    def follow(self, request: Request) -> tuple[Target, Answer]:
        """The answer at the end of at most five redirects, and where it came from. Raises FetchError, Stopped."""
        place, first = request.target, request.target
        for _ in range(MOST_REDIRECTS + 1):
            private = request.private if (place.scheme, place.name) == (first.scheme, first.name) else None
            answer = self._ask(place, request, {**request.headers, **(private or {})})
            location = answer.headers.get("Location")
            if answer.status not in REDIRECTS or not location:
                return place, answer
            place = redirected(place, location)
        raise FetchError(f"more than {MOST_REDIRECTS} redirects", reason=f"http_{answer.status}", where=first.name)

    def leave(self) -> None:
        """Gives the slot back."""
        if self.name:
            self._traffic.leave(self.name)

    def _ask(self, place: Target, request: Request, headers: Mapping[str, str]) -> Answer:
        self._wait(place.name)
        self.retry_after = None
        try:
            answer = self._connections.ask(request, place, headers)
        except FetchError as error:
            if self._traffic.stopped:
                raise Stopped from None
            signal = Signal.TROUBLE if error.reason in _TROUBLE else Signal.FINE
            self._traffic.learn(place.name, signal, error.reason)
            raise
        self.retry_after = retry_after(answer.headers.get("Retry-After"), time.time())
        self._traffic.learn(place.name, signal_of(answer.status), f"http_{answer.status}", self.retry_after)
        return answer

    def _wait(self, name: str) -> None:
        if name != self.name:
            self.leave()
            self.name = ""  # nothing is held while waiting, so that two visits never wait for each other
            _enter(self._traffic, name)
            self.name = name
        elif not self._has_token:
            self._traffic.pace(name)
        self._has_token = False


def _enter(traffic: Traffic, name: str) -> None:
    """Waits at a host's door. Raises Stopped, and FetchError when the host was given up."""
    try:
        traffic.enter(name)
    except Stopped:
        reason = traffic.host(name).given_up
        if traffic.stopped or reason is None:
            raise
        raise given_up(name, reason) from None


def given_up(name: str, reason: str) -> FetchError:
    """What is said of requests to a host that failed too often."""
    hint = "look at its terms and at your key; run the same command again later"
    return FetchError("the host was given up for this run", reason=reason, where=name, hint=hint)


def signal_of(status: int) -> Signal:
    """What a status says of its host."""
    if status in SLOW_DOWN:
        return Signal.SLOW_DOWN
    if status in REFUSED:
        return Signal.REFUSED
    return Signal.TROUBLE if status in RETRIED or status >= 500 else Signal.FINE


def is_passing(status: int) -> bool:
    """True for a status that a later request may not get."""
    return status in RETRIED or status >= 500


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds to wait as `Retry-After` says, given as seconds or as a date; None where it says nothing readable."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:12]), 10**9))
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now) if text else None
    except (ValueError, TypeError, OverflowError):
        return None
