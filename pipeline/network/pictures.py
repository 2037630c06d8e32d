"""Fetching one picture: everything that a host may do ends as bytes that are a picture, or as a reason."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from ..dataset.canonical import sha256_hex
from ..dataset.errors import FetchError, PictureError
from ..dataset.headers import check_whole, format_of
from ..dataset.reasons import Reason
from .exchange import Answer, Headers, Request
from .signals import Consent, Reservation, consent
from .sites import Sites
from .sizes import size_of
from .targets import target
from .traffic import Traffic
from .visit import Visit, is_passing

State = Literal["fetched", "unchanged", "rejected", "gone", "failed"]

GONE = (404, 410, 451)
SECOND_LOOK = 2  # attempts at what is whole as an answer and yet no picture
_TRIED_AGAIN = (Reason.TIMEOUT, Reason.CONNECTION_FAILED, Reason.TRUNCATED, Reason.SOURCE_CHANGED)
REJECTED = (Reason.TOO_LARGE, Reason.TOO_MANY_PIXELS, Reason.ROBOTS, Reason.OPTED_OUT)
_HASHES = {"md5": hashlib.md5, "sha1": hashlib.sha1, "sha256": hashlib.sha256}


@dataclass(frozen=True)
class Ask:
    """One picture to fetch, as the ledger has it."""

    number: int
    url: str
    checksum: str | None = None
    attempts: int = 0
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a request for a picture. `tries`: how many attempts in all are worth while (0: no other).

    `fetched` is (sha256, bytes) of the file as it came, where `data` is stored in its place.
    """

    state: State
    reason: str | None = None
    detail: str | None = None
    status: int | None = None
    data: bytes | None = field(default=None, repr=False)
    sha256: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    consent: Consent = Consent()
    tries: int = 0
    retry_after: float | None = None
    fetched: tuple[str, int] | None = None

    def replaced(self, data: bytes | None) -> "Outcome":
        """This outcome with other bytes stored for what was fetched; None leaves it as it came."""
        if data is None or self.data is None:
            return self
        came = (self.sha256 or sha256_hex(self.data), len(self.data))
        return replace(self, data=data, sha256=sha256_hex(data), fetched=came)


@dataclass(frozen=True)
class Bounds:
    """What is accepted."""

    max_bytes: int
    max_pixels: int
    attempts: int


class Pictures:
    """Fetches pictures, politely. Used by many threads."""

    def __init__(self, sites: Sites, traffic: Traffic, headers: Mapping[str, str], agent: str, bounds: Bounds) -> None:
        self._sites, self._traffic, self._headers, self._agent, self._bounds = sites, traffic, headers, agent, bounds

    def fetch(self, ask: Ask, visit: Visit) -> Outcome | None:
        """What became of one picture; the visit is at its host and has a token. Raises Stopped.

        None when the token went into asking for the rules of the site: come again.
        """
        looked = _Looked(self._agent, self._bounds.max_pixels)
        try:
            wanted = target(ask.url)
            looked.path = wanted.path
            site = self._sites.check(visit, wanted, self._traffic)
            if site is None:
                return None
            looked.reservations = site.reservations
            headers = {**self._headers, **_conditions(ask)}
            request = Request(wanted, headers, max_bytes=self._bounds.max_bytes, look=looked.look)
            _, answer = visit.follow(request)
            return self._judged(ask, answer, looked, visit.retry_after)
        except FetchError as error:
            return self._failed(error, looked.consent, visit.retry_after)

    def _judged(self, ask: Ask, answer: Answer, looked: "_Looked", retry_after: float | None) -> Outcome:
        if answer.status == 200:
            return _checked(ask, answer, looked)
        if answer.status == 304 and ask.etag or ask.last_modified and answer.status == 304:
            return Outcome("unchanged", status=304)
        reason = f"http_{answer.status}"
        if answer.status in GONE:
            return Outcome("gone", reason, _first_line(answer), answer.status)
        tries = self._bounds.attempts if is_passing(answer.status) else 0
        detail = _first_line(answer)
        return Outcome("failed", reason, detail, answer.status, tries=tries, retry_after=retry_after)

    def _failed(self, error: FetchError, found: Consent, retry_after: float | None) -> Outcome:
        detail = f"{error.what} ({error.where})" if error.where else error.what
        if error.reason in REJECTED:
            return Outcome("rejected", error.reason, detail, error.status, consent=found)
        if error.reason == Reason.BLOCKED_ADDRESS:  # asked again only by another run: the recipe may allow it then
            return Outcome("failed", error.reason, f"{detail}; {error.hint}" if error.hint else detail)
        tries = self._bounds.attempts if error.reason in _TRIED_AGAIN or is_passing(error.status or 0) else SECOND_LOOK
        return Outcome("failed", error.reason, detail, error.status, tries=tries, retry_after=retry_after)


