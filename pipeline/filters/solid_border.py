"""Drops pictures with a wide margin of one plain colour on one side, whatever the colour."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from ._refusals import between, unless

version = 1
measures = ("solid_border",)
roles = ("color",)


@dataclass(frozen=True)
class Settings:
    """`max_share`: the widest margin that is kept, as a share of the height or width."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    max_share: float = 0.35

    def __post_init__(self) -> None:
        between("max_share", self.max_share, 0.0, 1.0)


def keep(table: pa.Table, settings: Settings) -> pa.Array:
    """Null for a picture that fills its frame, else `solid_border`."""
    return unless(pc.less_equal(table.column("solid_border"), settings.max_share), "solid_border")
