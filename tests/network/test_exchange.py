"""One request and its answer: whatever a host does ends within its limits, as an answer or as a reason."""

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from support.small_site import Site, answer

from lcpipe.pipeline.dataset.errors import FetchError
from lcpipe.pipeline.network.addresses import Guard
from lcpipe.pipeline.network.exchange import Connections, Request
from lcpipe.pipeline.network.targets import target
from lcpipe.pipeline.network.traffic import Manners, Traffic
from lcpipe.pipeline.network.visit import Visit

Handler = BaseHTTPRequestHandler
LIMIT = 64 * 1024


@pytest.fixture
def connections(site: Site) -> Iterator[Connections]:
    one = Connections(Guard(frozenset({site.name})), timeout_s=20.0, deadline_s=20.0)
    yield one
    one.close()


@pytest.fixture
def hasty(site: Site) -> Iterator[Connections]:
    one = Connections(Guard(frozenset({site.name})), timeout_s=0.5, deadline_s=1.0)
    yield one
    one.close()


def asked(connections: Connections, site: Site, act: Callable[[Handler, int], None], **request: object) -> bytes:
    site.acts["/x"] = act
    place = target(f"{site.url}/x")
    answered = connections.ask(Request(place, {}, LIMIT, **request), place, {})  # type: ignore[arg-type]
    assert answered.status == 200
    return answered.body


def raw(data: bytes, every_s: float = 0.0) -> Callable[[Handler, int], None]:
    """Sends bytes as they are, one by one with pauses if wanted, and closes."""

    def act(handler: Handler, nth: int) -> None:
        handler.close_connection = True
        for at in range(0, len(data), 1 if every_s else max(1, len(data))):
            handler.connection.sendall(data[at : at + 1] if every_s else data)
            time.sleep(every_s)

    return act


def test_connections_are_kept_open(connections: Connections, site: Site) -> None:
    ports = set()

    def act(handler: Handler, nth: int) -> None:
        ports.add(handler.client_address[1])
        answer(handler, 200, b"hello")

    assert [asked(connections, site, act) for _ in range(5)] == [b"hello"] * 5
    assert len(ports) == 1


def test_a_connection_that_the_host_closed_is_opened_anew(connections: Connections, site: Site) -> None:
    def act(handler: Handler, nth: int) -> None:
        answer(handler, 200, b"hello")
        handler.close_connection = True

    for _ in range(3):
        assert asked(connections, site, act) == b"hello"
        time.sleep(0.05)  # the close arrives


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_encodings_are_undone(connections: Connections, site: Site, encoding: str) -> None:
    packed = gzip.compress(b"words" * 900) if encoding == "gzip" else zlib.compress(b"words" * 900)
    act = lambda h, n: answer(h, 200, packed, content_encoding=encoding)  # noqa: E731
    assert asked(connections, site, act) == b"words" * 900


