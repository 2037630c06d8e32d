"""Proof that a model learns: with a colour at every cell, a narrow `rpgan` soon paints sixteen pictures."""

from pathlib import Path

import numpy as np
import pytest
from support.tiny_dataset import make_tiny_dataset

from lcpipe.model.hint_points import full_hints
from lcpipe.model.lpips import distance_to_truth, load_lpips
from lcpipe.model.painter import load_painter
from lcpipe.model.presets import configure
from lcpipe.model.trainer import train
from lcpipe.pipeline.dataset.decode import decode, decode_line
from lcpipe.pipeline.dataset.reading import open_dataset

NARROW = (
    "size=128", "batch=4", "threads=1", "workers=1", "perceptual=l1", "hints.kind=full", "hints.unhinted=0",
    "data.scale=[1, 1]", "data.sketched=0", "generator.ngf=16", "generator.blocks=[4, 2, 2, 2]", "critic.ndf=8",
    "critic.strides=[2, 1]", "optimizer.learning_rate=2e-3", "optimizer.decay_images=800",
    "loss.adversarial_weight=1e-3", "loss.penalty_every=4",
    "ema.half_life_images=100", "output.log_every=50", "output.sample_every=1000", "output.checkpoint_every=1000",
)  # fmt: skip
STEPS = 200


@pytest.mark.slow
def test_a_narrow_rpgan_learns_sixteen_pictures(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LCPIPE_WEIGHTS", str(shared / "weights"))
    dataset = make_tiny_dataset(tmp_path / "dataset", rows=16, side=128, splits={"train": 16})
    result = train(str(dataset), tmp_path / "run", configure("rpgan", NARROW, STEPS))
    painter, (network, _) = load_painter(result.model), load_lpips("alexnet")
    distance = distance_to_truth(network, "cpu")
    found = []
    for row in open_dataset(str(dataset)).rows("pairs", "train", ["id", "color", "line_xdog_03"]):
        color, line = decode(row["color"]["bytes"]).pixels, decode_line(row["line_xdog_03"]["bytes"])
        found.append(distance(painter.paint(line, full_hints(color)), color))
    assert len(found) == 16
    assert np.mean(found) < 0.25
