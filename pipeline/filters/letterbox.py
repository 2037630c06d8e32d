"""Drops frames of films: pictures with black bars above and below, or at both sides."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from ._refusals import between, unless

version = 1
measures = ("letterbox",)
roles = ("color",)


@dataclass(frozen=True)
class Settings:
    """`max_share`: the largest share of the height or width under bars that is kept."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    max_share: float = 0.04

    def __post_init__(self) -> None:
        between("max_share", self.max_share, 0.0, 1.0)


def keep(table: pa.Table, settings: Settings) -> pa.Array:
    """Null for a picture without bars, else `letterbox`."""
    return unless(pc.less_equal(table.column("letterbox"), settings.max_share), "letterbox")
