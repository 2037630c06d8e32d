"""Keeps the pictures for which an expression over columns is not false: `short_side >= 512 and not (score < 5)`.

Columns are those of the catalog (`rating`, `score`, `artist`, `tags_general`, …) and of every measure; naming a column
asks for its measure. What is unknown, because a value is missing, is kept: `score is not null and score > 5` says
otherwise.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import pyarrow as pa

from lcpipe.pipeline import plugins
from lcpipe.pipeline.catalog import METADATA

from ._language import answer, parse
from ._refusals import unless

version = 1
measures = ()

_ALWAYS_THERE = ("id", "role")


@dataclass(frozen=True)
class Settings:
    """`keep`: the expression, or several that all have to hold."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    keep: str | tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.keep:
            raise ValueError('keep is empty: write for example keep = "short_side >= 512"')
        for text in _texts(self):
            parsed = parse(text)
            for column in parsed.columns:
                if column not in _types():
                    raise ValueError(f"no column is called '{column}': {plugins.suggestion(column, _types())}")
            answer(parsed, pa.table({name: pa.array([], _types()[name]) for name in parsed.columns}))


def needed(settings: Settings) -> tuple[str, ...]:
    """The measures whose columns the expression names."""
    named = {column for text in _texts(settings) for column in parse(text).columns}
    return tuple(sorted({_owners()[column] for column in named if column in _owners()}))


def keep(table: pa.Table, settings: Settings) -> pa.Array:
    """Null where every expression holds or is unknown, else `expression`."""
    verdicts = [unless(answer(parse(text), table), "expression") for text in _texts(settings)]
    merged = verdicts[0]
    for one in verdicts[1:]:
        merged = pa.compute.coalesce(merged, one)
    return merged


def _texts(settings: Settings) -> tuple[str, ...]:
    return (settings.keep,) if isinstance(settings.keep, str) else tuple(settings.keep)


@cache
def _owners() -> dict[str, str]:
    """The measure that gives each measured column."""
    return {column: name for name in plugins.names("measures") for column in plugins.load("measures", name).columns}


@cache
def _types() -> dict[str, pa.DataType]:
    """Every column that an expression may name, and its type."""
    measured = {
        column: kind
        for name in plugins.names("measures")
        for column, kind in plugins.load("measures", name).columns.items()
    }
    return {one.name: one.type for one in METADATA} | measured | dict.fromkeys(_ALWAYS_THERE, pa.string())
