"""The studio as a person meets it: from the end of a stroke to the picture, in a real browser, on loopback.

    python benchmarks/bench_studio.py [--model FILE] [--strokes 20] [--renders 500]

The floor is the painter alone, on the same drawing with the same hints; ratios are of stroke end to paint against it.
Without a browser only the server is measured. Goals: preview 0.15 s, full picture at 512 x 512 0.5 s, first paint 1 s,
at most 3 full pictures for 20 quick strokes, memory flat.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

TESTS = Path(__file__).parent.parent / "tests"
sys.path.insert(0, str(TESTS))

from support.chromium import find_chromium  # noqa: E402
from support.small_model import make_small_model  # noqa: E402
from support.tiny_dataset import draw_picture  # noqa: E402

from lcpipe.model.colorize import shipped_model  # noqa: E402
from lcpipe.model.hint_json import parse_hints  # noqa: E402
from lcpipe.model.hints import hint_map  # noqa: E402
from lcpipe.model.painter import load_painter  # noqa: E402
from lcpipe.pipeline.dataset.errors import WeightsError  # noqa: E402

SIDE = 512
# Notes when a stroke ends and when the first picture of all of it has been drawn; the page says by attributes of its
# canvas which it shows. The frame that draws it is awaited, too, and nobody asks in between: asking has its own cost.
WATCH = """() => {
    const canvas = document.querySelector("#canvas");
    let ended = 0, shown = {}, waiting = [];
    const drawn = (kind) => {
        shown[kind] ??= performance.now() - ended;
        waiting = waiting.filter(([wanted, answer]) => {
            const wait = shown[wanted] ?? shown.full;
            if (wait !== undefined) answer(wait);
            return wait === undefined;
        });
    };
    canvas.addEventListener("pointerup", (event) => { ended = event.timeStamp; shown = {}; }, true);
    new MutationObserver(() => {
        if (canvas.dataset.newest !== "true") return;
        const kind = canvas.dataset.shown, of = ended;
        requestAnimationFrame(() => {
            const after = new MessageChannel();
            after.port1.onmessage = () => { if (of === ended) drawn(kind); };
            after.port2.postMessage(null);
        });
    }).observe(canvas, { attributes: true, attributeFilter: ["data-pictures"] });
    window.whenShown = (kind) => new Promise((answer) => {
        const wait = shown[kind] ?? shown.full;
        if (wait === undefined) waiting.push([kind, answer]); else answer(wait);
    });
}"""


@contextmanager
def server(model: str) -> Iterator[tuple[str, int]]:
    """A studio in its own process: its address and its process id."""
    command = [sys.executable, "-m", "lcpipe.pipeline", "--json", "studio", "--model", model, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["url"], process.pid
        finally:
            process.terminate()
            process.wait()


def posted(url: str, path: str, body: bytes) -> bytes:
    request = urllib.request.Request(url.rstrip("/") + path, body, {"x-lcpipe": "studio"})  # noqa: S310 our own server
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return bytes(answer.read())


def ask(url: str, line: str, strokes: list[dict[str, Any]], kind: str, turn: int) -> float:
    """Seconds that one picture takes over HTTP."""
    hints = {"version": 1, "line": line, "strokes": strokes}
    began = time.perf_counter()
    posted(url, "/api/colorize", json.dumps({"visitor": "bench", "turn": turn, "kind": kind, "hints": hints}).encode())
    return time.perf_counter() - began


def stroke(number: int) -> dict[str, Any]:
    points = [[20 + 22 * (number % 20), 60, 1], [40 + 20 * (number % 20), 420, 1]]
    return {"kind": "stroke", "color": f"#{(number * 9973) % 0xFFFFFF:06x}", "size": 14, "points": points}


def floor(model: str, line: np.ndarray, repeat: int) -> dict[str, float]:
    """Median seconds of the painter alone, the drawing prepared: at 256 and at full size."""
    painter = load_painter(model)
    found = {}
    for name, side in (("preview", 256), ("full", SIDE)):
        small = cv2.resize(line, (side, side), interpolation=cv2.INTER_AREA)
        hints = hint_map(parse_hints({"strokes": [stroke(1)]}), side, side, small)
        prepared, times = painter.prepare(small), []
        for _ in range(repeat + 1):
            began = time.perf_counter()
            painter.paint_prepared(prepared, hints)
            times.append(time.perf_counter() - began)
        found[name] = statistics.median(times[1:])
    return found


def memory_mib(pid: int) -> float:
    """The resident memory of a process, of Linux only."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def renders(url: str, pid: int, line: str, count: int) -> dict[str, Any]:
    """Memory after a tenth and after all of so many pictures, each with other hints."""
    early = 0.0
    for number in range(count):
        ask(url, line, [stroke(number + i) for i in range(number % 12)], "full" if number % 2 else "preview", number)
        if number == count // 10:
            early = memory_mib(pid)
    late = memory_mib(pid)
    return {"renders": count, "mib_after_a_tenth": round(early), "mib_after_all": round(late), "ratio": late / early}


