"""Batches from a real packed dataset: ranges, the same for any number of threads and start, and what is refused."""

from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from support.tiny_dataset import make_tiny_dataset
from support.tiny_run import smallest

from lcpipe.model.augment import crop_and_flip
from lcpipe.model.loader import Batch, Cells, Loader, drawn_column, jittered, table_cells, usable
from lcpipe.pipeline.dataset.draws import generator
from lcpipe.pipeline.dataset.errors import DatasetError
from lcpipe.pipeline.dataset.reading import open_dataset, read_row_group


@pytest.fixture(scope="module")
def two_hands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("hands") / "dataset"
    return make_tiny_dataset(root, rows=14, side=48, lines=("xdog_03", "sketch"))


def steps(root: Path, start: int, count: int, *settings: str) -> list[tuple[Batch, Batch]]:
    loader = Loader(open_dataset(str(root)), smallest(*settings))
    batches = loader.steps(start)
    found = list(islice(batches, count))
    batches.close()
    return found


def assert_equal(left: Batch, right: Batch) -> None:
    for part in ("line", "color", "hint"):
        assert torch.equal(getattr(left, part), getattr(right, part))


def test_shapes_and_ranges(two_hands: Path) -> None:
    for _, batch in steps(two_hands, 0, 3):
        assert batch.line.shape == (4, 1, 32, 32)
        assert batch.color.shape == (4, 3, 32, 32)
        assert batch.hint.shape == (4, 4, 8, 8)
        assert {part.dtype for part in (batch.line, batch.color, batch.hint)} == {torch.float32}
        assert batch.line.max() == 1
        assert batch.line.min() <= -0.4
        assert batch.color.abs().max() <= 1


@pytest.mark.parametrize("settings", [(), ("data.separate_batches=true", "hints.kind=published", "hints.unhinted=0.5")])
def test_any_number_of_threads_gives_the_same_batches(two_hands: Path, settings: tuple[str, ...]) -> None:
    runs = [steps(two_hands, 0, 6, f"workers={workers}", *settings) for workers in (0, 1, 2)]
    for several in zip(*runs, strict=True):
        for other in several[1:]:
            assert_equal(several[0][0], other[0])
            assert_equal(several[0][1], other[1])


def test_starting_later_gives_what_stands_there(two_hands: Path) -> None:
    whole, tail = steps(two_hands, 0, 8), steps(two_hands, 5, 3)
    for (_, left), (_, right) in zip(whole[5:], tail, strict=True):
        assert_equal(left, right)


def test_critic_and_generator_share_a_batch_or_have_their_own(two_hands: Path) -> None:
    shared = steps(two_hands, 0, 1)[0]
    assert shared[0] is shared[1]
    for_critic, for_generator = steps(two_hands, 0, 1, "data.separate_batches=true")[0]
    assert not torch.equal(for_critic.color, for_generator.color)
    assert not torch.equal(for_critic.hint, for_generator.hint)


def test_the_unhinted_part_of_a_batch_is_zero_in_all_channels(two_hands: Path) -> None:
    hinted = 0.0
    for for_critic, for_generator in steps(two_hands, 0, 4, "hints.unhinted=0.5", "data.separate_batches=true"):
        for batch in (for_critic, for_generator):
            assert not batch.hint[2:].any()
            hinted += float(batch.hint[:2, 3].sum())
            assert not batch.hint[:, :3][batch.hint[:, 3:].expand(-1, 3, -1, -1) == 0].any()
    assert hinted > 0


def test_an_epoch_shows_every_picture_once(two_hands: Path) -> None:
    dataset = open_dataset(str(two_hands))
    assert dataset.count("pairs", "train") == 12
    batches = [batch for _, batch in steps(two_hands, 0, 3, "size=48", "data.ink=[1, 1]")]
    seen = Counter(mirrored_sum(color) for batch in batches for color in batch.color)
    assert len(seen) == 12


