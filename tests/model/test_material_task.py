"""The task `materials`: colours are read as materials, a network learns them, and its trunk gives local features."""

from pathlib import Path

import numpy as np
import pytest
import torch

from lcpipe.model.features import build_features
from lcpipe.model.material_network import CHANNELS, MaterialNetwork, material_layers
from lcpipe.model.material_task import material_measures, material_shares, signed
from lcpipe.model.networks import parameter_count
from lcpipe.model.presets import RunConfig, configure
from lcpipe.model.trainer import train
from lcpipe.pipeline.dataset.materials import MATERIAL_HUES, MATERIALS
from lcpipe.pipeline.drawing.palette import material_palette

SMALL = ("size=64", "batch=2", "threads=1", "workers=0", "data.scale=[1.0,1.0]", "output.log_every=1")


def config(steps: int) -> RunConfig:
    return configure("materials", SMALL, steps)


def painted(color: tuple[int, int, int]) -> torch.Tensor:
    return signed(np.full((3, 16, 16), 0, np.uint8) + np.array(color, np.uint8)[:, None, None], "cpu")


@pytest.mark.parametrize("name", MATERIAL_HUES)
def test_every_shade_of_a_material_is_read_as_it(name: str) -> None:
    tone = getattr(material_palette(), name)
    for color in (tone.base, tone.shade, tone.deep, tone.light):
        shares = material_shares(painted(color))
        assert shares.shape == (1, len(MATERIALS), 2, 2)
        assert (shares[:, MATERIALS.index(name)] == 1).all()
    assert not material_shares(painted(tone.line)).any()


def test_greys_are_ground_and_ink_is_nothing() -> None:
    assert (material_shares(painted((200, 204, 198)))[:, 0] == 1).all()
    assert not material_shares(painted((20, 20, 24))).any()


def test_the_loss_is_least_where_the_likeliest_material_is_right() -> None:
    shares = material_shares(painted(material_palette().hair.base))
    right, wrong = (
        material_measures(torch.where(wanted, 9.0, 0.0), shares) for wanted in (shares > 0, shares.roll(1, 1) > 0)
    )
    assert right["loss"] < 0.01 < wrong["loss"]
    assert (right["accuracy"], wrong["accuracy"]) == (1, 0)


def test_the_network_is_small_and_reads_eighths_of_any_size() -> None:
    network = MaterialNetwork()
    assert parameter_count(network) == 644_704
    assert parameter_count(material_layers()) == 640_576 <= 1_900_000
    assert network(torch.ones(2, 1, 48, 80)).shape == (2, len(MATERIALS), 6, 10)


def test_trains_resumes_bit_for_bit_and_gives_local_features(tiny_dataset: Path, tmp_path: Path) -> None:
    whole = train(str(tiny_dataset), tmp_path / "whole", config(4))
    train(str(tiny_dataset), tmp_path / "halves", config(2))
    halves = train(str(tiny_dataset), tmp_path / "halves", config(4))
    assert halves.resumed_from == 2
    assert whole.model.read_bytes() == halves.model.read_bytes()
    features = build_features("materials", str(whole.model))
    assert features is not None
    found = features(torch.rand(1, 1, 32, 48) * 2 - 1)
    assert found.shape == (1, CHANNELS, 2, 3)
    assert found.min() >= 0
