"""A crawl that is killed or stopped goes on where it was: nothing is lost, nothing that was recorded is asked twice."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest
from support.small_site import Site, answer, picture, recipe_for, root_of

from lcpipe.pipeline.crawl import crawl
from lcpipe.pipeline.dataset.decode import decode
from lcpipe.pipeline.network.opening import newest_rows
from lcpipe.pipeline.parts import Place, read_checked, read_indexes
from lcpipe.pipeline.progress import Reporter

SCRIPT = Path(__file__).parent.parent / "support" / "crawl_site.py"
CONNECTIONS = 4
PICTURES = 400


def run_until(site: Site, folder: Path, requests: int, how: signal.Signals, *more: str) -> bool:
    """Starts a crawl and stops it when the site has seen so many requests; False when it ended before that."""
    process = subprocess.Popen([sys.executable, str(SCRIPT), site.name, str(folder), *more], stderr=subprocess.DEVNULL)
    while process.poll() is None:
        if len(site.log) >= requests:
            process.send_signal(how)
            process.wait()
            return True
        time.sleep(0.001)
    assert process.returncode == 0
    return False


def test_kills_lose_nothing_and_repeat_nothing_recorded(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    site.count = PICTURES
    for number in range(7, PICTURES, 31):
        site.acts[f"/p/{number}.png"] = lambda h, n: answer(h, 404)
    draws = random.Random(5)  # noqa: S311
    stops = sorted(draws.sample(range(5, PICTURES), 3))
    kills = sum(run_until(site, tmp_path, stop, signal.SIGKILL) for stop in stops)
    assert kills == len(stops)
    assert not run_until(site, tmp_path, 10**9, signal.SIGKILL)
    asked = Counter(site.asked())
    assert set(asked) == {f"/p/{number}.png" for number in range(1, PICTURES + 1)}
    assert sum(asked.values()) - len(asked) <= kills * CONNECTIONS
    assert sum(Counter(site.asked("/list")).values()) <= PICTURES / 20 + 1 + kills
    disturbed = pa.concat_tables(newest_rows(root_of(recipe_for(tmp_path, site), tmp_path / "cache")))
    (whole,) = crawl(recipe_for(tmp_path, site), str(tmp_path / "other"), quiet)
    assert facts(disturbed) == facts(whole.listing)


@pytest.mark.slow
def test_kills_of_a_crawl_that_reduces_lose_nothing(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    site.count = 120
    for number in range(1, site.count + 1):
        large = cv2.resize(cv2.imdecode(np.frombuffer(picture(number), np.uint8), cv2.IMREAD_COLOR), (120, 100))
        body = cv2.imencode(".png", large)[1].tobytes()
        site.acts[f"/p/{number}.png"] = lambda h, n, body=body: answer(h, 200, body)
    stops = (20, 50, 55, 100)
    kills = sum(run_until(site, tmp_path, stop, signal.SIGKILL, "64") for stop in stops)
    assert kills == len(stops)
    assert not run_until(site, tmp_path, 10**9, signal.SIGKILL, "64")
    asked = Counter(site.asked())
    assert sum(asked.values()) - len(asked) <= kills * CONNECTIONS
    recipe = recipe_for(tmp_path, site, reduce={"short_side": 64})
    disturbed, undisturbed = root_of(recipe, tmp_path / "cache"), root_of(recipe, tmp_path / "other")
    (whole,) = crawl(recipe, str(tmp_path / "other"), quiet)
    assert facts(pa.concat_tables(newest_rows(disturbed))) == facts(whole.listing)
    assert set(whole.listing.column("reason").to_pylist()) == {None}
    assert came_as(disturbed) == came_as(undisturbed)
    for row in pa.concat_tables(newest_rows(disturbed)).to_pylist():
        pixels = decode(read_checked(Place(row["blob"], row["offset"], row["length"]), row["id"])).pixels
        assert pixels.shape == (64, 77, 3)


def came_as(root: str) -> dict[str, tuple[str, int]]:
    """The digest and size of every picture as it was fetched."""
    rows = [row for _, index in read_indexes(root) for row in index.to_pylist()]
    return {row["native_id"]: (row["fetched_sha256"], row["fetched_bytes"]) for row in rows}


def facts(table: pa.Table) -> list[tuple[str, ...]]:
    """What must not depend on how a crawl went: ref, digest, metadata, reason."""
    places = ("blob", "offset", "length", "path", "detail")
    rows = table.drop_columns([name for name in places if name in table.column_names]).to_pylist()
    return sorted(tuple(str(row[name]) for name in sorted(row)) for row in rows)


def test_a_stopped_crawl_keeps_what_it_has(tmp_path: Path, site: Site) -> None:
    site.count = 200
    process = subprocess.Popen([sys.executable, str(SCRIPT), site.name, str(tmp_path)], stderr=subprocess.DEVNULL)
    while len(site.log) < 100:
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    process.wait()
    assert not list((tmp_path / "cache").rglob("*.spool"))  # the open part was written
    assert not run_until(site, tmp_path, 10**9, signal.SIGKILL)
    asked = Counter(site.asked())
    assert len(asked) == 200
    assert sum(asked.values()) <= 200 + CONNECTIONS
