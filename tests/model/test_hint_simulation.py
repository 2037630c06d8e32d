"""The published hint simulation against the statistics of its paper's code."""

import numpy as np
import pytest

from lcpipe.model.hints import jitter_box, no_hints, published_hints, published_mask


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def picture(height: int = 512, width: int = 512) -> np.ndarray:
    return rng(9).integers(0, 256, (height, width, 3), np.uint8)


def test_the_number_of_hinted_cells_follows_the_published_law() -> None:
    source = rng()
    cells = np.array([published_mask(source, 128, 128).sum() for _ in range(10_000)])
    assert cells.mean() == pytest.approx(65.4, abs=1.6)  # sd 50 / 100, three deviations
    assert np.median(cells) == pytest.approx(55, abs=3)
    assert (cells == 0).mean() == pytest.approx(0.0097, abs=0.004)


def test_a_smaller_map_has_proportionally_fewer_hints() -> None:
    source = rng()
    cells = np.array([published_mask(source, 64, 64).sum() for _ in range(5_000)])
    assert cells.mean() == pytest.approx(16.4, abs=0.8)
    assert (cells == 0).mean() == pytest.approx(0.038, abs=0.01)


def test_colors_are_displaced_as_published() -> None:
    source = rng(1)
    boxes = [jitter_box(source, 512, 512) for _ in range(20_000)]
    x, y, width, height = np.array(boxes, float).T
    px, py = source.random((2, len(boxes))) * 512
    shift = np.hypot(x + px * width / 512 - px, y + py * height / 512 - py)
    assert shift.mean() == pytest.approx(10, abs=0.25)
    assert np.percentile(shift, 95) == pytest.approx(24.7, abs=0.7)
    assert shift.max() <= 52
    assert boxes.count((0, 0, 512, 512)) / len(boxes) == pytest.approx(0.0055, abs=0.002)
    assert min(width.min(), height.min()) >= 461 - 1


def test_a_map_holds_colors_only_where_its_mask_is_set() -> None:
    hints = published_hints(rng(3), picture())
    assert hints.shape == (4, 128, 128)
    assert hints.dtype == np.float32
    assert set(np.unique(hints[3])) == {0.0, 1.0}
    assert not hints[:3, hints[3] == 0].any()
    assert np.abs(hints[:3]).max() <= 1


def test_colors_come_from_the_picture() -> None:
    red = np.zeros((128, 128, 3), np.uint8)
    red[..., 0] = 255
    hints = next(map_ for map_ in (published_hints(rng(seed), red) for seed in range(50)) if map_[3].any())
    assert (hints[:3, hints[3] == 1].T == [1, -1, -1]).all()


def test_the_same_generator_gives_the_same_hints() -> None:
    assert published_hints(rng(5), picture()).tobytes() == published_hints(rng(5), picture()).tobytes()


@pytest.mark.parametrize(("height", "width"), [(64, 256), (256, 64), (16, 16)])
def test_pictures_need_not_be_square(height: int, width: int) -> None:
    assert published_hints(rng(2), picture(height, width)).shape == (4, height // 4, width // 4)


def test_no_hints_are_all_zero() -> None:
    assert no_hints(17, 32).shape == (4, 5, 8)
    assert not no_hints(17, 32).any()
