"""What a site says to crawlers as a whole: robots.txt and tdmrep.json, asked once a day and kept beside the catalog."""

import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from protego import Protego

from ..dataset.errors import FetchError
from ..dataset.reasons import Reason
from .exchange import Answer, Request
from .signals import Reservation, reservations
from .targets import Target
from .traffic import Traffic
from .visit import Visit, is_passing

FILES = ("/robots.txt", "/.well-known/tdmrep.json")
COME_AGAIN_S = 0.01
FRESH_S = 24 * 3600.0
ROBOTS_BYTES = 500 * 1024  # RFC 9309, section 2.5
_TABLE = """
CREATE TABLE IF NOT EXISTS sites (origin TEXT PRIMARY KEY, asked_at REAL, robots TEXT, reservations TEXT);
CREATE TABLE IF NOT EXISTS waits (host TEXT PRIMARY KEY, until REAL, reason TEXT);
"""


@dataclass(frozen=True)
class Site:
    """The rules of one origin."""

    robots: Protego
    reservations: tuple[Reservation, ...]


class Sites:
    """The rules of all origins of a run. Used by many threads; each origin is asked by one of them."""

    def __init__(
        self, path: str, agent: str, headers: Mapping[str, str], clock: Callable[[], float] = time.time
    ) -> None:
        self._book = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
        self._book.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; {_TABLE}")
        self._agent, self._headers, self._clock = agent, headers, clock
        self._lock = threading.Lock()
        self._asking: dict[str, threading.Lock] = {}
        self._known: dict[str, Site] = {}
        self._partly: dict[str, dict[str, str]] = {}

    def check(self, visit: Visit, target: Target, traffic: Traffic) -> Site | None:
        """The rules of a target's site; None when they are not known yet: come again.

        At most one request is made for them, so that no thread waits for the tokens of several. Raises FetchError when
        they forbid the target, or cannot be had.
        """
        site = self._site(visit, target, traffic)
        if site is not None and not site.robots.can_fetch(target.url, self._agent):
            raise FetchError(
                f"robots.txt forbids {target.path.partition('?')[0][:100]} to {self._agent}",
                reason=Reason.ROBOTS,
                where=target.name,
                hint='leave it out; for an API that the site documents, set robots = "documented_api" and terms_url',
            )
        return site

    def wait_for(self, visit: Visit, target: Target, traffic: Traffic) -> Site:
        """The rules of a target's site, however long that takes. Raises FetchError."""
        while (site := self.check(visit, target, traffic)) is None:
            time.sleep(COME_AGAIN_S)
        return site

    def waits(self) -> list[tuple[str, float, str]]:
        """(host, seconds, reason) for hosts that asked, in an earlier run, not to be asked again for some time."""
        now = self._clock()
        with self._lock:
            rows = self._book.execute("SELECT host, until, reason FROM waits WHERE until > ?", (now,)).fetchall()
        return [(host, until - now, reason) for host, until, reason in rows]

    def remember_wait(self, host: str, seconds: float, reason: str) -> None:
        """Keeps in mind, beyond this run, for how long a host is not to be asked."""
        with self._lock:
            self._book.execute("REPLACE INTO waits VALUES (?, ?, ?)", (host, self._clock() + seconds, reason))

    def close(self) -> None:
        """Closes the file."""
        self._book.close()

    def _site(self, visit: Visit, target: Target, traffic: Traffic) -> Site | None:
        origin = f"{target.scheme}://{target.name}"
        known = self._known.get(origin)
        if known is not None:
            return known
        with self._lock:
            asking = self._asking.setdefault(origin, threading.Lock())
        if not asking.acquire(blocking=False):
            return None  # another thread asks
        try:
            texts = self._kept(origin) or self._asked(visit, target, origin)
            if texts is not None:
                self._known[origin] = Site(Protego.parse(texts[0]), reservations(texts[1]))
                delay = self._known[origin].robots.crawl_delay(self._agent)
                if delay:
                    traffic.limit(target.name, 1 / max(float(delay), 1e-6))
            return self._known.get(origin)
        finally:
            asking.release()

    def _kept(self, origin: str) -> tuple[str, str] | None:
        since = self._clock() - FRESH_S
        with self._lock:
            query = "SELECT robots, reservations FROM sites WHERE origin = ? AND asked_at > ?"
            row = self._book.execute(query, (origin, since)).fetchone()
        return (str(row[0]), str(row[1])) if row else None

    def _asked(self, visit: Visit, target: Target, origin: str) -> tuple[str, str] | None:
        """Both files, of which one is asked for now; None while the other is missing."""
        texts = self._partly.setdefault(origin, {})
        missing = next(file for file in FILES if file not in texts)
        texts[missing] = self._text(visit, target, missing)
        if len(texts) < len(FILES):
            return None
        robots, rules = (self._partly[origin][file] for file in FILES)
        with self._lock:
            self._book.execute("REPLACE INTO sites VALUES (?, ?, ?, ?)", (origin, self._clock(), robots, rules))
        return robots, rules

    def _text(self, visit: Visit, target: Target, path: str) -> str:
        """A small text file of a site; empty where it has none. Raises FetchError while that cannot be known."""
        request = Request(replace(target, path=path), self._headers, max_bytes=ROBOTS_BYTES, cut=True)
        _, answer = visit.follow(request)
        if is_passing(answer.status):
            raise FetchError(
                f"{path} cannot be read, so nothing is asked of this site",
                reason=f"http_{answer.status}",
                status=answer.status,
                where=target.name,
                hint="run the same command again later",
            )
        return _decoded(answer) if answer.status == 200 else ""


def _decoded(answer: Answer) -> str:
    return answer.body.decode("utf-8", "replace").removeprefix("\ufeff").replace("\0", "")
