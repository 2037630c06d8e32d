"""A recipe is checked whole before any work, and every error names what, where and what to do."""

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from support.pictures import recipe_text

from lcpipe.pipeline.dataset.errors import RecipeError
from lcpipe.pipeline.demo import shipped_recipe
from lcpipe.pipeline.line_settings import draw, merged
from lcpipe.pipeline.recipe import Recipe, read_recipe


def read(tmp_path: Path, text: str) -> Recipe:
    file = tmp_path / "recipe.toml"
    file.write_text(text, encoding="utf-8")
    return read_recipe(file)


@pytest.mark.parametrize("name", ["folder", "demo"])
def test_shipped_recipes_are_valid(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, shipped_recipe(name)).lines


def test_defaults_are_filled_in(tmp_path: Path) -> None:
    recipe = read(tmp_path, 'name = "a"\n[sources.x]\nkind = "folder"\npath = "p"\n')
    assert [one.name for one in recipe.filters] == ["consent", "rating"]
    assert [line.name for line in recipe.lines] == ["xdog"]
    assert (recipe.render.short_side, recipe.render.oversample, recipe.salt) == (512, 2, "a")


@pytest.mark.parametrize(
    ("change", "what", "hint"),
    [
        ({"fliters": {"min_side": {"px": 5}}}, "unknown key 'fliters'", "did you mean 'filters'?"),
        ({"filters": {"min_sid": {"px": 5}}}, "no filter is called 'min_sid'", "did you mean 'min_side'?"),
        ({"filters": {"min_side": {"pxx": 5}}}, "unknown key 'pxx'", "did you mean 'px'?"),
        ({"filters": {"min_side": {"px": "big"}}}, "integer", ""),
        ({"filters": {"min_side": {"px": True}}}, "px takes no true or false", ""),
        ({"near_duplicates": {"distance": False}}, "distance takes no true or false", ""),
        ({"lines": {"a": {"extractor": "xdgo"}}}, "no extractor is called 'xdgo'", "did you mean 'xdog'?"),
        ({"lines": {"a": {"extractor": "xdog", "sgima": 0.3}}}, "unknown key 'sgima'", "did you mean 'sigma'?"),
        ({"lines": {"a": {"extractor": "xdog", "preset": "lat"}}}, "no preset is called 'lat'", "late"),
        ({"lines": {"a": {"extractor": "xdog", "sigma": {"choice": [0.3, 0.0]}}}}, "sigma", ""),
        ({"lines": {"a": {"extractor": "xdog", "sigma": {"uniform": [0.5, 0.3]}}}}, "low and a high", ""),
        ({"lines": {"authentic": {"extractor": "xdog"}}}, "cannot name a line column", "taken"),
        ({"render": {"short_side": 100}}, "multiple of 16", ""),
        ({"split": {"test": 0.6, "validation": 0.5}}, "nothing is left for training", ""),
        ({"sources": {"x": {"kind": "foldr", "path": "p"}}}, "no source is called 'foldr'", "did you mean 'folder'?"),
        ({"sources": {"x": {"path": "p"}}}, "a source needs its kind", "folder"),
        ({"sources": {}}, "no source", ""),
        ({"name": "Bad Name"}, "pattern", ""),
        ({"seed": -1}, "greater than or equal to 0", ""),
        ({"seed": 2**63}, "too large", "64 bits"),
        ({"lines": {"a": {"extractor": "xdog", "preset": ["late"]}}}, "no preset is called", "did you mean 'late'?"),
        ({"lines": {"a": {"extractor": "xdog", "preset": 5}}}, "no preset is called '5'", "late"),
        ({"lines": {"a": {"extractor": "xdog", "sigma": {"uniform": ["0.3", "0.5"]}}}}, "low and a high", ""),
        ({"lines": {"a": {"extractor": "xdog", "sigma": {"uniform": ["0.3", 0.5]}}}}, "low and a high", ""),
        ({"sources": {"x": {"kind": "folder", "path": "a\0b"}}}, "NUL", "remove"),
        ({"sources": {"x": {"kind": "folder", "path": "p", "glob": "../*"}}}, "leaves the folder", ""),
        ({"sources": {"x": {"kind": "folder", "path": "p", "columns": {"licence": "x"}}}}, "'licence'", ""),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, change: dict, what: str, hint: str) -> None:
    with pytest.raises(RecipeError) as caught:
        read(tmp_path, recipe_text(**change))
    assert what in caught.value.what
    assert hint in caught.value.hint
    assert caught.value.where.startswith("recipe.toml")


@pytest.mark.parametrize(
    "text",
    ["name = ", "\x00", 'name = "a"\nname = "b"', f"x = {'[' * 3000}{']' * 3000}", f"seed = {'9' * 5000}"],
    ids=["cut", "nul", "twice", "deep", "long"],
)
def test_broken_toml_is_one_clear_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(RecipeError, match="not valid TOML"):
        read(tmp_path, text)


def test_a_byte_order_mark_is_no_matter(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeff" + recipe_text()).name == "test"


def test_whole_numbers_cannot_be_drawn_from_a_range() -> None:
    @dataclass(frozen=True)
    class Settings:
        rounds: int = 1
        width: float = 1.0

    module = ModuleType("counting")
    module.Settings = Settings  # type: ignore[attr-defined]
    assert merged(module, None, {"rounds": {"choice": [1, 2]}, "width": {"uniform": [1, 2]}}, "here")
    with pytest.raises(RecipeError, match="integer"):
        merged(module, None, {"rounds": {"uniform": [1, 3]}}, "here")


def test_a_missing_recipe_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="lcpipe init"):
        read_recipe(tmp_path / "none.toml")


def test_draws_depend_on_record_and_column_alone() -> None:
    table = {"sigma": {"choice": [0.3, 0.4, 0.5]}, "k": {"uniform": [1.5, 4.5]}, "p": 19.0}
    first = draw(table, 1, "id", "line_a")
    assert first == draw(dict(reversed(table.items())), 1, "id", "line_a")
    assert first["p"] == 19.0
    assert 1.5 <= first["k"] <= 4.5
    assert {draw(table, 1, f"id{i}", "line_a")["sigma"] for i in range(40)} == {0.3, 0.4, 0.5}
    assert len({draw(table, 1, "id", f"line_{i}")["k"] for i in range(9)}) == 9
