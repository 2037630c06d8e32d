"""Whether learned lines cost more than their network, and `extract-lines` more than a bare loop: ratios of one run.

    python benchmarks/bench_extract.py [--pictures 48]

Every line of output is one JSON object. Goals: a network draws at 0.8 or more of its bare forward pass, with decoded
pictures in and lines out; `extract-lines` over a folder reaches 0.8 of a bare loop that does the same to each picture.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
import torch

from lcpipe.extractors import sketch, xdog
from lcpipe.extractors._line_network import EDGE_PX, LineNetwork
from lcpipe.pipeline.drawing.character import draw_character
from lcpipe.pipeline.engine import Engine
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


def folder(root: Path, pictures: int) -> dict[str, Any]:
    """The function behind the command with one worker that runs already, beside a bare loop in this process."""
    (root / "in").mkdir()
    for seed in range(pictures):
        color = draw_character(seed).color
        cv2.imwrite(str(root / "in" / f"{seed:04d}.jpg"), cv2.cvtColor(color, cv2.COLOR_RGB2BGR))
    how = method("xdog", ("sigma=0.4", "phi=1e9"), None, size=SIZE_PX)
    files = sorted((root / "in").iterdir())
    turns = []
    with Engine(1) as engine:
        warm = [str(files[0])], str(root / "warm"), how
        extract(*warm, overwrite=True, engine=engine, reporter=Reporter(-1))
        for turn in range(REPEATS):
            given = [str(root / "in")], str(root / f"out{turn}"), how
            bare = seconds(partial(loop, files, root / "bare"))
            run = partial(extract, *given, overwrite=True, engine=engine, reporter=Reporter(-1))
            turns.append((bare, seconds(run)))
    ratio = median(a / b for a, b in turns)
    return {"what": f"extract-lines over {pictures} pictures, of a bare loop", "ratio": ratio, "goal": 0.8}


def loop(files: list[Path], out: Path) -> None:
    """Decode, enlarge, XDoG, shrink, write; nothing else."""
    out.mkdir(exist_ok=True)
    settings = xdog.Settings(sigma=0.4)
    for file in files:
        color = cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB)
        height, width = color.shape[:2]
        scale = SIZE_PX / min(height, width)
        size = round(width * scale), round(height * scale)
        large = cv2.resize(color, (2 * size[0], 2 * size[1]), interpolation=cv2.INTER_CUBIC)
        line = xdog.despeckle(xdog.xdog(np.asarray(large), settings), 8)
        cv2.imwrite(str(out / f"{file.stem}.png"), cv2.resize(line, size, interpolation=cv2.INTER_AREA))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pictures", type=int, default=48)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    print(json.dumps(network()), flush=True)
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(folder(Path(name), options.pictures)))


if __name__ == "__main__":
    main()
