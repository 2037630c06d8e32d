"""Metrics against the published packages, and against what geometry says they must give."""

import importlib
import pkgutil

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

import lcpipe.model.metrics
from lcpipe.model.hint_points import full_hints, sampled_points
from lcpipe.model.hints import hint_map, no_hints
from lcpipe.model.metrics.hint_delta_e import hint_differences, prepare
from lcpipe.model.metrics.psnr import psnr
from lcpipe.model.metrics.sample import Sample
from lcpipe.model.metrics.ssim import ssim

METRICS = sorted({module.name for module in pkgutil.iter_modules(lcpipe.model.metrics.__path__)} - {"sample"})
WITHOUT_WEIGHTS = [name for name in METRICS if not name.startswith("lpips")]


def noise(seed: int, height: int = 64, width: int = 80) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def near(picture: NDArray[np.uint8], by: int) -> NDArray[np.uint8]:
    shift = np.random.default_rng(5).integers(-by, by + 1, picture.shape)
    return np.clip(picture.astype(int) + shift, 0, 255).astype(np.uint8)


def paper(height: int = 64, width: int = 80) -> NDArray[np.uint8]:
    return np.full((height, width), 255, np.uint8)


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_says_what_it_is(name: str) -> None:
    module = importlib.import_module(f"lcpipe.model.metrics.{name}")
    for part in ("Formula:", "Range and unit:", "Source:", "Use:"):
        assert part in module.__doc__, f"{name} does not state its {part}"
    assert all(value.name.startswith(name) and value.better in ("higher", "lower") for value in module.VALUES)


@pytest.mark.parametrize("name", WITHOUT_WEIGHTS)
def test_a_metric_gives_the_values_it_names(name: str) -> None:
    module = importlib.import_module(f"lcpipe.model.metrics.{name}")
    truth = noise(1)
    values = module.prepare("cpu").measure(Sample(near(truth, 20), truth, paper(), full_hints(truth)))
    assert set(values) == {value.name for value in module.VALUES}


@pytest.mark.parametrize("name", WITHOUT_WEIGHTS)
def test_a_worse_picture_has_a_worse_value(name: str) -> None:
    module = importlib.import_module(f"lcpipe.model.metrics.{name}")
    truth = np.full((64, 80, 3), (200, 120, 90), np.uint8)
    truth[20:40] = (40, 90, 160)
    measure = module.prepare("cpu").measure
    samples = [Sample(near(truth, by), truth, paper(), full_hints(truth)) for by in (2, 40)]
    good, bad = (measure(sample) for sample in samples)
    for value in module.VALUES:
        assert good[value.name] > bad[value.name] if value.better == "higher" else good[value.name] < bad[value.name]


def test_psnr_is_the_textbook_formula() -> None:
    truth = np.full((16, 16, 3), 100, np.uint8)
    assert psnr(truth + np.uint8(10), truth) == pytest.approx(10 * np.log10(255**2 / 100))
    assert psnr(truth, truth) == 100


@pytest.mark.parametrize("by", [3, 30, 120])
def test_ssim_equals_scikit_image(by: int) -> None:
    truth = noise(2)
    truth[10:40, 10:60] = (30, 200, 90)
    painted = near(truth, by)
    theirs = structural_similarity(
        truth, painted, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255, channel_axis=2
    )
    assert ssim(painted, truth) == pytest.approx(theirs, rel=1e-6)
    assert ssim(truth, truth) == pytest.approx(1)


def test_hints_that_were_followed_differ_by_nothing() -> None:
    color = np.full((64, 80, 3), (200, 120, 90), np.uint8)
    hints = hint_map(sampled_points(np.random.default_rng(0), color, paper(), 16, 4), 64, 80)
    difference = hint_differences(color, paper(), hints)
    assert difference.size >= 16 * 4  # of a lone cell of 4 x 4 its middle is left
    assert difference.max() < 1e-3


def test_hints_that_were_ignored_have_the_distance_of_their_colors() -> None:
    black, white = np.zeros((64, 80, 3), np.uint8), np.full((64, 80, 3), 255, np.uint8)
    assert hint_differences(black, paper(), full_hints(white)) == pytest.approx(100, abs=0.01)


def test_ink_and_pictures_without_hints_have_no_difference() -> None:
    color, ink = noise(3), np.zeros((64, 80), np.uint8)
    assert not hint_differences(color, ink, full_hints(color)).size
    assert not hint_differences(color, paper(), no_hints(64, 80)).size
    assert prepare("cpu").measure(Sample(color, color, paper(), no_hints(64, 80))) == {}
