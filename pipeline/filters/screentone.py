"""Drops pictures that are largely screentone: their greys are dots, which no line drawing has."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from ._refusals import between, unless

version = 1
measures = ("screentone",)
roles = ("color",)


@dataclass(frozen=True)
class Settings:
    """`max_share`: the largest share of screentone that is kept, of the area."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    max_share: float = 0.3

    def __post_init__(self) -> None:
        between("max_share", self.max_share, 0.0, 1.0)


def keep(table: pa.Table, settings: Settings) -> pa.Array:
    """Null for a picture with little screentone, else `screentone`."""
    return unless(pc.less_equal(table.column("screentone"), settings.max_share), "screentone")