def mirrored_sum(color: torch.Tensor) -> float:
    """A number that a picture and its mirror image share."""
    return round(float((color.double() ** 2).sum()), 3)


def test_line_columns_are_drawn_by_weight(two_hands: Path) -> None:
    cells = Cells("id", b"", {"a": b"", "b": b""})
    drawn = Counter(drawn_column(generator(0, i, "test"), cells, {"a": 3.0, "b": 1.0}) for i in range(2000))
    assert drawn["a"] / 2000 == pytest.approx(0.75, abs=0.03)
    only = Loader(open_dataset(str(two_hands)), smallest("lines.sketch=1"))
    assert only.weights == {"sketch": 1.0}
    both = Loader(open_dataset(str(two_hands)), smallest())
    assert both.weights == {"sketch": 1.0, "xdog_03": 1.0}


def test_a_column_that_a_row_lacks_is_not_drawn_for_it() -> None:
    cells = Cells("id", b"", {"b": b""})
    assert drawn_column(generator(0, 0, "test"), cells, {"a": 3.0, "b": 1.0}) == "b"
    empty = Cells("other", b"", {})
    assert usable([empty, cells, empty], {"b": 1.0}, "here") == [cells]
    with pytest.raises(DatasetError, match="no drawing"):
        usable([empty], {"b": 1.0}, "here")


def test_null_cells_are_left_out(two_hands: Path) -> None:
    dataset = open_dataset(str(two_hands))
    table = read_row_group(dataset.row_groups("pairs", "train")[0], ["id", "color", "line_authentic", "line_sketch"])
    found = list(table_cells(table, ("authentic", "sketch")))
    assert [sorted(cells.lines) for cells in found[:2]] == [["authentic", "sketch"], ["sketch"]]


def test_colour_and_line_stay_together() -> None:
    color = np.zeros((40, 50, 3), np.uint8)
    color[10:30, 5:20] = 200
    line = color[..., 0].copy()
    for seed in range(20):
        cut_color, cut_line = crop_and_flip(generator(seed, 0, "test"), color, line, 32)
        assert cut_color.shape == (32, 32, 3)
        assert np.array_equal(cut_color[..., 0], cut_line)


def test_ink_jitter_keeps_paper_white() -> None:
    line = np.array([[0, 255, 128]], np.uint8)
    assert all(jittered(line, ink)[0, 1] == 1 for ink in np.linspace(0.7, 1, 50))
    assert jittered(line, 0.7)[0].tolist() == pytest.approx([-0.4, 1, 0.7 * (128 / 127.5 - 1) + 0.3])
    assert jittered(line, 1.0)[0].tolist() == pytest.approx([-1, 1, 128 / 127.5 - 1], abs=1e-6)


def refused(root: Path, *settings: str) -> DatasetError:
    with pytest.raises(DatasetError) as caught:
        Loader(open_dataset(str(root)), smallest(*settings))
    return caught.value


def test_pictures_smaller_than_the_crop_are_refused_with_both_sizes(two_hands: Path) -> None:
    error = refused(two_hands, "size=64")
    assert "48" in error.what
    assert "64" in error.what
    assert "size=48" in error.hint


def test_a_missing_column_names_the_nearest(two_hands: Path) -> None:
    assert "xdog_03" in refused(two_hands, "lines.xdog_30=1").hint


def test_authentic_line_art_is_trained_on_only_where_it_is_named(two_hands: Path) -> None:
    dataset = open_dataset(str(two_hands))
    assert "authentic" not in Loader(dataset, smallest()).weights
    assert Loader(dataset, smallest("lines.authentic=1")).weights == {"authentic": 1.0}


def test_columns_that_all_weigh_nothing_are_refused(two_hands: Path) -> None:
    assert "no line column" in refused(two_hands, "lines.sketch=0").what


def test_an_empty_train_split_is_refused(tmp_path: Path) -> None:
    root = make_tiny_dataset(tmp_path / "d", rows=2, side=48, splits={"test": 2})
    assert "empty" in refused(root).what
