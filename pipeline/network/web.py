"""The network as a source sees it: answers to list calls, asked for politely; pictures are not its business."""

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from ..dataset.errors import FetchError
from ..dataset.reasons import Reason
from ..dataset.storage import read_bytes
from ..sources._item import RobotsPolicy
from .addresses import Guard
from .credentials import credentials, variables
from .exchange import Answer, Connections, Request
from .sites import Sites
from .targets import Target, target, without_secrets
from .traffic import Stopped, Traffic
from .visit import REFUSED, Visit, is_passing

LIST_BYTES = 64 * 1024**2
FILE_BYTES = 4 * 1024**3
_HINTS = {
    401: "set {} and {}, or give the host an entry in netrc",
    403: "the site refuses us: check contact and user_agent in [crawl], and the key in {} and {}",
    410: "this page is no longer served",
    422: "correct the query in the source's settings",
}


@dataclass(frozen=True)
class Network:
    """What all requests of a run share."""

    connections: Connections
    traffic: Traffic
    sites: Sites
    headers: Mapping[str, str]
    attempts: int
    agent: str
    guard: Guard


@dataclass(frozen=True)
class _Call:
    url: str
    auth: tuple[str, str] | None
    secret: Mapping[str, str]
    accept: str
    max_bytes: int


class PoliteWeb:
    """What `SourceState.web` is: one source's way to list calls. `before` is called before every request."""

    def __init__(
        self, network: Network, source: str, robots: RobotsPolicy, before: Callable[[], None] = lambda: None
    ) -> None:
        self._network, self._source, self._robots, self._before = network, source, robots, before

    def json(
        self,
        url: str,
        params: Mapping[str, Any] | None = None,
        *,
        auth: tuple[str, str] | None = None,
        secret: Mapping[str, str] | None = None,
    ) -> Any:
        """The value of a JSON answer. Raises FetchError."""
        body = self._get(_Call(_with(url, params), auth, secret or {}, "application/json", LIST_BYTES))
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            shown = " ".join(body[:60].decode("ascii", "replace").split())
            raise FetchError(
                f"the answer is not JSON, it begins with {shown!r}",
                reason=Reason.DECODE_FAILED,
                where=_with(url, params)[:200],
                hint="check base_url, and whether the site is in order",
            ) from None

    def text(
        self,
        url: str,
        params: Mapping[str, Any] | None = None,
        *,
        auth: tuple[str, str] | None = None,
        secret: Mapping[str, str] | None = None,
    ) -> str:
        """The text of an answer. Raises FetchError."""
        body = self._get(_Call(_with(url, params), auth, secret or {}, "*/*", LIST_BYTES))
        return body.decode("utf-8", "replace")

    def bytes_of(self, uri: str) -> bytes:
        """A whole file, from the network or from any store that the pipeline reads. Raises FetchError, StorageError."""
        if uri.startswith(("http://", "https://")):
            return self._get(_Call(uri, None, {}, "*/*", FILE_BYTES))
        return read_bytes(uri)

    def credentials(self, host: str) -> tuple[str, str] | None:
        """(user, key) of the source at a host, or None. Raises RecipeError for half of them."""
        return credentials(self._source, host)

    def variables(self) -> tuple[str, str]:
        """The names of the variables with the user and the key of the source."""
        return variables(self._source)

    def _get(self, call: _Call) -> bytes:
        """The body of a success. Raises FetchError, Stopped."""
        self._before()
        wanted = target(call.url)
        attempts = self._network.attempts
        for attempt in range(1, attempts + 1):
            try:
                answer, retry_after = self._once(call, wanted)
            except FetchError as error:
                given_up = self._network.traffic.host(wanted.name).given_up
                if attempt == attempts or given_up or error.reason not in _PASSING:
                    raise
                self._rest(self._pause(call.url, attempt))
                continue
            passing = is_passing(answer.status) or _is_busy(answer)
            if answer.status == 200 and (attempt == attempts or not passing):
                return answer.body
            if attempt == attempts or not passing:
                break
            self._rest(retry_after or self._pause(call.url, attempt))
        raise self._refused(call, answer)

    def _once(self, call: _Call, wanted: Target) -> tuple[Answer, float | None]:
        network = self._network
        visit = Visit(network.traffic, network.connections, wanted.name)
        try:
            if self._robots == "obey":
                network.sites.wait_for(visit, wanted, network.traffic)
            asked = target(_with(call.url, call.secret)) if call.secret else wanted
            headers = {**network.headers, "Accept": call.accept, "Accept-Encoding": "gzip, deflate"}
            _, answer = visit.follow(Request(asked, headers, call.max_bytes, private=_basic(call.auth)))
            return answer, visit.retry_after
        finally:
            visit.leave()

    def _pause(self, url: str, attempt: int) -> float:
        return self._network.traffic.pause(f"{self._source}/{url}", attempt)

    def _rest(self, seconds: float) -> None:
        """Waits, but no longer than until the run is stopped. Raises Stopped, and FetchError for too long a wait."""
        traffic = self._network.traffic
        until = time.monotonic() + min(seconds, traffic.manners.longest_wait_s)
        while (left := until - time.monotonic()) > 0:
            if traffic.stopped:
                raise Stopped
            time.sleep(min(left, 0.2))

    def _refused(self, call: _Call, answer: Answer) -> FetchError:
        message = _message(answer)
        hint = _HINTS.get(answer.status, "run the same command again later").format(*variables(self._source))
        kind = "refuses" if answer.status in REFUSED else "answers"
        what = f"the site {kind} with {answer.status}{f': {message}' if message else ''}"
        where = without_secrets(call.url)[:200]
        return FetchError(what, reason=f"http_{answer.status}", status=answer.status, where=where, hint=hint)


def _is_busy(answer: Answer) -> bool:
    """True for MediaWiki's way to say come again later: a success by its status, an error by this header."""
    return answer.headers.get("MediaWiki-API-Error") in ("maxlag", "ratelimited", "readonly")


_PASSING = (Reason.TIMEOUT, Reason.CONNECTION_FAILED, Reason.TRUNCATED, "http_500", "http_502", "http_503", "http_504")


def _with(url: str, params: Mapping[str, Any] | None) -> str:
    """An address with more parameters in its query."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(params)}" if params else url


def _basic(auth: tuple[str, str] | None) -> dict[str, str]:
    """The header of HTTP Basic (RFC 7617)."""
    if auth is None:
        return {}
    return {"Authorization": "Basic " + base64.b64encode(":".join(auth).encode()).decode("ascii")}


def _message(answer: Answer) -> str:
    """What the site says of its refusal, as one short line."""
    try:
        value = json.loads(answer.body)
        text = value.get("message") or value.get("error") or "" if isinstance(value, dict) else ""
    except (ValueError, RecursionError):
        text = "" if answer.body.lstrip().startswith(b"<") else answer.body.decode("utf-8", "replace")
    return "".join(sign for sign in " ".join(str(text).split())[:120] if sign.isprintable())
