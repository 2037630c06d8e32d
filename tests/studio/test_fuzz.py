"""Two hundred requests of nonsense leave the server up, each answered with one line that is no bug of ours."""

import json
import random
from pathlib import Path
from typing import Any

from support.studio import Client

POSTS = ("colorize", "export", "drawings", "drawings/row", "hints", "exclude")
PATHS = (*(f"/api/{name}" for name in (*POSTS, "rows", "drops", "clusters", "about", "rows/")), "/static/", "/")
NAMES = ("", "full", "preview", "../../etc/passwd", "\0", "💥" * 50, "0" * 64, "#ff0000")
WORDS: tuple[Any, ...] = (None, True, -1, 1e308, 2**80, 10**30, float("nan"), [], {}, [[]], *NAMES)
KEYS = (
    "visitor",
    "turn",
    "kind",
    "model",
    "hints",
    "format",
    "ids",
    "id",
    "column",
    "line",
    "version",
    "strokes",
    "__proto__",
)


def nonsense(rng: random.Random, depth: int = 0) -> Any:
    """A JSON value that may look like a request."""
    roll = rng.random()
    if depth > 3 or roll < 0.35:
        return rng.choice(WORDS)
    if roll < 0.5:
        return [nonsense(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {rng.choice(KEYS): nonsense(rng, depth + 1) for _ in range(rng.randrange(5))}


def mangled(rng: random.Random, line: str) -> Any:
    """A sound request of which one part is wrong."""
    stroke: dict[str, Any] = {"kind": "stroke", "color": "#ff0000", "size": 8, "points": [[1, 2, 1], [3, 4]]}
    ask: dict[str, Any] = {"visitor": "fuzz", "turn": 1, "kind": "full", "hints": {"line": line, "strokes": [stroke]}}
    target = rng.choice([ask, ask["hints"], stroke])
    target[rng.choice([*target, *KEYS])] = nonsense(rng, 2)
    return ask


def body(rng: random.Random, line: str) -> bytes:
    roll = rng.random()
    if roll < 0.2:
        return rng.randbytes(rng.randrange(300))
    if roll < 0.3:
        return b"[" * rng.randrange(1, 5000)
    value = mangled(rng, line) if roll < 0.7 else nonsense(rng)
    return json.dumps(value).encode()


def test_nonsense_is_answered_and_the_server_stays_up(studio: Client, line: str, drawing_file: Path) -> None:
    rng = random.Random(20260)  # noqa: S311
    seen: dict[int, int] = {}
    for number in range(200):
        method = rng.choice(["GET", "POST", "POST", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
        path = rng.choice(PATHS) + rng.choice(["", "", "?q=%ff%00", "?start=x&count=-3", "/..%2f..", "a" * 2000, "%00"])
        data = drawing_file.read_bytes()[: rng.randrange(400)] if path.startswith("/api/drawings") else body(rng, line)
        answer = studio.send(method, path, None if method in ("GET", "HEAD") else data)
        seen[answer.status] = seen.get(answer.status, 0) + 1
        assert answer.status < 500, (number, method, path, data[:300], answer.body)
        if answer.status >= 400 and method != "HEAD":
            assert set(answer.json) == {"error", "where", "hint"}
            assert "Traceback" not in answer.json["error"]
    assert studio.get("/api/health").json == {"state": "ready"}
    assert studio.paint(line, []).status == 200
    assert {400, 404, 405} <= set(seen)
