"""The chaos run: two thousand posts of a board that misbehaves in every way, crawled by a process that is killed fifty
times, end as the same rows and the same dataset as with a board in order and nobody killed."""

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from support.boards import Board
from support.small_site import answer, picture

from lcpipe.pipeline.crawl import roots
from lcpipe.pipeline.network.opening import newest_rows
from lcpipe.pipeline.recipe import read_recipe
from lcpipe.pipeline.toml_text import toml_text

pytestmark = pytest.mark.slow

POSTS = 2000
KILLS = 50
RATE = 300.0
CONNECTIONS = 4
BOMB = gzip.compress(bytes(40_000_000))
Handler = BaseHTTPRequestHandler
Act = Callable[[Handler, int], Any]


def drip(handler: Handler) -> None:
    """A picture byte by byte, until the other side has had enough."""
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    try:
        for _ in range(5000):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)
    except OSError:
        handler.close_connection = True


def cut(handler: Handler, number: int, missing: int) -> None:
    """A body that is shorter than its length says."""
    data = picture(number)
    answer(handler, 200, data[: len(data) - missing], content_length=str(len(data) + 100))
    handler.close_connection = True


FOR_EVER: dict[int, Act] = {
    5: lambda h, n: answer(h, 404, b"no such picture"),
    7: lambda h, n: answer(h, 451, b"withheld"),
    11: lambda h, n: answer(h, 200, b"<!doctype html><title>sign in</title>", content_type="text/html"),
    13: lambda h, n: answer(h, 302, location="http://169.254.169.254/latest/meta-data/"),
    17: lambda h, n: answer(h, 302, location=h.path),
    19: lambda h, n: answer(h, 200, BOMB, content_encoding="gzip", content_type="image/png"),
}
FOR_A_WHILE: dict[int, Act] = {
    3: lambda h, n: answer(h, 429, retry_after="0"),
    6: lambda h, n: answer(h, 500),
    9: lambda h, n: cut(h, n, 40),
    12: lambda h, n: cut(h, n, 0),
    15: lambda h, n: answer(h, 200, b"<html>one moment</html>", content_type="text/html"),
    18: lambda h, n: h.connection.shutdown(2),
    27: lambda h, n: answer(h, 200, picture(n + 1), content_type="image/png"),
}
ONCE: dict[int, Act] = {400: lambda h, n: time.sleep(2.5), 800: lambda h, n: drip(h), 1200: lambda h, n: answer(h, 429)}


def misbehave(board: Board, *, for_a_while: bool) -> None:
    """Gives pictures their faults: some keep them, others answer well from the second or third request on."""

    def passing(number: int, act: Act, times: int) -> Act:
        well = {"content_type": "image/png"}
        return lambda h, nth: act(h, number) if nth <= times else answer(h, 200, picture(number), **well)

    for number in range(1, POSTS + 1):
        if number % 211 in FOR_EVER:
            board.acts[f"/p/{number}.png"] = FOR_EVER[number % 211]
        elif for_a_while and number % 97 in FOR_A_WHILE:
            board.acts[f"/p/{number}.png"] = passing(number, FOR_A_WHILE[number % 97], 1 + number % 2)
        elif for_a_while and number in ONCE:
            board.acts[f"/p/{number}.png"] = passing(number, ONCE[number], 1)


def write_recipe(folder: Path, board: Board) -> None:
    folder.mkdir()
    table = {
        "name": "chaos",
        "sources": {"site": {"kind": "danbooru", "base_url": board.url, "original": True}},
        "crawl": {
            "allow_hosts": [board.name], "requests_per_second": RATE, "connections_per_host": CONNECTIONS,
            "backoff_s": 0.01, "timeout_s": 1.5, "deadline_s": 3.0, "max_failed": 1.0, "max_bytes": 1_000_000,
        },
        "near_duplicates": {"distance": 0, "keep": "all"},
        "render": {"short_side": 32},
        "lines": {"one": {"extractor": "xdog"}},
    }  # fmt: skip
    (folder / "recipe.toml").write_text(toml_text(table))


def command(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    call = [sys.executable, "-m", "lcpipe.pipeline", "--json", *arguments, "--cache", "cache"]
    return subprocess.Popen(
        call, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, env=os.environ
    )


def crawl_until(board: Board, folder: Path, requests: int) -> bool:
    """Crawls until the board has seen so many requests, then kills; False when the crawl ended before."""
    process = command(folder, "crawl", "recipe.toml")
    while process.poll() is None:
        if len(board.log) >= requests:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return True
        time.sleep(0.001)
    process.communicate()
    assert process.returncode == 0
    return False


def facts(folder: Path) -> list[tuple[str, ...]]:
    """(ref, sha256, metadata, reason) of every row."""
    ((_, root),) = roots(read_recipe(str(folder / "recipe.toml")), str(folder / "cache"))
    places = ("blob", "offset", "length", "path", "detail")
    rows = pa.concat_tables(newest_rows(root)).drop_columns(list(places)).to_pylist()
    return sorted(tuple(str(row[name]) for name in sorted(row)) for row in rows)


def assert_no_picture_twice(folder: Path) -> None:
    """Every post has a picture of its own: none is kept for two posts, and no post has two rows."""
    ((_, root),) = roots(read_recipe(str(folder / "recipe.toml")), str(folder / "cache"))
    rows = pa.concat_tables(newest_rows(root)).to_pylist()
    kept = [row["id"] for row in rows if row["reason"] is None]  # an id is the sha256 of what is kept
    assert len(set(kept)) == len(kept)
    assert len({row["native_id"] for row in rows}) == len(rows)


def built(folder: Path) -> dict[str, Any]:
    process = command(folder, "build-dataset", "recipe.toml", "--out", "out", "--workers", "2")
    out, _ = process.communicate(timeout=600)
    assert process.returncode == 0
    answered: dict[str, Any] = json.loads(out)
    return answered


def test_two_thousand_posts_through_chaos_and_fifty_kills(tmp_path: Path) -> None:
    board = Board(POSTS)
    try:
        disturbed, undisturbed = tmp_path / "a", tmp_path / "b"
        write_recipe(disturbed, board)
        write_recipe(undisturbed, board)
        misbehave(board, for_a_while=True)
        draws = random.Random(7)  # noqa: S311
        kills = sum(crawl_until(board, disturbed, stop) for stop in sorted(draws.sample(range(5, POSTS), KILLS)))
        assert kills >= KILLS - 5  # one that comes due while another starts is no kill of its own
        for _ in range(2):  # the second one asks again for what failed in the first
            assert not crawl_until(board, disturbed, 10**9)
        well = Counter(path for path in board.asked() if path not in board.acts)
        assert sum(count - 1 for count in well.values()) <= kills * CONNECTIONS
        assert_rate(board)

        board.acts.clear()
        misbehave(board, for_a_while=False)
        assert not crawl_until(board, undisturbed, 10**9)
        rows = facts(disturbed)
        assert len(rows) == POSTS
        assert rows == facts(undisturbed)
        assert_no_picture_twice(disturbed)

        one, other = built(disturbed), built(undisturbed)
        assert one["digest"] == other["digest"]
        assert one["found"] == POSTS == one["kept"] + one["paired"] + sum(one["reasons"].values())
    finally:
        board.close()


def assert_rate(board: Board) -> None:
    """No second of the board's own log has more requests than were configured, but for those that were on their way."""
    times = [moment for moment, _, _ in board.log]
    first = 0
    for last, moment in enumerate(times):
        while times[first] < moment - 1:
            first += 1
        assert last - first + 1 <= RATE + 2 * CONNECTIONS + 1
