"""A small site on loopback whose answers a test chooses, and recipes for a source that lists it."""

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import cv2
import numpy as np
from support import listed

from lcpipe.pipeline.crawl import roots
from lcpipe.pipeline.recipe import Plugin, Recipe, parse_recipe

Act = Callable[[BaseHTTPRequestHandler, int], None]


def picture(number: int) -> bytes:
    """A small PNG of its own colour."""
    plane = np.full((24, 24, 3), 255, np.uint8)
    plane[4:20, 4:20] = (number % 256, number // 256 % 256, 77)
    return cv2.imencode(".png", plane)[1].tobytes()


def answer(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    """One answer; keyword `content_length` and others become headers."""
    handler.send_response(status)
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    for name, value in ({"Content-Length": str(len(body))} | named).items():
        handler.send_header(name, value)
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)


@dataclass(frozen=True)
class Place:
    """Where a site of another process is."""

    name: str

    @property
    def url(self) -> str:
        return f"http://{self.name}"


class _Quiet(ThreadingHTTPServer):
    """Clients that go away in the middle of an answer are part of the tests."""

    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class Site:
    """Pictures at /p/<n>.png, a list of them at /list?after=<n>&limit=<n>; `acts` replace the answers of paths."""

    def __init__(self, count: int = 0) -> None:
        self.count = count
        self.acts: dict[str, Act] = {}
        self.log: list[tuple[float, str, str]] = []
        self.agents: set[str] = set()
        self.seen: dict[str, int] = defaultdict(int)
        self._lock = threading.Lock()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # an answer in one piece: in two, the second waits for the first to be acknowledged

            def do_GET(self) -> None:
                site.serve(self)

            do_HEAD = do_GET

            def log_message(self, *ignored: Any) -> None:
                pass

        self.server = _Quiet(("127.0.0.1", 0), Handler)
        self.name = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.name}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        path = urlsplit(handler.path).path
        with self._lock:
            self.log.append((time.monotonic(), handler.command, handler.path))
            self.agents.add(handler.headers["User-Agent"])
            self.seen[path] += 1
            nth = self.seen[path]
        if path in self.acts:
            self.acts[path](handler, nth)
        elif path.startswith("/p/"):
            answer(handler, 200, picture(int(path[3:-4])), content_type="image/png", etag='"1"')
        elif path == "/list":
            answer(handler, 200, json.dumps(self.page(parse_qs(urlsplit(handler.path).query))).encode())
        else:
            answer(handler, 404)

    def page(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        after, limit = int(query["after"][0]), int(query["limit"][0])
        numbers = range(after + 1, min(self.count, after + limit) + 1)
        return [{"id": n, "url": f"{self.url}/p/{n}.png"} for n in numbers]

    def asked(self, prefix: str = "/p/") -> list[str]:
        """The paths below a prefix that were asked for, in order."""
        return [path for _, _, path in self.log if path.startswith(prefix)]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def recipe_for(tmp_path: Path, site: "Site | Place", module: ModuleType = listed, **crawl: Any) -> Recipe:
    """A recipe with one source that lists the site, asked as fast as it can; other tables by their names."""
    tables = {name: crawl.pop(name) for name in ("filters", "near_duplicates") if name in crawl}
    fast = {"requests_per_second": 100_000.0, "connections_per_host": 4, "backoff_s": 0.01, "timeout_s": 20.0}
    table = {
        "name": "trial",
        "sources": {"site": {"kind": "drawn"}},
        "crawl": {"allow_hosts": [site.name], **fast, **crawl},
        "render": {"short_side": 32},
        **tables,
    }
    recipe = parse_recipe(table, folder=tmp_path, where="recipe.toml")
    settings = {"base_url": site.url}
    source = Plugin("site", "listed", module, module.Settings(**settings), settings)
    return Recipe(**{**recipe.__dict__, "sources": (source,)})


def root_of(recipe: Recipe, cache: Path) -> str:
    """The catalog folder of a recipe's only source."""
    return roots(recipe, str(cache))[0][1]
