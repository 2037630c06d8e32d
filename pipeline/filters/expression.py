"""Keeps the pictures for which an expression over columns is not false: `short_side >= 512 and not (score < 5)`.

Columns are those of the catalog (`rating`, `score`, `artist`, `tags_general`, …) and of every measure, also of those
that the recipe describes; naming a column asks for its measure. What is unknown, because a value is missing, is kept:
`score is not null and score > 5` says otherwise. A measurement that is not a number (NaN) is never kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from lcpipe.pipeline import plugins

from ._language import Parsed, answer, parse
from ._refusals import unless

version = 2
measures = ()


@dataclass(frozen=True)
class Settings:
    """`keep`: the expression, or several that all have to hold."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    keep: str | tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.keep:
            raise ValueError('keep is empty: write for example keep = "short_side >= 512"')
        for text in _texts(self):
            parse(text)


def check(settings: Settings, columns: Mapping[str, pa.DataType]) -> None:
    """ValueError for a column that there is not, or that is compared with what it never holds."""
    for parsed in map(parse, _texts(settings)):
        for column in parsed.columns:
            if column not in columns:
                raise ValueError(f"no column is called '{column[:60]}': {plugins.suggestion(column, columns)}")
        answer(parsed, pa.table({name: pa.array([], columns[name]) for name in parsed.columns}))


def named(settings: Settings) -> tuple[str, ...]:
    """The columns that the expression names."""
    return tuple(sorted({column for text in _texts(settings) for column in parse(text).columns}))


def keep(table: pa.Table, settings: Settings) -> pa.Array:
    """Null where every expression holds or is unknown and looks at no NaN, else `expression`."""
    verdicts = [_verdicts(parse(text), table) for text in _texts(settings)]
    return pc.coalesce(*verdicts)


def _verdicts(parsed: Parsed, table: pa.Table) -> pa.Array:
    """What one expression says. `not` and `!=` would keep NaN: a picture with one is refused whatever it says."""
    passes = answer(parsed, table)
    for column in parsed.columns:
        if pa.types.is_floating(table.schema.field(column).type):
            number = pc.invert(pc.is_nan(table.column(column)))
            passes = pc.and_kleene(passes, number)
    return unless(passes, "expression")


def _texts(settings: Settings) -> tuple[str, ...]:
    return (settings.keep,) if isinstance(settings.keep, str) else tuple(settings.keep)
