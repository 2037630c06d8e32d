"""Metrics against the published packages, and against what geometry says they must give."""

import importlib
import pkgutil

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from support.painters import Copy, Deaf, Eraser, Grey, Smear, hints_of, sample_of, scene

import lcpipe.model.metrics
from lcpipe.model.baselines.flat_fill import FlatFill
from lcpipe.model.hint_points import full_hints, sampled_points
from lcpipe.model.hints import hint_map, no_hints
from lcpipe.model.metrics.bleed import prepare as bleed
from lcpipe.model.metrics.hint_delta_e import hint_differences
from lcpipe.model.metrics.hint_delta_e import prepare as hint_delta_e
from lcpipe.model.metrics.ms_ssim import ms_ssim
from lcpipe.model.metrics.obedience import prepare as obedience
from lcpipe.model.metrics.psnr import psnr
from lcpipe.model.metrics.sample import Sample
from lcpipe.model.metrics.ssim import ssim

METRICS = sorted({module.name for module in pkgutil.iter_modules(lcpipe.model.metrics.__path__)} - {"sample"})
OF_ONE_PICTURE = [name for name in METRICS if not name.startswith(("lpips", "fid", "kid"))]


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


@pytest.mark.parametrize("name", OF_ONE_PICTURE)
def test_a_metric_gives_the_values_it_names(name: str) -> None:
    module = importlib.import_module(f"lcpipe.model.metrics.{name}")
    values = module.prepare("cpu").measure(sample_of(Smear(), *scene()))
    assert set(values) == {value.name for value in module.VALUES}


@pytest.mark.parametrize("name", OF_ONE_PICTURE)
def test_a_worse_picture_has_a_worse_value(name: str) -> None:
    module = importlib.import_module(f"lcpipe.model.metrics.{name}")
    measure = module.prepare("cpu").measure
    good, bad = (measure(sample_of(painter, *scene())) for painter in (FlatFill(), Smear()))
    for value in module.VALUES:
        if value.name in good:  # a painter that changes nothing where nothing was asked has no share of bleeding
            assert (
                good[value.name] > bad[value.name] if value.better == "higher" else good[value.name] < bad[value.name]
            )


@pytest.mark.parametrize(
    ("name", "value", "worse"),
    [
        ("obedience", "obedience_delta_e", Deaf()),
        ("obedience", "obedience_gain", Deaf()),
        ("hint_delta_e", "hint_delta_e_mean", Deaf()),
        ("line_f1", "line_f1", Eraser()),
        ("line_f1", "line_f1_chamfer", Eraser()),
        ("ink_contrast", "ink_contrast", Eraser()),
        ("colorfulness", "colorfulness_error", Grey()),
        ("colorfulness", "colorfulness_chroma", Grey()),
        ("bleed", "bleed_outside", Smear()),
        ("flatness", "flatness_excess", Smear()),
    ],
)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_painter_with_one_fault_is_found_out_by_its_metric(name: str, value: str, worse: Smear, seed: int) -> None:
    """The deaf, the line eraser and the grey painter each rank below one without that fault."""
    module = importlib.import_module(f"lcpipe.model.metrics.{name}")
    measure, drawing = module.prepare("cpu").measure, scene(seed=seed)
    good, bad = (measure(sample_of(painter, *drawing))[value] for painter in (FlatFill(), worse))
    better = next(entry.better for entry in module.VALUES if entry.name == value)
    assert good > bad if better == "higher" else good < bad


@pytest.mark.parametrize("name", ["psnr", "ssim", "ms_ssim", "flatness", "colorfulness"])
@pytest.mark.parametrize("worse", [Deaf(), Grey(), Eraser(), Smear()])
def test_a_copy_of_the_truth_has_the_best_value(name: str, worse: Smear) -> None:
    line, color = scene()
    module = importlib.import_module(f"lcpipe.model.metrics.{name}")
    measure = module.prepare("cpu").measure
    best, other = (measure(sample_of(painter, line, color)) for painter in (Copy(color), worse))
    for value in module.VALUES:
        assert (
            best[value.name] >= other[value.name] if value.better == "higher" else best[value.name] <= other[value.name]
        )


def test_a_copy_of_the_truth_is_deaf_all_the_same() -> None:
    """It has every distance to the truth at zero, and only the counterfactual tells that it does not listen."""
    line, color = scene()
    copy, listener = sample_of(Copy(color), line, color), sample_of(FlatFill(), line, color)
    assert hint_delta_e("cpu").measure(copy)["hint_delta_e_mean"] < 1
    assert obedience("cpu").measure(copy)["obedience_gain"] < 0.05
    assert obedience("cpu").measure(listener)["obedience_gain"] > 0.9


def test_ms_ssim_equals_torchmetrics() -> None:
    torch, metrics = pytest.importorskip("torch"), pytest.importorskip("torchmetrics.functional.image")
    line, color = scene(200, 232)
    painted = FlatFill().paint(line, hints_of(line, color, 4))
    batches = (torch.from_numpy(part.transpose(2, 0, 1)[None].astype(np.float64)) for part in (painted, color))
    theirs = metrics.multiscale_structural_similarity_index_measure(*batches, data_range=255.0, normalize="relu")
    assert ms_ssim(Sample(painted, color, line, no_hints(*line.shape))) == pytest.approx(float(theirs), rel=1e-4)


def test_small_pictures_have_no_ms_ssim_and_blank_drawings_no_lines() -> None:
    small = Sample(noise(1), noise(2), paper(), full_hints(noise(2)))
    for name in ("ms_ssim", "line_f1", "ink_contrast"):
        assert importlib.import_module(f"lcpipe.model.metrics.{name}").prepare("cpu").measure(small) == {}


@pytest.mark.parametrize("name", OF_ONE_PICTURE)
@pytest.mark.parametrize("paper_is", [0, 255])
@pytest.mark.parametrize("painted_is", [0, 128, 255])
def test_constant_pictures_give_numbers_or_nothing(name: str, paper_is: int, painted_is: int) -> None:
    line = np.full((192, 208), paper_is, np.uint8)
    painted, truth = (np.full((192, 208, 3), value, np.uint8) for value in (painted_is, 200))
    sample = Sample(painted, truth, line, full_hints(truth), lambda hints: painted)
    values = importlib.import_module(f"lcpipe.model.metrics.{name}").prepare("cpu").measure(sample)
    assert all(np.isfinite(value) for value in values.values())


def test_no_value_needs_a_hint_that_is_not_there() -> None:
    line, color = scene()
    sample = Sample(color, color, line, no_hints(*line.shape), lambda hints: color)
    assert obedience("cpu").measure(sample) == bleed("cpu").measure(sample) == {}


def test_psnr_is_the_textbook_formula() -> None:
    truth = np.full((16, 16, 3), 100, np.uint8)
    assert psnr(truth + np.uint8(10), truth) == pytest.approx(10 * np.log10(255**2 / 100))
    assert psnr(truth, truth) == 100
    noisy = np.random.default_rng(0).integers(0, 256, truth.shape).astype(np.uint8)
    assert psnr(noisy, truth) == pytest.approx(peak_signal_noise_ratio(truth, noisy), rel=1e-6)


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
    assert hint_delta_e("cpu").measure(Sample(color, color, paper(), no_hints(64, 80))) == {}
