"""Whether learned lines cost more than their network, and `extract-lines` more than a bare loop: ratios of one run.

    python benchmarks/bench_extract.py [--pictures 96]

Every line of output is one JSON object. Goals: a network draws at 0.8 or more of its bare forward pass, with decoded
pictures in and lines out; `extract-lines` over a folder reaches 0.8 of a bare loop that does the same to each picture,
and two workers are 1.7 times as fast as one. Workers run already, as in the middle of a long folder; what it costs to
start and end them is a line of its own. The bare loop keeps freed memory as workers do, which makes it faster.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
import torch

from lcpipe.extractors import sketch, xdog
from lcpipe.extractors._line_network import EDGE_PX, LineNetwork
from lcpipe.pipeline.drawing.character import draw_character
from lcpipe.pipeline.engine import WORKER_ENVIRONMENT, Engine
from lcpipe.pipeline.extract import extract, method
from lcpipe.pipeline.line_weights import weights_for
from lcpipe.pipeline.progress import Reporter

SIDE_PX, BATCH, SIZE_PX = 512, 4, 512
REPEATS = 5


def seconds(run: Callable[[], object]) -> float:
    """Of one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def network() -> dict[str, Any]:
    """Lines of a batch of pictures, beside the network alone over the same pixels."""
    pictures = [draw_character(seed, (SIDE_PX, SIDE_PX)).color for seed in range(BATCH)]
    draw = sketch.prepare(sketch.Settings(), weights_for(sketch, sketch.Settings()))
    bare = LineNetwork().eval().requires_grad_(False).to(memory_format=torch.channels_last)
    side = SIDE_PX + 2 * EDGE_PX
    planes = torch.randn(BATCH, 4, side, side).contiguous(memory_format=torch.channels_last)

    def forward() -> None:
        with torch.inference_mode():
            bare(planes)

    draw(pictures, [])
    forward()
    turns = [(seconds(forward), seconds(lambda: draw(pictures, []))) for _ in range(REPEATS)]
    return {"what": "sketch, of its bare forward pass", "ratio": median(a / b for a, b in turns), "goal": 0.8}


def folder(root: Path, pictures: int) -> list[dict[str, Any]]:
    """The function behind the command with one worker and with two, beside a bare loop in a process of its own."""
    (root / "in").mkdir()
    for seed in range(pictures):
        color = draw_character(seed).color
        cv2.imwrite(str(root / "in" / f"{seed:04d}.jpg"), cv2.cvtColor(color, cv2.COLOR_RGB2BGR))
    how = method("xdog", ("sigma=0.4", "phi=1e9"), None, size=SIZE_PX)
    files = sorted((root / "in").iterdir())

    def command(engine: Engine, out: str, given: Path) -> None:
        extract([str(given)], str(root / out), how, overwrite=True, engine=engine, reporter=Reporter(-1))

    def started() -> None:
        with Engine(1) as engine:
            command(engine, "warm", files[0])

    turns = []
    start = seconds(started)
    with Engine(1) as one, Engine(2) as two, ProcessPoolExecutor(2, get_context("spawn")) as alone:

        def bare(processes: int) -> None:
            list(alone.map(loop, [files[at::processes] for at in range(processes)], [root / "bare"] * processes))

        ways = [partial(bare, 1), partial(bare, 2)]
        ways += [partial(command, engine, "out", root / "in") for engine in (one, two)]
        for way in ways:
            way()
        for _ in range(REPEATS):
            turns.append(tuple(seconds(way) for way in ways))
    what = f"extract-lines over {pictures} pictures"
    (bare_s, *_), ratios = map(median, zip(*turns, strict=True)), ratio_of(turns)
    return [
        {"what": f"{what}, of a bare loop", "ratio": ratios(0, 2), "goal": 0.8},
        {"what": f"{what}, two workers against one", "ratio": ratios(2, 3), "goal": 1.7, "bare_loops": ratios(0, 1)},
        {"what": "starting and ending a worker for one picture", "seconds": start, "bare_loop_s": bare_s},
    ]


def ratio_of(turns: list[tuple[float, ...]]) -> Callable[[int, int], float]:
    """The median, over turns, of the time of one way by that of another."""
    return lambda one, other: median(turn[one] / turn[other] for turn in turns)


def loop(files: list[Path], out: Path) -> None:
    """Decode, enlarge, XDoG, shrink, write; nothing else."""
    cv2.setNumThreads(1)
    out.mkdir(exist_ok=True)
    settings = xdog.Settings(sigma=0.4)
    for file in files:
        color = cv2.imread(str(file), cv2.IMREAD_COLOR_RGB)
        height, width = color.shape[:2]
        scale = SIZE_PX / min(height, width)
        size = round(width * scale), round(height * scale)
        large = cv2.resize(color, (2 * size[0], 2 * size[1]), interpolation=cv2.INTER_CUBIC)
        line = xdog.despeckle(xdog.xdog(np.asarray(large), settings), 8)
        cv2.imwrite(str(out / f"{file.stem}.png"), cv2.resize(line, size, interpolation=cv2.INTER_AREA))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pictures", type=int, default=96)
    options = parser.parse_args()
    os.environ |= WORKER_ENVIRONMENT  # of the bare loop's process too
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    print(json.dumps(network()), flush=True)
    with tempfile.TemporaryDirectory() as name:
        for row in folder(Path(name), options.pictures):
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
