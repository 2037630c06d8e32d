"""The language of the `expression` filter: what it means, what it refuses and in which words."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from lcpipe.pipeline.dataset.errors import RecipeError
from lcpipe.pipeline.filters import expression
from lcpipe.pipeline.filters._language import answer, parse
from lcpipe.pipeline.measure_asks import owners
from lcpipe.pipeline.recipe import NAMED, Recipe, parse_recipe
from lcpipe.pipeline.select import wanted_measures

TABLE = pa.table(
    {
        "width": pa.array([100, 600, 1200, None], pa.int32()),
        "colorfulness": pa.array([1.0, float("nan"), 40.0, 50.0], pa.float32()),
        "rating": pa.array(["g", "e", None, "s"]),
        "has_icc": pa.array([True, False, None, True]),
        "tags_general": pa.array([["solo", "hat"], [], None, ["hat"]], pa.list_(pa.string())),
    }
)


COLUMNS = NAMED | {column: kind for column, (_, kind) in owners(()).items()}


def truth(text: str) -> list[bool | None]:
    return list(answer(parse(text), TABLE).to_pylist())


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("width >= 600", [False, True, True, None]),
        ("600 <= width", [False, True, True, None]),
        ("width == 100 or width == 1200", [True, False, True, None]),
        ("not width < 600", [False, True, True, None]),
        ("width > 200 and width < 1000", [False, True, False, None]),
        ("width > 200 or rating == 'g' and width < 0", [False, True, True, None]),
        ("(width > 200 or rating == 'g') and width < 1000", [True, True, False, None]),
        ("colorfulness > 5", [False, False, True, True]),
        ("rating in ['g', \"s\"]", [True, False, None, True]),
        ("rating not in ['g']", [False, True, None, True]),
        ("has_icc in [true]", [True, False, None, True]),
        ("rating is null", [False, False, True, False]),
        ("rating is not null and width is not null", [True, True, False, False]),
        ("has_icc", [True, False, None, True]),
        ("not has_icc", [False, True, None, False]),
        ("'hat' in tags_general", [True, False, None, True]),
        ("'hat' in tags_general and not 'solo' in tags_general", [False, False, None, True]),
        ("'solo' not in tags_general", [False, True, None, True]),
        ("width in [100, 1200.0]", [True, False, True, None]),
        ("width > -1.5e2", [True, True, True, None]),
        ("true", [True] * 4),
    ],
)
def test_means(text: str, wanted: list[bool | None]) -> None:
    assert truth(text) == wanted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("widht > 3", "did you mean 'width'"),
        ("width >", "expected a column or a value at the end"),
        ("(width > 3", r"expected '\)' at the end"),
        ("width > 3)", "expected 'and', 'or' or the end at character 10"),
        ("width = 3", "write == to compare"),
        ("width > 'a'", "types of a comparison do not fit"),
        ("width", "has to be true or false, not int32"),
        ("rating in ['g', 3]", "either texts or numbers"),
        ("width in [1, true]", "either texts or numbers or true"),
        ("rating in [g]", "texts stand in quotes"),
        ("rating in 'g'", "'in' needs a column and a list"),
        ("'g' in rating", "needs a column of lists"),
        ("3 in tags_general", "the list holds values of type string"),
        ("width width", "expected 'and', 'or' or the end"),
        ("width > 3 and", "at the end"),
        ("and", "expected a column or a value, not 'and'"),
        ("is null", "expected a column or a value, not 'is'"),
        ("__import__('os') == 1", "no column is called '__import__'|expected 'and'"),
        ("width > $", "cannot read"),
        ("'open > 3", "cannot read"),
        ("", "keep is empty"),
        (" ", "expected a column or a value at the end"),
        ("(" * 60 + "true" + ")" * 60, "more than 50 brackets"),
        ("true or " * 900 + "true", "at most 4000 characters"),
        ("consent == 'granted'", "types of a comparison do not fit"),
    ],
)
def test_refuses_in_words(text: str, said: str) -> None:
    with pytest.raises((ValidationError, ValueError), match=said):
        checked(text)


def checked(text: str) -> expression.Settings:
    """The settings of an expression over the columns that every recipe has."""
    settings: expression.Settings = TypeAdapter(expression.Settings).validate_python({"keep": text})
    expression.check(settings, COLUMNS)
    return settings


def test_a_recipe_says_where() -> None:
    with pytest.raises(RecipeError, match=r"did you mean 'score'.*recipe.toml \[filters.expression\]"):
        recipe_of("scores > 3")


def recipe_of(text: str) -> Recipe:
    """A recipe with an expression."""
    table = {
        "name": "test",
        "sources": {"a": {"kind": "folder", "path": "a"}},
        "filters": {"expression": {"keep": text}},
    }
    return parse_recipe(table, folder=Path(), where="recipe.toml")


def measures_of(text: str) -> set[str]:
    return {one.name for one in wanted_measures(recipe_of(text), {"color"})}


def test_a_column_asks_for_its_measure_and_nothing_else() -> None:
    always = measures_of("score > 3")
    named = measures_of("short_side >= 512 and dhash is not null and score > 3 or sharpness > 0.2")
    assert named - always == {"dhash", "dimensions", "sharpness"}


def test_every_measured_column_can_be_named() -> None:
    for column, (name, _) in owners(()).items():
        assert name in measures_of(f"{column} is not null")


def test_wide_columns_cannot_be_named() -> None:
    with pytest.raises(RecipeError, match="no column is called 'thumbnail'"):
        recipe_of("thumbnail is not null")


def test_several_expressions_all_have_to_hold_and_unknown_is_kept() -> None:
    settings = expression.Settings(("width >= 600", "rating != 'e'"))
    assert expression.keep(TABLE, settings).to_pylist() == ["expression", "expression", None, None]


@pytest.mark.parametrize("text", ["colorfulness > 0", "not colorfulness > 50", "colorfulness != 40 or width > 0"])
def test_what_is_not_a_number_is_refused_however_it_is_asked(text: str) -> None:
    assert expression.keep(TABLE, expression.Settings(text)).to_pylist()[1] == "expression"


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    _read(text)


WORDS = [
    "width",
    "and",
    "or",
    "not",
    "(",
    ")",
    "[",
    "]",
    ",",
    "in",
    "is",
    "null",
    "==",
    "<",
    "3",
    "'g'",
    "true",
    "rating",
]


@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_any_words_are_read_or_refused(words: list[str]) -> None:
    _read(" ".join(words))


def _read(text: str) -> Any:
    try:
        return TypeAdapter(expression.Settings).validate_python({"keep": text})
    except ValidationError:
        return None
