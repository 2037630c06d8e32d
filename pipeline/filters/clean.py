"""Drops pictures in bad condition: blurred or enlarged, with visible blocks of JPEG, or grainy."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from ._refusals import between, unless

version = 1
measures = ("blockiness", "noise", "sharpness")
roles = ("color",)


@dataclass(frozen=True)
class Settings:
    """What is kept: at least `min_sharpness`, at most `max_blockiness` and `max_noise` (levels of 255)."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    min_sharpness: float = 0.3  # a picture enlarged four times has less
    max_blockiness: float = 0.5
    max_noise: float = 8.0

    def __post_init__(self) -> None:
        between("min_sharpness", self.min_sharpness, 0.0, 1.0)
        between("max_blockiness", self.max_blockiness, 0.0, 100.0)
        between("max_noise", self.max_noise, 0.0, 255.0)


def keep(table: pa.Table, settings: Settings) -> pa.Array:
    """Null for a picture in good condition, else `clean`."""
    sharp = pc.greater_equal(table.column("sharpness"), settings.min_sharpness)
    smooth = pc.less_equal(table.column("blockiness"), settings.max_blockiness)
    calm = pc.less_equal(table.column("noise"), settings.max_noise)
    return unless(pc.and_kleene(pc.and_kleene(sharp, smooth), calm), "clean")