def browsed(url: str, file: Path, strokes: int) -> dict[str, Any]:
    """What a person waits for, in Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        sandbox = [] if os.geteuid() else ["--no-sandbox"]
        browser = driver.chromium.launch(executable_path=find_chromium(), args=sandbox)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(url)
        page.wait_for_selector("body[data-ready]")
        first = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        page.set_input_files("#file", file)
        page.wait_for_selector("#status[data-state=done]")
        page.click("[data-mode=over]")
        page.evaluate(WATCH)
        waits: dict[str, list[float]] = {"preview": [], "full": []}
        for number in range(strokes):
            drawn(page, number)
            for kind, values in waits.items():
                values.append(shown(page, kind))
            page.wait_for_timeout(800)  # a person looks before the next stroke
        asked: list[str] = []
        page.on("request", lambda r: asked.append(r.post_data_json["kind"]) if "colorize" in r.url else None)
        for number in range(20):
            drawn(page, number)
        page.wait_for_timeout(3000)
        browser.close()
    medians = {f"{kind}_s": round(statistics.median(values) / 1000, 3) for kind, values in waits.items()}
    return {
        **medians,
        "first_paint_s": round(first / 1000, 3),
        "full_pictures_of_20_quick_strokes": asked.count("full"),
    }


def drawn(page: Any, number: int) -> None:
    """One stroke with the mouse."""
    x = 440 + 14 * (number % 20)
    page.mouse.move(x, 200)
    page.mouse.down()
    page.mouse.move(x + 20, 500, steps=5)
    page.mouse.up()


def shown(page: Any, kind: str) -> float:
    """Milliseconds from the end of the stroke to its first picture of a kind; a full one may come before a preview."""
    return float(page.evaluate(f"window.whenShown({kind!r})"))


def default_model(folder: Path) -> str:
    """The shipped model, else a small untrained one, which costs as little."""
    try:
        return shipped_model()
    except WeightsError:
        return str(make_small_model(folder / "small.safetensors"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model")
    parser.add_argument("--strokes", type=int, default=20)
    parser.add_argument("--renders", type=int, default=500)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = chosen.model or default_model(folder)
        line = draw_picture(0, "bench", SIDE)[1]
        cv2.imwrite(str(folder / "drawing.png"), line)
        alone = floor(model, line, chosen.strokes)
        print(
            json.dumps(
                {
                    "what": "painter alone",
                    "model": Path(model).name,
                    **{f"{k}_s": round(v, 3) for k, v in alone.items()},
                }
            )
        )
        with server(model) as (url, pid):
            id = json.loads(posted(url, "/api/drawings", (folder / "drawing.png").read_bytes()))["id"]
            over_http = {
                k: statistics.median(ask(url, id, [stroke(n)], k, n) for n in range(chosen.strokes)) for k in alone
            }
            ratios = {f"{k}_ratio": round(v / alone[k], 2) for k, v in over_http.items()}
            print(json.dumps({"what": "over http", **{f"{k}_s": round(v, 3) for k, v in over_http.items()}, **ratios}))
            if find_chromium():
                seen = browsed(url, folder / "drawing.png", chosen.strokes)
                ratios = {f"{kind}_ratio": round(seen[f"{kind}_s"] / alone[kind], 2) for kind in alone}
                print(json.dumps({"what": "stroke end to paint", **seen, **ratios}))
            print(json.dumps({"what": "memory", **renders(url, pid, id, chosen.renders)}))


if __name__ == "__main__":
    main()
