"""Pruning removes what is old and not needed, and nothing that the newest dataset was built from."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.pictures import run_build, write_pictures, write_recipe

from lcpipe.pipeline.dataset.errors import StorageError, UsageError
from lcpipe.pipeline.prune import age, lines, overview, prune

LATER = datetime.now(UTC) + timedelta(days=30)


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    write_pictures(tmp_path / "pictures", 5)
    return write_recipe(tmp_path)


def files(cache: Path) -> set[str]:
    return {str(path.relative_to(cache)) for path in cache.rglob("*") if path.is_file()}


def test_what_the_newest_dataset_needs_stays(recipe: Path):
    cache = recipe.parent / "cache"
    run_build(recipe)
    there = files(cache)
    told = prune(str(cache), timedelta(0), now=LATER)
    assert told["removed"] == {"files": 0, "bytes": 0}
    assert files(cache) == there
    again = run_build(recipe)
    assert (again.decoded, again.rendered, again.packed.fresh) == (0, 0, False)


def test_cells_of_the_past_go(recipe: Path):
    cache = recipe.parent / "cache"
    run_build(recipe)
    write_recipe(recipe.parent, version="2", render={"short_side": 64})
    run_build(recipe)
    before = overview(str(cache))
    assert before["kinds"]["cells"]["not_needed"] > 0
    told = prune(str(cache), timedelta(0), now=LATER)
    assert told["removed"]["bytes"] > 0
    assert told["kinds"]["cells"]["not_needed"] == 0
    again = run_build(recipe)
    assert (again.decoded, again.rendered) == (0, 0)
    assert any("removed" in line for line in lines(told))


def test_what_is_younger_stays(recipe: Path):
    cache = recipe.parent / "cache"
    run_build(recipe)
    (cache / "cells" / "orphan.blob").write_bytes(b"no index")
    there = files(cache)
    assert prune(str(cache), age("1d"))["removed"]["files"] == 0
    assert files(cache) == there


def test_every_recipe_keeps_its_newest(recipe: Path):
    cache = recipe.parent / "cache"
    run_build(recipe)
    write_recipe(recipe.parent, name="second", lines={"other": {"extractor": "xdog", "sigma": 0.5}})
    run_build(recipe)
    assert set(overview(str(cache))["datasets"]) == {"test", "second"}
    assert prune(str(cache), timedelta(0), now=LATER)["removed"]["files"] == 0


def test_leftovers_and_catalogs_of_nobody_go(recipe: Path):
    cache = recipe.parent / "cache"
    run_build(recipe)
    there = files(cache)
    (cache / "cells" / ".x.blob.0123.tmp").write_bytes(b"half")
    (cache / "cells" / "orphan.blob").write_bytes(b"no index")
    (cache / "catalog" / "gone-0123").mkdir()
    (cache / "catalog" / "gone-0123" / "x.arrow").write_bytes(b"")
    prune(str(cache), timedelta(0), now=LATER)
    assert files(cache) == there


def test_selections_of_recipes_that_packed_nothing_go(recipe: Path):
    cache = recipe.parent / "cache"
    run_build(recipe)
    there = files(cache)
    write_recipe(recipe.parent, name="tried")
    run_build(recipe, until="select")
    added = {name for name in files(cache) - there if name.startswith("selections/")}
    assert "selections/tried.arrow" in added
    assert "selections/test.arrow" in there
    assert overview(str(cache))["kinds"]["selections"]["not_needed"] > 0
    prune(str(cache), timedelta(0), now=LATER)
    assert files(cache) & (there | added) == there


def test_without_a_note_nothing_goes(recipe: Path, tmp_path: Path):
    cache = recipe.parent / "cache"
    run_build(recipe, until="render")
    there = files(cache)
    with pytest.raises(StorageError, match="no dataset was packed with this cache"):
        prune(str(cache), timedelta(0), now=LATER)
    assert files(cache) == there
    assert overview(str(tmp_path / "none"))["datasets"] == {}


@pytest.mark.parametrize("note", [{"dataset": "1"}, [], 1, {"dataset": "1", "catalogs": [1], "asks": [{}]}])
def test_a_note_that_was_edited_is_named(tmp_path: Path, note: Any):
    (tmp_path / "builds").mkdir()
    (tmp_path / "builds" / "x.json").write_text(json.dumps(note))
    with pytest.raises(StorageError, match=r"a file of the cache is damaged.*x\.json"):
        prune(str(tmp_path), timedelta(0), now=LATER)


def test_without_the_catalog_of_a_newest_dataset_nothing_goes(recipe: Path):
    """What such a dataset needs is not known: all of it would look as if nobody did."""
    cache = recipe.parent / "cache"
    run_build(recipe)
    shutil.rmtree(cache / "catalog")
    there = files(cache)
    with pytest.raises(StorageError, match="a newest dataset's catalog is gone"):
        prune(str(cache), timedelta(0), now=LATER)
    assert files(cache) == there


@pytest.mark.parametrize("text", ["", "5", "d", "-1d", "1.5h", "1y", "9999999d"])
def test_odd_ages_are_refused(text: str):
    with pytest.raises(UsageError, match="is no age"):
        age(text)


def test_ages():
    assert (age("12h"), age("30d"), age("2w")) == (timedelta(hours=12), timedelta(days=30), timedelta(days=14))
