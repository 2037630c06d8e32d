"""Target and working sizes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lcpipe.pipeline.pixels import coarse, reduced, resized, target_geometry, working_size


@given(st.integers(1, 6000), st.integers(1, 6000), st.sampled_from([32, 256, 512]))
def test_target_sides_are_multiples_of_16_and_the_short_one_is_exact(width: int, height: int, side: int) -> None:
    got = target_geometry(width, height, side)
    assert min(got.crop_width, got.crop_height) == side
    assert got.crop_width % 16 == got.crop_height % 16 == 0
    assert 0 <= got.width - got.crop_width < 16
    assert 0 <= got.height - got.crop_height < 16
    assert abs(got.crop_x * 2 + got.crop_width - got.width) <= 1


@pytest.mark.parametrize(
    ("size", "expected"),
    [((4000, 2000), (2048, 1024)), ((1024, 1024), (1024, 1024)), ((600, 500), (1229, 1024)), ((100, 200), (300, 600))],
)
def test_the_working_size_enlarges_at_most_three_times(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert working_size(*size, 512, 2) == expected


def test_resizing_keeps_constant_pictures_constant() -> None:
    picture = np.full((37, 91, 3), 93, np.uint8)
    for width, height in ((16, 16), (300, 200), (91, 37)):
        assert (resized(picture, width, height) == 93).all()


def test_reduced_keeps_small_pictures_as_they_are() -> None:
    picture = np.zeros((10, 20, 3), np.uint8)
    assert reduced(picture, 20) is picture
    assert reduced(np.zeros((10, 2000, 3), np.uint8), 100).shape == (1, 100, 3)


@pytest.mark.parametrize("shape", [(1024, 2048), (1021, 1999), (700, 530), (513, 512), (1, 9000), (9000, 3), (30, 40)])
def test_coarse_has_nearly_the_size_and_the_pixels_of_reduced(shape: tuple[int, int]) -> None:
    y, x = np.mgrid[: shape[0], : shape[1]] / max(shape)
    waves = np.sin(9 * np.stack([x, y, x + y], axis=2))
    picture = np.rint(127.5 + 127.5 * waves).astype(np.uint8)
    got = coarse(picture, 512)
    assert max(got.shape) == max(reduced(picture, 512).shape)
    assert all(abs(a - b) <= 2 for a, b in zip(got.shape, reduced(picture, 512).shape, strict=True))
    assert np.abs(got.astype(int) - resized(picture, got.shape[1], got.shape[0])).mean() < 1.5
    assert (coarse(np.full((*shape, 3), 93, np.uint8), 512) == 93).all()


def test_coarse_is_the_mean_of_squares_where_they_fit() -> None:
    picture = np.random.Generator(np.random.PCG64(0)).integers(0, 256, (256, 512, 3), np.uint8)
    means = picture.reshape(64, 4, 128, 4, 3).mean(axis=(1, 3))
    assert np.abs(coarse(picture, 128) - means).max() <= 1.01  # halving twice rounds twice
