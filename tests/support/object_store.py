"""A real S3 server process on loopback (moto's), and between it and a test a door that fails as real networks do."""

import http.client
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

BUCKET = "datasets"
# What to do with a request: None lets it pass, "cut" breaks the connection in its body, a number is an HTTP status, and
# bytes are an answer in place of the store's.
Fault = Callable[[str, str], str | int | bytes | None]


@dataclass
class Door:
    """Passes requests on to the store, and keeps count of the bytes of pictures that went in and out."""

    environment: dict[str, str]
    fault: Fault = lambda method, path: None
    sent: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def failing(self, fault: Fault) -> Iterator[None]:
        """Asks `fault` about every request in the block."""
        self.fault = fault
        try:
            yield
        finally:
            self.fault = lambda method, path: None


@pytest.fixture(scope="module")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A store with an empty bucket, reached by `s3://` addresses in this process and by its `environment` in others."""
    pytest.importorskip("moto.server", reason="no S3 server: pip install 'lcpipe[dev]'")
    s3fs = pytest.importorskip("s3fs", reason="no S3 client: pip install 'lcpipe[s3]'")
    log = tmp_path_factory.mktemp("store") / "log"
    with _server(log) as port, _door(port) as (door, own):
        door.environment = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{own}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_MAX_ATTEMPTS": "1",
            "NO_PROXY": "127.0.0.1",
        }
        before = {name: os.environ.get(name) for name in door.environment}
        os.environ.update(door.environment)
        try:
            s3fs.S3FileSystem().mkdir(BUCKET)
            yield door
        finally:
            s3fs.S3FileSystem.clear_instance_cache()
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


@contextmanager
def _server(log: Path) -> Iterator[int]:
    """The port of a running moto server."""
    with log.open("wb") as file:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
    try:
        yield _port(process, log)
    finally:
        process.terminate()
        process.wait()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    while process.poll() is None:
        if found := re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text()):
            return int(found.group(1))
        threading.Event().wait(0.05)
    raise AssertionError(f"the S3 server ended: {log.read_text()[-500:]}")


@contextmanager
def _door(port: int) -> Iterator[tuple[Door, int]]:
    door = Door({})

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            _pass_on(self, door, port)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing: the test does."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield door, server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def _pass_on(handler: BaseHTTPRequestHandler, door: Door, port: int) -> None:
    length = int(handler.headers.get("Content-Length") or 0)
    verdict = door.fault(handler.command, handler.path)
    body = handler.rfile.read(length // 2 if verdict == "cut" else length)
    if verdict == "cut":
        handler.close_connection = True
        handler.connection.close()
        return
    if isinstance(verdict, int | bytes):
        status, said = (verdict, b"") if isinstance(verdict, int) else (200, verdict)
        _answer(handler, status, {"Content-Type": "application/xml"}, said)
        return
    key = urlsplit(handler.path).path
    if handler.command == "PUT" and "X-Amz-Copy-Source" not in handler.headers:
        door.sent[key] = door.sent.get(key, 0) + length
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request(handler.command, handler.path, body=body, headers=dict(handler.headers))
    response = connection.getresponse()
    answer = response.read()
    kept = {name: value for name, value in response.getheaders() if name.lower() not in _OWN}
    if handler.command == "HEAD":
        kept["Content-Length"] = response.getheader("Content-Length") or "0"
    _answer(handler, response.status, kept, answer)
    connection.close()


_OWN = {"connection", "transfer-encoding", "content-length", "server", "date"}


def _answer(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: bytes) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    if "Content-Length" not in headers:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)
