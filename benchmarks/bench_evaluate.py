"""Evaluation: the share of time outside the networks, and the exact Fréchet distance against the matrix square root.

    python benchmarks/bench_evaluate.py MODEL DATASET [--protocol paired] [--weights FOLDER] [--limit 32]
    python benchmarks/bench_evaluate.py --frechet [--n 300] [--d 2048]

Networks are the generator and those of the metrics; everything else (decoding, metrics without a network, bootstrap,
sheets, report) is outside. Features of a second evaluation come from the user's cache, so an empty one is used.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

EVERY_S = 0.01
STOOD_STILL_S = 0.5  # a longer gap between samples is a machine or a program that was paused
TELL_EVERY = 32
LEAST = 0.002  # parts with a smaller share are not named


def frechet(n: int, d: int) -> dict[str, float]:
    """Seconds of both ways and how far their values are apart, on features of two shifted laws."""
    from scipy.linalg import sqrtm

    from lcpipe.model.set_distances import frechet_distance

    rng = np.random.default_rng(0)
    spectrum = np.linspace(1, 0.05, d)
    x, y = (np.abs(rng.standard_normal((n, d))) * spectrum + shift for shift in (0, 0.05))
    began = time.perf_counter()
    ours = frechet_distance(x.astype(np.float32), y.astype(np.float32))
    middle = time.perf_counter()
    first, second = (np.cov(part.astype(np.float32).astype(np.float64), rowvar=False) for part in (x, y))
    apart = (
        (x.astype(np.float32).astype(np.float64).mean(0) - y.astype(np.float32).astype(np.float64).mean(0)) ** 2
    ).sum()
    theirs = float(apart + np.trace(first) + np.trace(second) - 2 * np.trace(sqrtm(first @ second).real))
    ended = time.perf_counter()
    return {
        "ours_s": middle - began, "textbook_s": ended - middle,
        "ratio": (ended - middle) / (middle - began), "relative_difference": abs(ours - theirs) / theirs,
    }  # fmt: skip


class Sampler(threading.Thread):
    """Looks every few milliseconds where the main thread is, and adds up time by part.

    Counts CPU seconds of the whole process, and seconds of the clock without the gaps of a machine that stood still.
    """

    def __init__(self, main: int) -> None:
        super().__init__(daemon=True)
        self.main = main
        self.parts: dict[tuple[bool, str], tuple[float, float]] = {}
        self.ended = threading.Event()

    def run(self) -> None:
        """Samples until it is told to end."""
        cpu, clock = time.process_time(), time.perf_counter()
        while not self.ended.wait(EVERY_S):
            place = part_of(sys._current_frames()[self.main])
            now_cpu, now = time.process_time(), time.perf_counter()
            seen = self.parts.get(place, (0.0, 0.0))
            self.parts[place] = seen[0] + now_cpu - cpu, seen[1] + min(now - clock, STOOD_STILL_S)
            cpu, clock = now_cpu, now


def part_of(frame: FrameType | None) -> tuple[bool, str]:
    """(within a network, which part): the metric that asked for the work, else the innermost file of ours."""
    network, innermost, metric = False, "", ""
    while frame is not None:
        file = Path(frame.f_code.co_filename)
        network |= file.match("torch/nn/modules/module.py")
        if frame.f_globals.get("__name__", "").startswith("lcpipe."):
            innermost = innermost or file.stem
            metric = file.stem if file.parent.name == "metrics" else metric
        frame = frame.f_back
    return network, metric or innermost or "other"


def shares(model: str, dataset: str, protocol: str, limit: int | None) -> dict[str, Any]:
    """Seconds of an evaluation by part, and the share of them that no network had; so far, too, on standard error."""
    from lcpipe.model.evaluate import evaluate

    sampler = Sampler(threading.get_ident())

    def tell(done: int, total: int) -> None:
        if done and done % TELL_EVERY == 0:
            sys.stderr.write(json.dumps({"done": done, "of": total} | summary(dict(sampler.parts))) + "\n")

    sampler.start()
    with tempfile.TemporaryDirectory() as out:
        document = evaluate(model, dataset, out, protocol=protocol, limit=limit, on_picture=tell)
    sampler.ended.set()
    sampler.join()
    return {
        "pictures": max(group["n"] for group in document["groups"]),
        "painted": sum(group["n"] * len(group["levels"]) for group in document["groups"]),
        "threads": document["environment"]["threads"],
    } | summary(sampler.parts)


def summary(found: Mapping[tuple[bool, str], tuple[float, float]]) -> dict[str, Any]:
    """Seconds and shares of what a sampler found."""
    cpu, clock = (sum(seconds[which] for seconds in found.values()) for which in (0, 1))
    outside = [sum(seconds[which] for (network, _), seconds in found.items() if not network) for which in (0, 1)]
    parts = sorted(found.items(), key=lambda item: -item[1][1])
    return {
        "clock_s": clock, "cpu_s": cpu, "outside_of_clock": outside[1] / clock, "outside_of_cpu": outside[0] / cpu,
        "parts_of_clock": {
            f"{name}{' network' if network else ''}": round(seconds[1] / clock, 4)
            for (network, name), seconds in parts if seconds[1] > LEAST * clock
        },
    }  # fmt: skip


def main() -> None:
    """Measures and prints one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?")
    parser.add_argument("dataset", nargs="?")
    parser.add_argument("--weights", default=os.environ.get("LCPIPE_WEIGHTS", ""))
    parser.add_argument("--protocol", default="paired")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--frechet", action="store_true")
    parser.add_argument("--n", type=int, default=300)
    parser.add_argument("--d", type=int, default=2048)
    options = parser.parse_args()
    if options.frechet or not options.model:
        print(json.dumps({"benchmark": "frechet", "n": options.n, "d": options.d} | frechet(options.n, options.d)))
    if options.model:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["XDG_CACHE_HOME"] = folder
            os.environ["LCPIPE_WEIGHTS"] = options.weights
            print(
                json.dumps(
                    {"benchmark": "evaluate"} | shares(options.model, options.dataset, options.protocol, options.limit)
                )
            )


if __name__ == "__main__":
    main()
