"""Stands before every route: who may ask, from which page, and how much they may send.

A page of another site must not use this server through the visitor's browser. It cannot read the answers (no CORS), and
what it could send blindly is refused by the Origin and by a header that only scripts of this page can set. A name that
is bound to the loopback address after the page was loaded (DNS rebinding) is refused by the Host. Where other machines
may ask, a token that is shown at the start stands in for the Host.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .answers import AnswerError, error_response, refused

MAX_BODY_BYTES = 64 * 2**20
COOKIE = "lcpipe_studio"
SCRIPT_HEADER = "x-lcpipe"  # a form or an image of another site cannot set it, and a script needs leave it never gets
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_SAFE_METHODS = ("GET", "HEAD")
_HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


@dataclass(frozen=True)
class Guard:
    """The application behind its guard; `token` is empty where only this machine can ask, on `port`."""

    app: ASGIApp
    port: int
    token: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            self._check_origin(scope["method"], headers)
            if self.token and (answer := self._check_token(scope, headers)):
                await answer(scope, receive, guarded(send))
                return
            _check_length(headers)
        except AnswerError as error:
            await refused(error)(scope, receive, guarded(send))
            return
        await self.app(scope, _counted(receive), guarded(send))

    def _check_origin(self, method: str, headers: Headers) -> None:
        host = headers.get("host", "").lower()
        if not self.token and host not in {f"{name}:{self.port}" for name in LOOPBACK}:
            raise AnswerError(
                403, "this server answers to its own address only", hint=f"use http://127.0.0.1:{self.port}"
            )
        origin = headers.get("origin")
        if origin is not None and _place(origin) != host:
            raise AnswerError(403, "another site may not use this server", hint="open its own page")
        if headers.get("sec-fetch-site", "none") == "cross-site" and headers.get("sec-fetch-mode") != "navigate":
            raise AnswerError(403, "another site may not use this server", hint="open its own page")
        if method not in _SAFE_METHODS and headers.get(SCRIPT_HEADER) != "studio":
            raise AnswerError(403, f"the header {SCRIPT_HEADER} is missing", hint=f"send `{SCRIPT_HEADER}: studio`")

    def _check_token(self, scope: Scope, headers: Headers) -> Response | None:
        """None for those who have shown the token before; who brings it in the address gets a cookie for it."""
        given = parse_qs(scope["query_string"].decode("latin-1"))
        if scope["method"] == "GET" and self._known(given.pop("token", [""])[0]):
            rest = urlencode(given, doseq=True)
            path = "/" + scope["path"].lstrip("/")  # two slashes would name another host
            answer = RedirectResponse(path + (f"?{rest}" if rest else ""), 303)
            answer.set_cookie(COOKIE, self.token, httponly=True, samesite="strict")
            return answer
        if self._known(_cookie(headers.get("cookie", ""))):
            return None
        return error_response(
            401, "the token is missing", hint="open the address that the command printed, with its token"
        )

    def _known(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self.token.encode())


def _place(origin: str) -> str:
    """The host and port of an Origin; of one that is no address, nothing that a host is called."""
    try:
        return urlsplit(origin.lower()).netloc
    except ValueError:
        return origin


def _cookie(header: str) -> str:
    try:
        jar: SimpleCookie = SimpleCookie(header)
    except CookieError:
        return ""
    return jar[COOKIE].value if COOKIE in jar else ""


def _check_length(headers: Headers) -> None:
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit():
        raise AnswerError(400, "the length of the request is no number", hint="check the request")
    if int(length) > MAX_BODY_BYTES:
        raise _too_large()


def _counted(receive: Receive) -> Receive:
    """A body that is counted as it comes, whatever length was claimed; the application answers the error."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_BODY_BYTES:
            raise _too_large()
        return message

    return counted


def _too_large() -> AnswerError:
    return AnswerError(413, f"more than {MAX_BODY_BYTES} bytes are not read", hint="send a smaller file")


def guarded(send: Send) -> Send:
    """Adds the headers that every answer has."""

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return with_headers
