"""XDoG against its formula, and the properties that public copies of it lack."""

from typing import Any

import cv2
import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from lcpipe.extractors.xdog import PRESETS, Settings, despeckle, prepare, xdog


def scene(size: int = 192) -> np.ndarray:
    """Discs and strokes with soft edges on a gradient, uint8 (size, size, 3)."""
    big = np.full((4 * size, 4 * size, 3), 235, np.uint8)
    big[:, : 2 * size] = np.linspace(120, 235, 4 * size, dtype=np.uint8)[:, None, None]
    for i in range(6):
        center = (int(size * (0.6 + 0.55 * i)), int(size * (0.8 + 0.4 * i)))
        cv2.circle(big, center, size // 3, (200 - 30 * i, 60 + 25 * i, 90), -1)
        cv2.circle(big, center, size // 3, (20, 20, 30), max(1, size // 24))
    return np.asarray(cv2.resize(big, (size, size), interpolation=cv2.INTER_AREA))


def noise(height: int = 90, width: int = 130, seed: int = 0) -> np.ndarray:
    return np.random.Generator(np.random.PCG64(seed)).integers(0, 256, (height, width, 3), np.uint8)


def _blur(plane: np.ndarray, sigma: float) -> np.ndarray:
    """The Gaussian in float64, by definition: every tap in its own loop, mirrored at the border."""
    radius = int(4 * sigma + 0.5)
    weights = np.exp(-(np.arange(-radius, radius + 1) ** 2) / (2 * sigma**2))
    weights /= weights.sum()
    for axis in (0, 1):
        widths = [(radius, radius) if a == axis else (0, 0) for a in (0, 1)]
        padded = np.pad(plane, widths, mode="symmetric")
        n = plane.shape[axis]
        plane = sum(w * np.take(padded, range(i, i + n), axis) for i, w in enumerate(weights))
    return plane


def sharpened(picture: np.ndarray, settings: Settings) -> np.ndarray:
    """S in float64, from the formula in the module's docstring."""
    luma = picture.astype(np.float64) @ [0.299, 0.587, 0.114] / 255
    p = settings.strength
    return (1 + p) * _blur(luma, settings.sigma) - p * _blur(luma, settings.k * settings.sigma)


@pytest.mark.parametrize("picture", [scene(), noise()], ids=["scene", "noise"])
@pytest.mark.parametrize("settings", [Settings(), Settings(sigma=0.9, k=1.6, tau=0.98), Settings(epsilon=0.3, p=7)])
def test_hard_threshold_is_the_formula(picture: np.ndarray, settings: Settings) -> None:
    s = sharpened(picture, settings)
    sure = np.abs(s - settings.epsilon) > 1e-4  # float32 of values up to 1 + p
    np.testing.assert_array_equal((xdog(picture, settings) == 255)[sure], (s >= settings.epsilon)[sure])
    assert set(np.unique(xdog(picture, settings))) <= {0, 255}


@pytest.mark.parametrize("phi", [1.0, 4.0, 16.0])
@pytest.mark.parametrize("epsilon", [-0.05, 0.0, 0.2])
def test_soft_threshold_is_the_formula(phi: float, epsilon: float) -> None:
    settings = Settings(sigma=0.5, phi=phi, epsilon=epsilon)
    wanted = 255 * (1 + np.tanh(np.minimum(0, phi * (sharpened(noise(), settings) - epsilon))))
    np.testing.assert_allclose(xdog(noise(), settings), wanted, atol=0.51)


def test_soft_threshold_leaves_greys_and_the_same_paper() -> None:
    soft, hard = xdog(scene(), Settings(phi=2.0)), xdog(scene(), Settings())
    assert ((soft > 0) & (soft < 255)).any()
    assert (soft[hard == 255] == 255).all()


@pytest.mark.parametrize("p", [1.0, 9.0, 19.0, 49.0])
def test_p_and_tau_say_the_same(p: float) -> None:
    by_p, by_tau = Settings(p=p, phi=3.0), Settings(tau=p / (1 + p), phi=3.0)
    assert by_tau.strength == pytest.approx(p)
    difference = xdog(scene(), by_p).astype(int) - xdog(scene(), by_tau)
    assert np.abs(difference).max() <= 1


def test_threshold_on_s_is_the_converted_threshold_on_d() -> None:
    settings = Settings(epsilon=0.4, p=19)
    d = sharpened(noise(), settings) / 20
    sure = np.abs(d - 0.4 / 20) > 1e-5
    np.testing.assert_array_equal((xdog(noise(), settings) == 255)[sure], (d >= 0.4 / 20)[sure])


def test_ink_grows_with_sigma() -> None:
    shares = [(xdog(scene(), Settings(sigma=sigma)) < 128).mean() for sigma in (0.3, 0.4, 0.5, 0.8, 1.2)]
    assert shares == sorted(shares)
    assert shares[0] < shares[-1]


def test_solid_black_is_paper_unless_epsilon_is_positive() -> None:
    hair = np.full((60, 60, 3), 230, np.uint8)
    hair[15:45, 15:45] = 0
    outlined, filled = xdog(hair, Settings(epsilon=0.0)), xdog(hair, Settings(epsilon=0.01))
    assert outlined[30, 30] == 255
    assert (outlined[15:45, 15:45] == 0).any()
    assert (filled[15:45, 15:45] == 0).all()


def test_shifts_commute_away_from_the_border() -> None:
    big, settings = noise(200, 220), Settings(phi=5.0)
    whole = xdog(big, settings)
    margin = int(4 * settings.sigma * settings.k + 0.5)
    part = xdog(big[31:171, 17:180], settings)
    np.testing.assert_array_equal(
        part[margin:-margin, margin:-margin], whole[31:171, 17:180][margin:-margin, margin:-margin]
    )


def test_strips_meet_without_a_seam() -> None:
    tall, settings = noise(700, 24), Settings(sigma=1.0)
    upright = xdog(tall, settings)
    lying = xdog(np.ascontiguousarray(tall.transpose(1, 0, 2)), settings)  # one strip
    np.testing.assert_array_equal(upright, lying.T)


def test_threads_change_nothing() -> None:
    before = cv2.getNumThreads()
    try:
        drawn = []
        for threads in (1, 2, 4):
            cv2.setNumThreads(threads)
            drawn.append(prepare(Settings(phi=8.0))([noise(600, 500)], [])[0])
    finally:
        cv2.setNumThreads(before)
    np.testing.assert_array_equal(drawn[0], drawn[1])
    np.testing.assert_array_equal(drawn[0], drawn[2])


def test_picture_and_sigma_scaled_together_keep_the_lines() -> None:
    small, large = (xdog(scene(size), Settings(sigma=sigma)) for size, sigma in ((384, 1.6), (768, 3.2)))
    shrunk = np.asarray(cv2.resize(large, (384, 384), interpolation=cv2.INTER_AREA))
    ink, ink_of_large = small < 128, shrunk < 128
    near = np.ones((3, 3), np.uint8)
    assert (cv2.dilate(ink.view(np.uint8), near)[ink_of_large] > 0).mean() > 0.98
    assert (cv2.dilate(ink_of_large.view(np.uint8), near)[ink] > 0).mean() > 0.98
    assert ink.mean() == pytest.approx(ink_of_large.mean(), rel=0.1)


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (40, 30)])
def test_sigma_may_exceed_the_picture(size: tuple[int, int]) -> None:
    settings = Settings(sigma=3.0, phi=2.0)
    picture = noise(*size)
    wanted = 255 * (1 + np.tanh(np.minimum(0, 2 * sharpened(picture, settings))))
    np.testing.assert_allclose(xdog(picture, settings), wanted, atol=0.52)
    assert (xdog(np.full((8, 8, 3), 90, np.uint8), Settings(sigma=200.0, k=100.0)) == 255).all()


