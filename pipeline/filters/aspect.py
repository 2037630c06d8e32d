"""Drops pictures that are much longer than wide or much wider than long: strips, banners, comics to scroll."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from ._refusals import between, unless

version = 1
measures = ("dimensions",)


@dataclass(frozen=True)
class Settings:
    """`max_ratio`: the largest long side / short side that is kept."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    max_ratio: float = 3.0

    def __post_init__(self) -> None:
        between("max_ratio", self.max_ratio, 1.0, 100_000.0)


def keep(table: pa.Table, settings: Settings) -> pa.Array:
    """Null for a picture of ordinary proportions, else `aspect`."""
    long_side = pc.max_element_wise(table.column("width"), table.column("height"), skip_nulls=False)
    most = pc.multiply(pc.cast(table.column("short_side"), pa.float64()), settings.max_ratio)
    return unless(pc.less_equal(pc.cast(long_side, pa.float64()), most), "aspect")