HEAD = b"HTTP/1.1 200 OK\r\n"
ODD = {
    "stall before headers": (lambda h, n: time.sleep(1.0), "timeout"),
    "stall in the body": (
        lambda h, n: (h.connection.sendall(HEAD + b"Content-Length: 9\r\n\r\nab"), time.sleep(1)),
        "timeout",
    ),
    "dripping headers": (raw(HEAD + b"X-Long: " + b"y" * 200, every_s=0.02), "timeout"),
    "dripping body": (raw(HEAD + b"Content-Length: 900\r\n\r\n" + b"y" * 200, every_s=0.02), "timeout"),
    "dripping without a length": (raw(HEAD + b"Connection: close\r\n\r\n" + b"y" * 200, every_s=0.02), "timeout"),
    "reset": (lambda h, n: h.connection.shutdown(socket.SHUT_RDWR), "connection_failed"),
    "short body": (raw(HEAD + b"Content-Length: 900\r\n\r\nabc"), "truncated"),
    "short chunk": (raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"), "truncated"),
    "broken chunk": (raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab"), "truncated"),
    "too long by its header": (raw(HEAD + b"Content-Length: 99999999999\r\n\r\nabc"), "too_large"),
    "too long without a header": (raw(HEAD + b"\r\n" + b"y" * (LIMIT + 1)), "too_large"),
    "gzip bomb": (lambda h, n: answer(h, 200, gzip.compress(bytes(20_000_000)), content_encoding="gzip"), "too_large"),
    "gzip cut": (lambda h, n: answer(h, 200, gzip.compress(bytes(9999))[:-9], content_encoding="gzip"), "truncated"),
    "gzip that is none": (lambda h, n: answer(h, 200, b"plain text", content_encoding="gzip"), "truncated"),
    "an encoding nobody asked for": (lambda h, n: answer(h, 200, b"...", content_encoding="br"), "decode_failed"),
    "no HTTP": (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "connection_failed"),
    "endless header": (raw(HEAD + b"X: " + b"y" * 100_000 + b"\r\n\r\n"), "connection_failed"),
    "endless headers": (raw(HEAD + b"X: y\r\n" * 500 + b"\r\n"), "connection_failed"),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_answer_ends_as_a_reason(connections: Connections, hasty: Connections, site: Site, name: str) -> None:
    act, reason = ODD[name]
    with pytest.raises(FetchError) as failed:
        asked(hasty if reason == "timeout" else connections, site, act)
    assert failed.value.reason == reason
    assert failed.value.what
    assert asked(connections, site, lambda h, n: answer(h, 200, b"still here")) == b"still here"


def test_the_first_bytes_can_end_a_download(connections: Connections, site: Site) -> None:
    def look(headers: object, head: bytes) -> None:
        raise FetchError(f"it begins with {head[:3]!r}", reason="not_an_image")

    with pytest.raises(FetchError, match="abc"):
        asked(connections, site, raw(HEAD + b"Content-Length: 60000\r\n\r\nabc" + bytes(59997)), look=look)


def test_a_long_text_can_be_cut(connections: Connections, site: Site) -> None:
    assert asked(connections, site, lambda h, n: answer(h, 200, b"y" * (LIMIT * 2)), cut=True) == b"y" * LIMIT


def test_a_name_that_moves_to_a_private_address_between_two_requests_is_refused(site: Site) -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    guard = Guard(plain_http=True, resolver=lambda host, port: next(answers))
    place = target(f"http://rebound.example:{site.server.server_port}/x")
    assert guard.addresses(place) == ["93.184.216.34"]  # what a check alone would have seen
    connections = Connections(guard, timeout_s=0.5, deadline_s=1.0)
    with pytest.raises(FetchError) as refused:
        connections.ask(Request(place, {}, LIMIT), place, {})
    connections.close()
    assert refused.value.reason == "blocked_address"
    assert site.log == []


def test_the_socket_is_opened_to_the_address_that_was_checked(site: Site) -> None:
    calls: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        calls.append(host)
        return ["127.0.0.1"]

    place = target(f"http://only-here.example:{site.server.server_port}/x")
    connections = Connections(Guard(frozenset({place.name}), resolver=resolver), 2.0, 2.0)
    site.acts["/x"] = lambda h, n: answer(h, 200, h.headers["Host"].encode())
    assert connections.ask(Request(place, {}, LIMIT), place, {}).body.decode() == place.name
    connections.close()
    assert calls == ["only-here.example"]  # looked up once, and never again by the connection itself


PRIVATE = [
    "http://127.0.0.1:1/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://169.254.169.254/latest/",
    "http://localhost/",
    "//127.0.0.1:1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "http://user:key@127.0.0.1/",
]


@pytest.mark.parametrize("location", PRIVATE)
def test_a_redirect_to_a_private_address_is_refused(connections: Connections, site: Site, location: str) -> None:
    site.acts["/x"] = lambda h, n: answer(h, 302, location=location)
    visit = Visit(Traffic(Manners(1e5, 2, 0.01, 1.0)), connections, site.name)
    with pytest.raises(FetchError) as refused:
        visit.follow(Request(target(f"{site.url}/x"), {}, LIMIT))
    visit.leave()
    assert refused.value.reason == "blocked_address"


def test_private_headers_do_not_follow_a_redirect_to_another_host(site: Site) -> None:
    other = Site()
    got: dict[str, str | None] = {}
    other.acts["/there"] = lambda h, n: (got.update(other=h.headers["Authorization"]), answer(h, 200, b"ok"))
    site.acts["/here"] = lambda h, n: (got.update(here=h.headers["Authorization"]), answer(h, 302, location="/next"))
    site.acts["/next"] = lambda h, n: (
        got.update(next=h.headers["Authorization"]),
        answer(h, 302, location=f"{other.url}/there"),
    )
    connections = Connections(Guard(frozenset({site.name, other.name})), 2.0, 2.0)
    visit = Visit(Traffic(Manners(1e5, 2, 0.01, 1.0)), connections, site.name)
    request = Request(target(f"{site.url}/here"), {}, LIMIT, private={"Authorization": "Basic c2VjcmV0"})
    place, answered = visit.follow(request)
    visit.leave()
    connections.close()
    other.close()
    assert (place.name, answered.body) == (other.name, b"ok")
    assert got == {"here": "Basic c2VjcmV0", "next": "Basic c2VjcmV0", "other": None}


def test_closing_wakes_whoever_waits(site: Site) -> None:
    started = threading.Event()
    site.acts["/x"] = lambda h, n: (started.set(), time.sleep(2))
    connections = Connections(Guard(frozenset({site.name})), timeout_s=60, deadline_s=60)
    threading.Thread(target=lambda: (started.wait(), connections.close()), daemon=True).start()
    place = target(f"{site.url}/x")
    with pytest.raises(FetchError):
        connections.ask(Request(place, {}, LIMIT), place, {})


def test_nobody_listens(connections: Connections) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    guarded = Connections(Guard(frozenset({f"127.0.0.1:{port}"})), 1.0, 1.0)
    place = target(f"http://127.0.0.1:{port}/")
    with pytest.raises(FetchError, match="refused") as failed:
        guarded.ask(Request(place, {}, LIMIT), place, {})
    guarded.close()
    assert failed.value.reason == "connection_failed"