def test_despeckle_drops_small_ink_only() -> None:
    line = np.full((40, 40), 255, np.uint8)
    line[5, 5:13] = 0  # 8 pixels
    line[10:19, 20] = 90  # 9 pixels
    line[np.arange(25, 33), np.arange(5, 13)] = 200  # 8 pixels, joined at their corners
    clean = despeckle(line, 8)
    assert (clean < 255).sum() == 9
    assert (clean[10:19, 20] == 90).all()
    np.testing.assert_array_equal(despeckle(line, 7), line)
    np.testing.assert_array_equal(despeckle(line, 0), line)


@pytest.mark.parametrize("level", [0, 255])
def test_despeckle_of_a_plain_sheet(level: int) -> None:
    sheet = np.full((3, 3), level, np.uint8)
    np.testing.assert_array_equal(despeckle(sheet, 8), sheet)


def test_late_is_drawn_without_specks_and_alacgan_with_them() -> None:
    assert PRESETS["late"]["despeckle_px"] == 8
    assert PRESETS["alacgan"]["despeckle_px"] == 0
    assert set(PRESETS) == {"late", "alacgan", "tag2pix"}


NUMBERS = ("sigma", "k", "p", "tau", "epsilon", "phi")


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), -1e9])
def test_impossible_numbers_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} is .* has to be a number from"):
        Settings(**{name: value})


@pytest.mark.parametrize(
    "settings", [{"sigma": 0}, {"sigma": -0.3}, {"k": 1}, {"p": 0}, {"tau": 1.0}, {"phi": 0}, {"despeckle_px": -1}]
)
def test_bounds_are_checked_by_validation(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="has to be a number from"):
        TypeAdapter(Settings).validate_python(settings)


def test_p_and_tau_together_are_refused() -> None:
    with pytest.raises(ValueError, match="give one of them"):
        Settings(p=19, tau=0.95)


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 4), (0, 4, 3)])
def test_other_arrays_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"uint8 \(H, W, 3\)"):
        xdog(np.zeros(shape, np.uint8), Settings())
    with pytest.raises(ValueError, match="float32"):
        xdog(np.zeros((4, 4, 3), np.float32), Settings())
