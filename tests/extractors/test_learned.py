"""Learned extractors: layouts as published, tiles that meet, and pictures and weights of any kind."""

from typing import Any

import cv2
import numpy as np
import pytest
import torch

from lcpipe.extractors import anime2sketch, informative, sketch, sketchkeras, xdog
from lcpipe.extractors._foreign_networks import InformativeGenerator, anime2sketch_generator
from lcpipe.extractors._learned import Tiling, drawn, filled
from lcpipe.extractors._line_network import HALO_PX, LineNetwork, detail_planes
from lcpipe.extractors._sketchkeras_network import SketchKeras
from lcpipe.pipeline.drawing.character import draw_character
from lcpipe.pipeline.line_weights import weights_for

# Parameters and tensors as published; an extractor's module, its network, and settings that draw small.
NETWORKS = [
    (sketchkeras, SketchKeras, 18_637_601, 121),
    (anime2sketch, anime2sketch_generator, 54_405_505, 32),
    (informative, InformativeGenerator, 4_290_945, 24),
]


def arrays(network: Any) -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in network.state_dict().items()}


@pytest.fixture(scope="module")
def weights() -> dict[str, dict[str, np.ndarray]]:
    """Seeded weights of each network: not a drawing anyone wants, but one of every size and always the same."""
    torch.manual_seed(3)
    named = {module.__name__: arrays(make()) for module, make, *_ in NETWORKS}
    return named | {sketch.__name__: arrays(LineNetwork())}


@pytest.mark.parametrize(("module", "make", "parameters", "tensors"), NETWORKS)
def test_layouts_are_those_published(module: Any, make: Any, parameters: int, tensors: int) -> None:
    with torch.device("meta"):
        network = make()
    assert sum(one.numel() for one in network.parameters()) == parameters
    assert len(network.state_dict()) == tensors


def test_ours_is_small() -> None:
    assert sum(one.numel() for one in LineNetwork().parameters()) <= 2_000_000


@pytest.mark.parametrize("module", [sketch, sketchkeras, informative, anime2sketch])
@pytest.mark.parametrize("size", [(1, 1), (3, 200), (65, 70)])
def test_any_size_goes_in_and_comes_out(module: Any, size: tuple[int, int], weights: dict[str, Any]) -> None:
    picture = np.random.Generator(np.random.PCG64(1)).integers(0, 256, (*size, 3), np.uint8)
    sides = {"side_px": module.Settings().side_px // 2} if hasattr(module.Settings(), "side_px") else {}
    (line,) = module.prepare(module.Settings(**sides), weights[module.__name__])([picture], [])
    assert line.shape == size
    assert line.dtype == np.uint8


@pytest.mark.parametrize("level", [0, 255])
def test_flat_pictures_are_finite_to_sketchkeras(level: int) -> None:
    flat = np.full((20, 30, 3), level, np.uint8)
    assert not sketchkeras.detail(flat).any()


def test_tiles_meet_without_a_seam(weights: dict[str, Any]) -> None:
    network = filled(LineNetwork, weights[sketch.__name__], "cpu")
    picture = np.random.Generator(np.random.PCG64(4)).random((72, 400, 3), np.float32)
    planes = detail_planes(picture)
    whole, tiled = (drawn([planes], Tiling(side, HALO_PX, 8), network, "cpu")[0] for side in (400, 96))
    np.testing.assert_allclose(tiled, whole, atol=1e-4)


def test_pictures_together_equal_one_by_one(weights: dict[str, Any]) -> None:
    rng = np.random.Generator(np.random.PCG64(6))
    pictures = [rng.integers(0, 256, (*size, 3), np.uint8) for size in ((40, 48), (40, 48), (33, 90))]
    draw = sketch.prepare(sketch.Settings(despeckle_px=0), weights[sketch.__name__])
    for together, alone in zip(draw(pictures, []), pictures, strict=True):
        difference = together.astype(int) - draw([alone], [])[0]
        assert np.abs(difference).max() <= 1


def test_threads_change_nothing(weights: dict[str, Any]) -> None:
    before, picture = torch.get_num_threads(), np.random.Generator(np.random.PCG64(8)).integers(0, 256, (90, 110, 3))
    draw = sketch.prepare(sketch.Settings(despeckle_px=0), weights[sketch.__name__])
    try:
        drawn = []
        for threads in (1, 2, 4):
            torch.set_num_threads(threads)
            drawn.append(draw([picture.astype(np.uint8)], [])[0])
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(drawn[0], drawn[1])
    np.testing.assert_array_equal(drawn[0], drawn[2])


def test_whole_pictures_together_equal_one_by_one(weights: dict[str, Any]) -> None:
    rng = np.random.Generator(np.random.PCG64(9))
    pictures = [rng.integers(0, 256, (*size, 3), np.uint8) for size in ((40, 48), (50, 30), (40, 48))]
    draw = informative.prepare(informative.Settings(side_px=64), weights[informative.__name__])
    for together, alone in zip(draw(pictures, []), pictures, strict=True):
        assert np.abs(together.astype(int) - draw([alone], [])[0]).max() <= 1


def test_half_precision_weights_are_read(weights: dict[str, Any]) -> None:
    halves = {name: value.astype(np.float16) for name, value in weights[sketch.__name__].items()}
    assert sketch.prepare(sketch.Settings(), halves)([np.zeros((9, 9, 3), np.uint8)], [])[0].shape == (9, 9)


@pytest.mark.parametrize("module", [sketch, sketchkeras, informative, anime2sketch])
def test_wrong_weights_are_refused(module: Any, weights: dict[str, Any]) -> None:
    good = weights[module.__name__]
    first = next(iter(good))
    for bad, said in (
        (None, "needs weights"),
        ({name: value for name, value in good.items() if name != first}, "missing"),
        ({**good, first: good[first][:1, ..., :1]}, "shape"),
        ({**good, first: np.full_like(good[first], np.nan)}, "no numbers"),
    ):
        with pytest.raises(ValueError, match=said):
            module.prepare(module.Settings(), bad)


@pytest.mark.parametrize(
    ("module", "values"),
    [
        (sketch, {"paper": float("nan")}),
        (sketch, {"paper": 0.6, "black": 0.5}),
        (sketchkeras, {"threshold": float("nan")}),
        (sketchkeras, {"long_side_px": 1}),
        (anime2sketch, {"side_px": 0}),
        (informative, {"paper": 0}),
    ],
)
def test_impossible_settings_are_refused(module: Any, values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="has to be"):
        module.Settings(**values)


def test_our_network_is_nearer_to_true_lines_than_xdog() -> None:
    drawing = draw_character(1001)
    found = {}
    for module in (xdog, sketch):
        draw = module.prepare(module.Settings(), weights_for(module, module.Settings()))
        found[module] = near_share(draw([drawing.color], [])[0], drawing.line)
    assert found[sketch] > found[xdog]


def near_share(line: np.ndarray, true: np.ndarray) -> float:
    """F1 of ink within 2 px."""
    near = np.ones((5, 5), np.uint8)
    ink, wanted = line < 128, true < 128
    near_ink, near_wanted = (cv2.dilate(plane.astype(np.uint8), near) > 0 for plane in (ink, wanted))
    precision, recall = near_wanted[ink].mean(), near_ink[wanted].mean()
    return float(2 * precision * recall / (precision + recall))
