"""Flow-based XDoG: what the flow is, what it cleans, and that a picture may come in pieces or mirrored."""

import cv2
import numpy as np
import pytest

from lcpipe.extractors.fdog import Settings, _across, _lowest, _spread, edge_flow, fdog, prepare
from lcpipe.extractors.xdog import Settings as XdogSettings
from lcpipe.extractors.xdog import xdog


def ring(side: int = 200, noise: int = 0) -> np.ndarray:
    """A dark ring on paper, with grain of the given strength; uint8 (side, side, 3)."""
    picture = np.full((side, side, 3), 215, np.uint8)
    cv2.circle(picture, (side // 2, side // 2), side // 3, (40, 50, 60), 2, cv2.LINE_AA)
    if noise:
        grain = np.random.Generator(np.random.PCG64(5)).integers(-noise, noise + 1, (side, side, 1))
        picture = np.clip(picture.astype(int) + grain, 0, 255).astype(np.uint8)
    return picture


def test_flow_of_an_edge_points_across_it() -> None:
    columns = np.repeat(np.linspace(0, 1, 40, dtype=np.float32)[None], 30, axis=0)
    x, y = edge_flow(columns, 2.0)
    np.testing.assert_allclose(np.abs(x), 1, atol=1e-6)
    np.testing.assert_allclose(y, 0, atol=1e-3)
    across_rows = edge_flow(np.ascontiguousarray(columns.T), 2.0)
    np.testing.assert_allclose(np.abs(across_rows[1]), 1, atol=1e-6)


def test_flat_paper_has_no_flow() -> None:
    assert not edge_flow(np.full((9, 9), 0.5, np.float32), 2.0).any()


@pytest.mark.parametrize("settings", [Settings(), Settings(sigma=1.0, k=1.6, p=30.0)])
def test_what_is_passed_over_could_not_have_been_ink(settings: Settings) -> None:
    plane = ring(90, noise=60)[..., 1].astype(np.float32) / 255
    everywhere = _spread(np.ones(plane.shape, bool), 0)
    dog = _across(plane, edge_flow(plane, settings.sigma_flow), settings, everywhere)
    assert (_lowest(plane, settings) <= dog + 1e-6).all()
    assert (dog < 0).any()


def test_finds_the_ring_where_it_is() -> None:
    line = fdog(ring(), Settings())
    rows, columns = np.nonzero(line < 128)
    radius = np.hypot(rows - 100, columns - 100)
    assert len(rows) > 400
    assert np.abs(radius - 66).max() < 4


def test_grain_leaves_fewer_marks_than_with_xdog() -> None:
    noisy, away = ring(noise=14), np.ones((200, 200), bool)
    rows, columns = np.mgrid[:200, :200]
    away &= np.abs(np.hypot(rows - 100, columns - 100) - 66) > 8
    marks = [(line < 128)[away].mean() for line in (fdog(noisy, Settings()), xdog(noisy, XdogSettings(phi=8.0)))]
    assert marks[0] < 0.5 * marks[1]


@pytest.mark.parametrize("axes", [(0,), (1,), (0, 1)])
@pytest.mark.parametrize("settings", [Settings(phi=2.0), Settings(passes=2, phi=3.0, sigma_flow=4.0)])
def test_mirrored_pictures_give_mirrored_lines(axes: tuple[int, ...], settings: Settings) -> None:
    picture = ring(121, noise=40)
    mirrored = fdog(np.ascontiguousarray(np.flip(picture, axes)), settings)
    np.testing.assert_array_equal(mirrored, np.flip(fdog(picture, settings), axes))


def test_tiles_meet_without_a_seam() -> None:
    settings = Settings(phi=2.0, passes=2)
    wide = np.random.Generator(np.random.PCG64(2)).integers(0, 256, (40, 1400, 3), np.uint8)
    margin = settings.reach_px
    whole, part = fdog(wide, settings), fdog(np.ascontiguousarray(wide[:, 700:]), settings)
    np.testing.assert_array_equal(whole[:, 700 + margin :], part[:, margin:])


def test_threads_change_nothing() -> None:
    before = cv2.getNumThreads()
    try:
        drawn = []
        for threads in (1, 2, 4):
            cv2.setNumThreads(threads)
            drawn.append(prepare(Settings())([ring(300, noise=30)], [])[0])
    finally:
        cv2.setNumThreads(before)
    np.testing.assert_array_equal(drawn[0], drawn[1])
    np.testing.assert_array_equal(drawn[0], drawn[2])


def test_p_and_tau_say_the_same() -> None:
    by_p, by_tau = (fdog(ring(noise=20), settings) for settings in (Settings(p=19.0), Settings(tau=0.95)))
    assert np.abs(by_p.astype(int) - by_tau).max() <= 1


def test_picture_and_sigma_scaled_together_keep_the_lines() -> None:
    settings = [Settings(sigma=0.8 * by, sigma_flow=2.5 * by, sigma_along=2.5 * by, phi=1e9) for by in (1, 2)]
    large_picture = ring(400)
    small_picture = np.asarray(cv2.resize(large_picture, (200, 200), interpolation=cv2.INTER_AREA))
    small, large = (fdog(one, how) for one, how in zip((small_picture, large_picture), settings, strict=True))
    ink, ink_of_large = small < 128, np.asarray(cv2.resize(large, (200, 200), interpolation=cv2.INTER_AREA)) < 128
    near = np.ones((3, 3), np.uint8)
    assert (cv2.dilate(ink.view(np.uint8), near)[ink_of_large] > 0).mean() > 0.98
    assert (cv2.dilate(ink_of_large.view(np.uint8), near)[ink] > 0).mean() > 0.98


@pytest.mark.parametrize("name", ["sigma", "k", "p", "tau", "epsilon", "phi", "sigma_flow", "sigma_along"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e9])
def test_impossible_numbers_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} is .* has to be a number from"):
        Settings(**{name: value})


def test_sigma_larger_than_the_picture() -> None:
    assert fdog(ring(7), Settings(sigma=20.0, sigma_flow=50.0)).shape == (7, 7)
