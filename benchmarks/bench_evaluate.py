"""Evaluation: the share of time outside the networks, and the exact Fréchet distance against the matrix square root.

    python benchmarks/bench_evaluate.py MODEL DATASET [--weights FOLDER] [--limit 32]
    python benchmarks/bench_evaluate.py --frechet [--n 300] [--d 2048]

Networks are the generator and those of the metrics; everything else (decoding, metrics without a network, bootstrap,
sheets, report) is outside. Features of a second evaluation come from the user's cache, so an empty one is used.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np


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


class Clock:
    """Adds up the time spent within calls, nested ones once."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.depth = 0

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, counted."""

        def counted(*arguments: Any, **named: Any) -> Any:
            self.depth += 1
            began = time.perf_counter()
            try:
                return call(*arguments, **named)
            finally:
                self.depth -= 1
                self.seconds += 0 if self.depth else time.perf_counter() - began

        return counted


def shares(model: str, dataset: str, limit: int) -> dict[str, float]:
    """Seconds of an evaluation, and the share of them that no network had."""
    import torch

    from lcpipe.model.evaluate import evaluate

    clock = Clock()
    plain = torch.nn.Module.__call__
    torch.nn.Module.__call__ = clock.around(plain)  # type: ignore[method-assign,assignment]
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as out:
        document = evaluate(model, dataset, out, limit=limit)
    whole = time.perf_counter() - began
    painted = sum(group["n"] * len(group["levels"]) for group in document["groups"])
    return {"pictures": painted, "whole_s": whole, "networks_s": clock.seconds, "outside": 1 - clock.seconds / whole}


def main() -> None:
    """Measures and prints one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?")
    parser.add_argument("dataset", nargs="?")
    parser.add_argument("--weights", default=os.environ.get("LCPIPE_WEIGHTS", ""))
    parser.add_argument("--limit", type=int, default=32)
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
            print(json.dumps({"benchmark": "evaluate"} | shares(options.model, options.dataset, options.limit)))


if __name__ == "__main__":
    main()
