"""The local features that come with the package: small, with a true card, and of use on lines of any hand."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from lcpipe.model.checkpoints import read_model_file
from lcpipe.model.features import build_features
from lcpipe.model.material_network import MaterialNetwork
from lcpipe.model.material_task import material_measures, material_shares, signed
from lcpipe.model.networks import parameter_count
from lcpipe.model.samples import centre
from lcpipe.model.weights import fill, find_weights, read_tensors
from lcpipe.pipeline.drawing.character import draw_materials

UNSEEN = 9_999  # a seed that the card's dataset does not hold


@pytest.fixture(scope="module")
def shipped() -> Path:
    return find_weights("materials")


def test_its_card_says_what_it_is(shipped: Path) -> None:
    tensors, metadata = read_model_file(shipped)
    card = shipped.with_suffix(".md").read_text(encoding="utf-8")
    assert metadata["dataset"]["digest"] in card
    assert f"{metadata['run']['step']:,} steps" in card
    assert f"{shipped.stat().st_size:,} bytes" in card
    assert f"{sum(tensor.numel() for tensor in tensors.values()):,} parameters" in card
    assert "MIT" in card


def test_local_features_come_from_it_without_any_file_of_the_user(shipped: Path) -> None:
    features = build_features("materials")
    assert features is not None
    assert features.weights is not None
    assert features.weights.name == shipped.name
    assert parameter_count(features) <= 1_900_000
    assert not any(parameter.requires_grad for parameter in features.parameters())
    line = torch.rand(2, 1, 48, 32) * 2 - 1
    assert torch.equal(features(line), features(line))


def test_it_reads_the_materials_of_a_character_that_it_has_not_seen(shipped: Path) -> None:
    network = MaterialNetwork().requires_grad_(False)
    fill(network, read_tensors(shipped), str(shipped))
    drawing = draw_materials(UNSEEN, (768, 768))
    color, line = (
        centre(np.asarray(cv2.resize(plane, (256, 256), interpolation=cv2.INTER_AREA), np.uint8), 256)
        for plane in (drawing.color, drawing.line)
    )
    shares = material_shares(signed(color.transpose(2, 0, 1), "cpu"))
    read = material_measures(network(signed(line[None], "cpu")), shares)["accuracy"]
    blind = material_measures(network(torch.ones(1, 1, 256, 256)), shares)["accuracy"]
    assert read > 0.6
    assert read > blind + 0.15
