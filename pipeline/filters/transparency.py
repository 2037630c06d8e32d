"""Drops pictures of which much is transparent: cut-outs and sprites, which are laid on white."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from ._refusals import between, unless

version = 1
measures = ("dimensions",)
roles = ("color",)


@dataclass(frozen=True)
class Settings:
    """`max_share`: the largest share of the area that is not opaque and kept."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    max_share: float = 0.25

    def __post_init__(self) -> None:
        between("max_share", self.max_share, 0.0, 1.0)


def keep(table: pa.Table, settings: Settings) -> pa.Array:
    """Null for a picture that is opaque enough, else `transparency`."""
    return unless(pc.less_equal(table.column("alpha_share"), settings.max_share), "transparency")
