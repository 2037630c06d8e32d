"""Starts the server: loads models and dataset first, so that the page works when its address is printed."""

import ipaddress
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn

from lcpipe.pipeline.dataset.errors import LcpipeError, UsageError

from ..colorize import shipped_model
from .app import Studio, create_app
from .guard import Guard
from .painting import Easel, load_models
from .shelves import open_shelves

MAX_CONNECTIONS = 256
KEEP_ALIVE_S = 30


@dataclass(frozen=True)
class Options:
    """Where to serve and what; without models, the one that comes with the package paints."""

    models: tuple[str, ...] = ()
    dataset: str | None = None
    host: str = "127.0.0.1"
    port: int = 8765
    device: str = "cpu"
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))


@contextmanager
def prepared(options: Options) -> Iterator[tuple[uvicorn.Server, socket.socket, str]]:
    """A server that has loaded everything, its listening socket, and the address to open. Raises LcpipeError."""
    studio = Studio(
        Easel(load_models(list(options.models) or [shipped_model()], options.device)),
        None if options.dataset is None else open_shelves(options.dataset),
    )
    with _listening(options.host, options.port) as listener:
        port = int(listener.getsockname()[1])
        token = "" if is_loopback(options.host) else options.token
        config = uvicorn.Config(
            Guard(create_app(studio), port, token),
            log_level="warning",
            access_log=False,
            ws="none",
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MAX_CONNECTIONS,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=2,
        )
        yield uvicorn.Server(config), listener, address(options.host, port, token)


def serve(options: Options, on_ready: Callable[[str], None]) -> None:
    """Serves until it is stopped; `on_ready` gets the address to open. Raises LcpipeError before anything is served."""
    with prepared(options) as (server, listener, url):
        on_ready(url)
        server.run(sockets=[listener])


def address(host: str, port: int, token: str) -> str:
    """What to open in a browser."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/" + (f"?token={token}" if token else "")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address. Raises UsageError for what is none."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        raise UsageError(f"{host!r} is no address", where="--host", hint="give one like 127.0.0.1 or 0.0.0.0") from None


def _listening(host: str, port: int) -> socket.socket:
    """A socket on the address, or an LcpipeError that says why not."""
    is_loopback(host)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)  # who comes before the server runs waits, and is not refused
    except OSError as error:
        listener.close()
        what = f"cannot listen there: {error.strerror}"
        raise LcpipeError(what, where=f"{host}:{port}", hint="give another --port, or 0 for any free one") from None
    return listener
