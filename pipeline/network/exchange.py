"""One HTTP request and its answer, over connections that are kept open and go to checked addresses only.

Built on `http.client`: retries, redirects and waiting are decided one floor up, the socket is opened here to the very
address that was checked, and a watch ends an answer that never comes to its end, whichever way it drags.
"""

import itertools
import select
import socket
import ssl
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead

from ..dataset.errors import FetchError
from ..dataset.reasons import Reason
from .addresses import Guard
from .targets import Target

Key = tuple[str, str, int]

CONNECT_S = 10.0
WATCH_EVERY_S = 0.25
PIECE_BYTES = 256 * 1024
FIRST_PIECE_BYTES = 64 * 1024  # enough to see what a file is and how large its picture
SHORT_BYTES = 64 * 1024  # what is read of an answer that is no success
IDLE_CONNECTIONS = 256


class Headers:
    """The headers of an answer, read once; a name may stand several times, in any case."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name.lower(), []).append(value)

    def get(self, name: str) -> str | None:
        """The first value of a name."""
        values = self._values.get(name.lower())
        return values[0] if values else None

    def get_all(self, name: str) -> list[str] | None:
        """All values of a name."""
        return self._values.get(name.lower())


Look = Callable[[Headers, bytes], None]


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers, and the body without its content encoding."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True)
class Request:
    """What is asked.

    `private` headers are for the first host only. `look` sees headers and first bytes of a success, and may raise;
    `cut` takes the beginning of a body that is longer than `max_bytes`.
    """

    target: Target
    headers: Mapping[str, str]
    max_bytes: int
    method: str = "GET"
    private: Mapping[str, str] | None = None
    look: Look | None = None
    cut: bool = False


class Connections:
    """Sends requests. Used by many threads; one connection serves one request at a time."""

    def __init__(self, guard: Guard, timeout_s: float, deadline_s: float) -> None:
        self._guard, self._timeout_s, self._deadline_s = guard, timeout_s, deadline_s
        self._idle: OrderedDict[int, tuple[Key, HTTPConnection]] = OrderedDict()
        self._busy: dict[int, tuple[float, socket.socket]] = {}
        self._overdue: set[int] = set()
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._tls: ssl.SSLContext | None = None
        threading.Thread(target=self._watch, name="deadlines", daemon=True).start()

    def ask(self, request: Request, target: Target, headers: Mapping[str, str]) -> Answer:
        """The answer to one request, sent to where it or a redirect leads, with the headers meant for there.

        Raises FetchError.
        """
        self._guard.check(target)
        key = (target.scheme, target.host, target.port)
        connection = self._take_idle(key) or self._connect(target)
        response: HTTPResponse | None = None
        reusable = False
        try:
            with self._watched(connection):
                connection.request(request.method, target.path, headers={"Host": target.name, **headers})
                response = connection.getresponse()
                answered = Headers(response.headers.items())
                body = _body(response, answered, request)
                reusable = response.isclosed() and not response.will_close
        finally:
            if reusable:
                self._put_idle(key, connection)
            else:
                _close(connection, response)
        return Answer(response.status, answered, body)

    def close(self) -> None:
        """Ends every connection, also those that other threads wait for."""
        self._closed.set()
        with self._lock:
            idle, self._idle = [one for _, one in self._idle.values()], OrderedDict()
            busy = [one for _, one in self._busy.values()]
        for connection in idle:
            connection.close()
        for sock in busy:
            _cut(sock)

    def _connect(self, target: Target) -> HTTPConnection:
        """A connection to a checked address of the host. Raises FetchError."""
        connection = HTTPConnection(target.host, target.port, timeout=self._timeout_s)
        connection.auto_open = 0  # it must never look up the host by itself
        failure: OSError | None = None
        for address in self._guard.addresses(target):
            try:
                connection.sock = self._socket(address, target)
                return connection
            except OSError as error:
                failure = error
        raise _failed(failure or OSError("it has no address"), target.name)

    def _socket(self, address: str, target: Target) -> socket.socket:
        plain = socket.create_connection((address, target.port), timeout=min(CONNECT_S, self._timeout_s))
        plain.settimeout(self._timeout_s)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if target.scheme == "http":
            return plain
        try:
            return self._context().wrap_socket(plain, server_hostname=target.host)
        except BaseException:
            plain.close()
            raise

    def _context(self) -> ssl.SSLContext:
        self._tls = self._tls or ssl.create_default_context()
        return self._tls

    def _take_idle(self, key: Key) -> HTTPConnection | None:
        """The connection to a host that was used last, unless the host has closed it or sent what nobody asked for."""
        while True:
            with self._lock:
                found = next((number for number in reversed(self._idle) if self._idle[number][0] == key), None)
                connection = self._idle.pop(found)[1] if found is not None else None
            if connection is None or not _readable(connection):
                return connection
            connection.close()

    def _put_idle(self, key: Key, connection: HTTPConnection) -> None:
        oldest = None
        with self._lock:
            self._idle[id(connection)] = (key, connection)
            if len(self._idle) > IDLE_CONNECTIONS:
                _, (_, oldest) = self._idle.popitem(last=False)
        if oldest is not None:
            oldest.close()

    @contextmanager
    def _watched(self, connection: HTTPConnection) -> Iterator[None]:
        """Ends the exchange of the block at its deadline, and turns what goes wrong in it into FetchError."""
        number = next(self._numbers)
        # The socket itself: a connection forgets it as soon as the answer says that it will be closed.
        self._busy[number] = (time.monotonic() + self._deadline_s, connection.sock)
        try:
            yield
            self._check_overdue(number)
        except (FetchError, OSError, HTTPException, zlib.error) as error:
            self._check_overdue(number)
            raise (error if isinstance(error, FetchError) else _failed(error, connection.host)) from None
        finally:
            del self._busy[number]
            self._overdue.discard(number)

    def _check_overdue(self, number: int) -> None:
        """An exchange that was ended looks like an answer that ends early, or even like a whole one."""
        if number in self._overdue:
            raise FetchError(f"the answer took longer than {self._deadline_s:g} s", reason=Reason.TIMEOUT)

    def _watch(self) -> None:
        while not self._closed.wait(WATCH_EVERY_S):
            now = time.monotonic()
            for number, (deadline, sock) in list(self._busy.items()):
                if now > deadline:
                    self._overdue.add(number)
                    _cut(sock)


def _close(connection: HTTPConnection, response: HTTPResponse | None) -> None:
    """Closes both: the socket lives as long as one of them is open."""
    with suppress(OSError):
        if response is not None:
            response.close()
        connection.close()


def _cut(sock: socket.socket) -> None:
    """Wakes the thread that waits for this socket. The TLS layer is passed over: it belongs to that thread."""
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _readable(connection: HTTPConnection) -> bool:
    if connection.sock is None:
        return True
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))


def _body(response: HTTPResponse, headers: Headers, request: Request) -> bytes:
    """The decoded body, counted while it comes. Raises FetchError, OSError, HTTPException, zlib.error."""
    if request.method == "HEAD":
        return response.read()
    if response.status != 200:
        return _short(response, headers)
    _check_length(response, request)
    body = bytearray()
    for piece in _decoded(response, headers):
        if request.look is not None and not body:
            request.look(headers, piece)
        body += piece
        if len(body) > request.max_bytes:
            break
    if len(body) > request.max_bytes and not request.cut:
        raise _too_large(len(body), request.max_bytes)
    if response.length and len(body) <= request.max_bytes:
        raise FetchError(f"the answer ends early: {response.length} bytes are missing", reason=Reason.TRUNCATED)
    return bytes(body[: request.max_bytes])


def _check_length(response: HTTPResponse, request: Request) -> None:
    if response.length is not None and response.length > request.max_bytes and not request.cut:
        raise _too_large(response.length, request.max_bytes)


def _decoded(response: HTTPResponse, headers: Headers) -> Iterator[bytes]:
    """The body in small pieces, however much a few compressed bytes expand to."""
    decoder = _decoder(headers.get("Content-Encoding"))
    if decoder is None:
        yield from _pieces(response)
        return
    for piece in _pieces(response):
        while piece and not decoder.eof:
            yield decoder.decompress(piece, PIECE_BYTES)
            piece = decoder.unconsumed_tail
    if not decoder.eof:
        raise FetchError("the answer ends early, in the middle of its compression", reason=Reason.TRUNCATED)


def _short(response: HTTPResponse, headers: Headers) -> bytes:
    """The beginning of an answer that is no success: enough for its message."""
    body = response.read(SHORT_BYTES)
    decoder = _decoder(headers.get("Content-Encoding"))
    if decoder is None:
        return body
    with suppress(zlib.error):
        return decoder.decompress(body, SHORT_BYTES)
    return b""


def _pieces(response: HTTPResponse) -> Iterator[bytes]:
    size = FIRST_PIECE_BYTES
    while piece := response.read(size):
        yield piece
        size = PIECE_BYTES
        if response.isclosed():
            return


def _decoder(encoding: str | None) -> "zlib._Decompress | None":
    name = (encoding or "identity").strip().lower()
    if name in ("identity", ""):
        return None
    if name in ("gzip", "x-gzip", "deflate"):
        return zlib.decompressobj(47)
    raise FetchError(f"the answer is encoded as {name[:20]!r}, which was not asked for", reason=Reason.DECODE_FAILED)


def _too_large(size: int, limit: int) -> FetchError:
    return FetchError(f"{size} bytes or more, at most {limit}", reason=Reason.TOO_LARGE)


def _failed(error: Exception, where: str) -> FetchError:
    """What went wrong below HTTP, in the words of the closed list."""
    if isinstance(error, TimeoutError):
        what = str(error) if str(error) not in ("timed out", "The read operation timed out") else "no answer in time"
        return FetchError(what, reason=Reason.TIMEOUT, where=where)
    if isinstance(error, IncompleteRead):
        return FetchError("the answer ends early", reason=Reason.TRUNCATED, where=where)
    if isinstance(error, zlib.error):
        return FetchError("the answer's compression is damaged", reason=Reason.TRUNCATED, where=where)
    what = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return FetchError(f"the connection failed: {what}", reason=Reason.CONNECTION_FAILED, where=where)
