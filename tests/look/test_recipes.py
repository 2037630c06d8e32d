"""The recipes that come with the package are valid, and the one for beginners leaves nothing out."""

import re
import tomllib
from dataclasses import fields
from importlib.resources import files
from pathlib import Path

import pytest
from support.onnx_files import mean_net

from lcpipe.pipeline import plugins, recipe
from lcpipe.pipeline.recipe import parse_recipe
from lcpipe.pipeline.toml_text import toml_text

RECIPES = sorted(path.name for path in (files("lcpipe.manifests") / "recipes").iterdir() if path.name.endswith(".toml"))
TABLES = (recipe.Crawl, recipe.Exclude, recipe.NearDuplicates, recipe.Pairs, recipe.Split, recipe.Render, recipe.Codec)


def text_of(name: str) -> str:
    """A shipped recipe."""
    return (files("lcpipe.manifests") / "recipes" / name).read_text(encoding="utf-8")


def test_all_are_there() -> None:
    assert {"folder.toml", "demo.toml", "paper.toml", "urls.toml"} == set(RECIPES)


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_valid(name: str, tmp_path: Path) -> None:
    table = tomllib.loads(text_of(name))
    parsed = parse_recipe(table, folder=tmp_path, where=name)
    assert parsed.lines
    assert tomllib.loads(toml_text(table)) == table


def test_the_commented_recipe_names_every_table_and_key() -> None:
    text = text_of("folder.toml")
    for name in recipe.TABLES:
        assert f"[{name}" in text
    for table in TABLES:
        for field in fields(table):
            assert f"{field.name} =" in text, field.name


def test_the_commented_recipe_names_every_filter() -> None:
    text = text_of("folder.toml")
    for name in plugins.names("filters"):
        assert f"[filters.{name}]" in text


def test_what_is_commented_out_is_valid_too(tmp_path: Path) -> None:
    text = re.sub(r"^# (?=[a-z_]+ = |\[)", "", text_of("folder.toml"), flags=re.MULTILINE)
    (tmp_path / "nsfw.onnx").write_bytes(mean_net(224, weights=[[1, 0, 0], [0, 1, 0]]))
    parsed = parse_recipe(tomllib.loads(text), folder=tmp_path, where="folder.toml")
    assert parsed.split.base
    assert {source.name for source in parsed.sources} == {"local", "sketches"}