class _Looked:
    """What the first bytes of a picture showed: raises as soon as it is clear that it cannot be used."""

    def __init__(self, agent: str, max_pixels: int) -> None:
        self._agent, self._max_pixels = agent, max_pixels
        self.path = "/"
        self.reservations: tuple[Reservation, ...] = ()
        self.consent = Consent()
        self.kind = ""

    def look(self, headers: Headers, head: bytes) -> None:
        found = consent(headers, self.path, self._agent, self.reservations)
        self.consent = replace(found, signals=("robots.txt: allowed", *found.signals))
        if self.consent.opted_out:
            raise FetchError("; ".join(found.signals), reason=Reason.OPTED_OUT)
        kind = format_of(head)
        if kind is None:
            raise _no_picture(headers, head)
        self.kind = kind
        size = size_of(kind, head)
        if size is not None and size[0] * size[1] > self._max_pixels:
            what = f"{size[0]}x{size[1]} pixels, at most {self._max_pixels}"
            raise FetchError(what, reason=Reason.TOO_MANY_PIXELS)


def _conditions(ask: Ask) -> dict[str, str]:
    pairs = (("If-None-Match", ask.etag), ("If-Modified-Since", ask.last_modified))
    return {name: value for name, value in pairs if value}


def _checked(ask: Ask, answer: Answer, looked: _Looked) -> Outcome:
    """A whole body, held against what is known of it. Raises FetchError."""
    data = answer.body
    if not data:
        raise FetchError("the answer is empty", reason=Reason.NOT_AN_IMAGE)
    _check_whole(looked.kind, data)
    _check_sum(ask.checksum, data)
    etag, modified = (_header(answer.headers, name) for name in ("ETag", "Last-Modified"))
    return Outcome("fetched", None, None, 200, data, sha256_hex(data), etag, modified, looked.consent)


def _check_whole(kind: str, data: bytes) -> None:
    """A body may be as long as its header says and cut all the same: the picture's own end tells. Raises FetchError."""
    try:
        check_whole(kind, data)
    except PictureError as error:
        raise FetchError(error.what, reason=error.reason) from None
    if kind == "JPEG" and data.rfind(b"\xff\xd9") < 0:
        raise FetchError("the JPEG file ends early", reason=Reason.TRUNCATED)


def _check_sum(checksum: str | None, data: bytes) -> None:
    name, _, expected = (checksum or "").partition(":")
    if name in _HASHES and _HASHES[name](data, usedforsecurity=False).hexdigest() != expected.lower():
        raise FetchError(f"the {name} is not the one that the source states", reason=Reason.SOURCE_CHANGED)


def _no_picture(headers: Headers, head: bytes) -> FetchError:
    kind = (headers.get("Content-Type") or "").partition(";")[0].strip()[:60] or "no type"
    text = " ".join(head[:60].decode("ascii", "replace").split())
    shown = f", beginning with {text!r}" if text.isprintable() and "\ufffd" not in text else ""
    return FetchError(f"the answer is {kind}{shown}", reason=Reason.NOT_AN_IMAGE)


def _first_line(answer: Answer) -> str | None:
    text = answer.body[:300].decode("utf-8", "replace").strip()
    line = text.splitlines()[0][:200] if text else ""
    return line if line and line.isprintable() and not line.startswith("<") else None


def _header(headers: Headers, name: str) -> str | None:
    value = headers.get(name)
    return value if value and len(value) <= 200 and value.isascii() and value.isprintable() else None
