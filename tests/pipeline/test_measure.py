"""Measuring: once, only what is missing, and never without a word where a value is missing or no number."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from support.pictures import run_build, write_drawing, write_pictures, write_recipe

from lcpipe.pipeline.build import BuildReport
from lcpipe.pipeline.dataset.errors import LcpipeError
from lcpipe.pipeline.measure import measured, refuse_unmeasured
from lcpipe.pipeline.measurements import Measurements
from lcpipe.pipeline.recipe import read_recipe
from lcpipe.pipeline.select import select, wanted_measures

COUNT = 8
FILTERS: dict[str, Any] = {
    "min_side": {"px": 64},
    "colorful": {"min_colorfulness": 1},
    "clean": {"max_noise": 200, "max_blockiness": 50, "min_sharpness": 0},
    "expression": {"keep": "lightness > 1 and (palette < 4000 or dhash is null)"},
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures, measured for several filters."""
    folder = tmp_path_factory.mktemp("measured")
    write_pictures(folder / "pictures", COUNT)
    assert run_build(write_recipe(folder, filters=FILTERS), until="select").decoded == COUNT
    return folder


def again(built: Path, folder: Path, filters: dict[str, Any], **tables: Any) -> BuildReport:
    """Selects the same pictures by other filters, with the cache of the first build."""
    if not (folder / "pictures").exists():
        os.symlink(built / "pictures", folder / "pictures")
    return run_build(write_recipe(folder, filters=filters, **tables), until="select", cache=str(built / "cache"))


def test_other_thresholds_decode_nothing(built: Path, tmp_path: Path) -> None:
    kept = set()
    for limit in (0, 15, 45, 90, 200):
        tuned = FILTERS | {"colorful": {"min_colorfulness": limit}, "min_side": {"px": 32 + limit}}
        tuned |= {"expression": {"keep": f"lightness_p95 > {limit / 3} or sharpness < 0"}}
        report = again(built, tmp_path, tuned)
        assert report.decoded == 0
        assert report.selection is not None
        kept.add(report.selection.counts()["kept"])
    assert len(kept) > 1
    assert again(built, tmp_path, {}, near_duplicates={"distance": 9}).decoded == 0


def test_a_new_measure_decodes_each_picture_once_and_measures_nothing_else_again(built: Path, tmp_path: Path) -> None:
    parts = built / "cache" / "measurements"
    before = set(parts.iterdir())
    added = FILTERS | {"text": {"max_share": 1.0}, "letterbox": {"max_share": 1.0}}
    assert again(built, tmp_path, added).decoded == COUNT
    assert again(built, tmp_path, added).decoded == 0
    fresh = {name for part in set(parts.iterdir()) - before for name in pa.ipc.open_file(part).schema.names}
    assert {name.split("-")[0] for name in fresh} == {"id", "failure", "text", "letterbox"}


@pytest.mark.parametrize(
    ("filters", "culprit"),
    [
        ({"min_side": {"px": 5000}}, "min_side"),
        ({"expression": {"keep": "width < 0"}}, "expression"),
        ({"tags": {"any": ["1girl"]}}, "tags"),
    ],
)
def test_a_filter_that_drops_everything_is_named_and_nothing_is_rendered(
    built: Path, tmp_path: Path, filters: dict[str, Any], culprit: str
) -> None:
    os.symlink(built / "pictures", tmp_path / "pictures")
    with pytest.raises(LcpipeError, match=f"nothing is left to pack: {COUNT} found, dropped {COUNT} by {culprit}"):
        run_build(write_recipe(tmp_path, filters=filters))
    assert not (tmp_path / "cache" / "cells").exists()
    assert not (tmp_path / "out").exists()


def selected(built: Path, tmp_path: Path, column: str, value: float | None) -> Any:
    """The selection when one measured column has `value` for the first two pictures."""
    report = again(built, tmp_path, FILTERS)
    assert report.selection is not None
    recipe = read_recipe(tmp_path / "recipe.toml")
    found = measured(wanted_measures(recipe, {"color"}), str(built / "cache"))
    known = found.table
    numbers = np.array(known.column(column).to_pylist(), dtype=object)
    numbers[:2] = value
    at = known.column_names.index(column)
    spoilt = known.set_column(at, column, pa.array(numbers.tolist(), known.column(column).type))
    pictures = report.selection.table.select(
        ["id", "refs", "role", "license", "artist", "consent", "rating", "parent_id"]
    )
    for name in ("detail", "reason", "pair_key", "fetched_sha256"):
        pictures = pictures.append_column(name, pa.nulls(len(pictures), pa.string()))
    for name in ("tags_general", "tags_character", "tags_copyright", "tags_artist", "tags_meta", "pools"):
        pictures = pictures.append_column(name, pa.nulls(len(pictures), pa.list_(pa.string())))
    return select(recipe, pictures, Measurements(spoilt, 0, found.wide))


def test_what_is_no_number_is_dropped_with_a_reason_and_told(built: Path, tmp_path: Path) -> None:
    selection = selected(built, tmp_path, "sharpness", float("nan"))
    assert selection.reasons() == {"clean": 2}
    assert [note for note in selection.notes if "'sharpness' is not a number for 2 pictures" in note]


def test_a_picture_that_lacks_a_measure_after_measuring_is_an_error() -> None:
    lacking = {("noise",): ["a" * 64, "b" * 64]}
    with pytest.raises(LcpipeError, match="2 of the pictures were measured but have no value of noise"):
        refuse_unmeasured(lacking, set())
    with pytest.raises(LcpipeError, match="1 of the pictures"):
        refuse_unmeasured(lacking, {"a" * 64})
    refuse_unmeasured(lacking, {"a" * 64, "b" * 64})


def test_no_line_art_at_all_is_told_and_builds(built: Path, tmp_path: Path) -> None:
    report = again(built, tmp_path, FILTERS, pairs={"min_score": 0.5})
    assert report.selection is not None
    assert report.selection.counts()["kept"] == COUNT
    assert any("none of the 8 pictures is line art" in note for note in report.selection.notes)


def test_line_art_alone_is_refused_before_render(tmp_path: Path) -> None:
    for number in range(3):
        write_drawing(tmp_path / "pictures" / f"{number}.png", side=192, key=str(number))
    source = {"local": {"kind": "folder", "path": "pictures", "role": "line_art"}}
    with pytest.raises(LcpipeError, match="none of the 3 pictures found is a colour picture"):
        run_build(write_recipe(tmp_path, sources=source))
    assert not (tmp_path / "cache" / "cells").exists()


def test_one_cluster_that_holds_everything_is_told(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", 1)
    (first,) = (tmp_path / "pictures").iterdir()
    for number in range(3):
        (tmp_path / "pictures" / f"copy{number}{first.suffix}").write_bytes(first.read_bytes() + bytes([number]))
    selection = run_build(write_recipe(tmp_path), until="select").selection
    assert selection is not None
    assert selection.counts() == {"found": 4, "kept": 1, "paired": 0, "dropped": 3}
    assert selection.reasons() == {"near_duplicate": 3}
    assert any("one cluster of near-duplicates holds 4 of 4 pictures" in note for note in selection.notes)
