"""Proof that a preset learns: a narrow `rpgan` at 128², sixteen pictures, a colour at every cell of the hints.

    python benchmarks/bench_learning.py [--steps 1600]

Prints how far its paintings of these sixteen are from the pictures, by LPIPS (AlexNet); below 0.05 is the goal.
It needs AlexNet's file (`lcpipe weights fetch alexnet`). `tests/model/test_learning.py` asks for less, in two minutes.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from lcpipe.model.hint_points import full_hints
from lcpipe.model.lpips import Lpips, distance_to_truth, load_lpips
from lcpipe.model.painter import load_painter
from lcpipe.model.presets import configure
from lcpipe.model.trainer import train
from lcpipe.pipeline.dataset.decode import decode, decode_line
from lcpipe.pipeline.dataset.errors import WeightsError
from lcpipe.pipeline.dataset.reading import open_dataset

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.tiny_dataset import make_tiny_dataset

BATCH = 4
NARROW = (
    "size=128", f"batch={BATCH}", "threads=1", "workers=1", "perceptual=l1", "hints.kind=full", "hints.unhinted=0",
    "data.scale=[1, 1]", "data.sketched=0", "generator.ngf=16", "generator.blocks=[4, 2, 2, 2]", "critic.ndf=8",
    "critic.strides=[2, 1]", "optimizer.learning_rate=2e-3", "loss.adversarial_weight=1e-3", "loss.penalty_every=4",
    "ema.half_life_images=100", "output.log_every=50", "output.sample_every=1000000", "output.checkpoint_every=400",
)  # fmt: skip


def distances(model: Path, dataset: Path, network: Lpips) -> list[float]:
    """LPIPS of every training picture, painted by full hints."""
    painter, distance = load_painter(model), distance_to_truth(network, "cpu")
    found = []
    for row in open_dataset(str(dataset)).rows("pairs", "train", ["id", "color", "line_xdog_03"]):
        color, line = decode(row["color"]["bytes"]).pixels, decode_line(row["line_xdog_03"]["bytes"])
        found.append(distance(painter.paint(line, full_hints(color)), color))
    return found


def main() -> None:
    """Prints one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1600)
    parser.add_argument("--out", help="keep the run in this folder")
    asked = parser.parse_args()
    try:
        network, _ = load_lpips("alexnet")
    except WeightsError as error:  # said before minutes of training
        print(json.dumps({"what": "learning", "not_measured": f"{error.what}: {error.hint}"}))
        return
    with tempfile.TemporaryDirectory() as folder:
        dataset = make_tiny_dataset(Path(folder) / "dataset", rows=16, side=128, splits={"train": 16})
        config = configure("rpgan", (*NARROW, f"optimizer.decay_images={asked.steps * BATCH}"), asked.steps)
        began = time.process_time()
        result = train(str(dataset), asked.out or Path(folder) / "run", config)
        spent = time.process_time() - began
        found = distances(result.model, dataset, network)
    facts = {"what": "learning", "preset": "rpgan", "steps": asked.steps, "cpu_minutes": round(spent / 60, 1)}
    print(json.dumps(facts | {"lpips_alex": round(float(np.mean(found)), 4), "worst": round(max(found), 4)}))


if __name__ == "__main__":
    main()
