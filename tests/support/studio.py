"""A studio that really serves, on loopback, and a client that speaks to it as a program would."""

import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from lcpipe.model.studio.serve import Options, prepared


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Client:
    """Speaks to a studio; `headers` go with every request."""

    url: str
    headers: Mapping[str, str] = field(default_factory=lambda: {"x-lcpipe": "studio"})

    def send(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """One request on its own connection; what is no bytes is sent as JSON."""
        place = urlsplit(self.url)
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=120)
        try:
            connection.request(method, path, data, {**self.headers, **(headers or {})})
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, None, headers)

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        return self.send("POST", path, body, headers)

    def paint(self, line: str, strokes: list[dict[str, Any]], **more: Any) -> Answer:
        """Asks for a picture of a drawing."""
        ask = {
            "visitor": "tester",
            "turn": 1,
            "kind": "full",
            "hints": {"version": 1, "line": line, "strokes": strokes},
        }
        path = "/api/export" if more.get("kind") == "export" else "/api/colorize"
        return self.post(path, {**ask, **more})


@contextmanager
def serving(**options: Any) -> Iterator[Client]:
    """A studio on a free port, in a thread of this process."""
    with prepared(Options(port=0, **options)) as (server, listener, url):
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Client(url)
        finally:
            server.should_exit = True
            thread.join()
