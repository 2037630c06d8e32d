"""Drops pages of text, and pictures with much lettering: manuals, speech, large watermarks."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from ._refusals import between, unless

version = 1
measures = ("text",)
roles = ("color",)


@dataclass(frozen=True)
class Settings:
    """`max_share`: the largest share of the area under rows of letters that is kept."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    max_share: float = 0.06  # colour pictures reach 0.05 by hatching and foliage; small print has 0.08, a page 0.25

    def __post_init__(self) -> None:
        between("max_share", self.max_share, 0.0, 1.0)


def keep(table: pa.Table, settings: Settings) -> pa.Array:
    """Null for a picture with little lettering, else `text`."""
    return unless(pc.less_equal(table.column("text_share"), settings.max_share), "text")
