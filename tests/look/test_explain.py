"""Every picture that was found can be asked for, by id, prefix or place."""

import json
from pathlib import Path

import pytest
from support.tiny_dataset import make_tiny_dataset

from lcpipe.pipeline.dataset.errors import LcpipeError
from lcpipe.pipeline.dataset.reading import Dataset, open_dataset
from lcpipe.pipeline.explain import explain, lines, nearest


def first_id(dataset: Dataset, split: str = "train") -> str:
    """The id of the first row of a split."""
    return str(dataset.table("pairs", split, ["id"]).column("id")[0])


@pytest.mark.parametrize("length", [6, 12, 64])
def test_a_kept_row_by_any_prefix(tiny: Dataset, length: int) -> None:
    id = first_id(tiny)
    story = explain(tiny, id[:length])
    assert (story["id"], story["state"], story["config"], story["split"]) == (id, "kept", "pairs", "train")
    assert story["lines"]["xdog_03"]["sigma"] == pytest.approx(0.3)
    assert {"local"} == {ref["source"] for ref in story["refs"]}
    assert json.dumps({**story})
    assert "is kept in pairs, split train" in lines(story)[1]


def test_a_dataset_of_an_older_version_is_explained() -> None:
    oldest = open_dataset(str(Path(__file__).parents[1] / "dataset" / "versions" / "1.0.0" / "dataset"))
    story = explain(oldest, first_id(oldest))
    assert (story["state"], story["fetched_sha256"]) == ("kept", None)


def test_the_others_of_a_cluster_are_named(tiny: Dataset) -> None:
    story = explain(tiny, first_id(tiny))
    states = [member["state"] for member in story["members"]]
    assert states == ["kept", "dropped"]
    assert explain(tiny, story["members"][0]["id"])["cluster"] == story["cluster"]


def test_a_drop_tells_all_its_reasons_and_what_was_kept(tiny: Dataset) -> None:
    drops = {row["reason"]: row["id"] for row in tiny.drops().to_pylist()}
    small = explain(tiny, drops["min_side"])
    assert (small["state"], small["stage"], small["reasons"]) == ("dropped", "select", ["min_side", "grayscale"])
    double = explain(tiny, drops["near_duplicate"][:10])
    assert double["kept_id"] == first_id(tiny)
    assert double["kept_in"] == ["pairs", "train"]
    assert any("min_side, grayscale" in line for line in lines(small))


@pytest.mark.parametrize("place", ["local:train/3.png", "local:drop_1.png", "local:line_art/0.png"])
def test_a_place_is_an_answer_too(tiny: Dataset, place: str) -> None:
    assert explain(tiny, place)["refs"][0]["native_id"] == place.removeprefix("local:")


def test_a_drawing_that_became_a_partner(partnered: tuple[Dataset, str, str]) -> None:
    dataset, drawing, row = partnered
    for asked in (drawing, drawing[:8]):
        story = explain(dataset, asked)
        assert (story["state"], story["partner"]) == ("paired", row)
    assert row[:16] in lines(story)[1]


def test_a_drawing_of_several_pictures_names_them_all(shared: tuple[Dataset, str]) -> None:
    dataset, drawing = shared
    story = explain(dataset, drawing[:10])
    assert (story["state"], story["partner"]) == ("paired", story["partners"][0])
    assert len(story["partners"]) > 1
    assert all(one[:16] in lines(story)[1] for one in story["partners"])


@pytest.mark.parametrize(
    ("asked", "hint"), [("ab", "at least 6"), ("zzzzzzzz", "sha256"), ("local:none.png", "sha256"), ("", "at least 6")]
)
def test_what_is_not_there_is_one_clear_error(tiny: Dataset, asked: str, hint: str) -> None:
    with pytest.raises(LcpipeError, match="no picture answers") as caught:
        explain(tiny, asked)
    assert hint in caught.value.hint


def test_a_typing_error_names_the_nearest(tiny: Dataset) -> None:
    id = first_id(tiny)
    with pytest.raises(LcpipeError) as caught:
        explain(tiny, id[:10] + "zz")
    assert id[:16] in caught.value.hint


def test_nearest_begins_alike() -> None:
    assert nearest("abx", ["aa", "abc", "abd", "b"]) == ["abc", "abd"]
    assert nearest("zz", ["aa", "ab"]) == []


def test_an_ambiguous_place_lists_them(tmp_path: Path, hostile: Dataset) -> None:
    with pytest.raises(LcpipeError, match="several pictures") as caught:
        explain(hostile, f"{hostile.manifest['name']}:{'x' * 10_000}")
    assert caught.value.hint.count(",") == 5


def test_lines_of_hostile_rows_are_plain(hostile: Dataset) -> None:
    told = lines(explain(hostile, first_id(hostile)))
    assert all(line.isprintable() and len(line) < 400 for line in told)


def test_an_empty_dataset_has_no_answers(empty: Dataset) -> None:
    with pytest.raises(LcpipeError, match="no picture answers"):
        explain(empty, "0" * 64)


def test_row_groups_do_not_matter(tmp_path: Path) -> None:
    dataset = open_dataset(str(make_tiny_dataset(tmp_path / "more", rows=3, splits={"train": 3})))
    assert explain(dataset, first_id(dataset))["split"] == "train"
