"""Keeps only pictures under licences of a list."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from ._refusals import unless

version = 1
measures = ()
roles = ("color", "line_art")


@dataclass(frozen=True)
class Settings:
    """`allow`: SPDX ids or Creative Commons URLs, case ignored; a picture without a licence is `unknown`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    allow: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.allow:
            raise ValueError('allow is empty, which would drop every picture: name licences, such as "CC-BY-4.0"')


def keep(table: pa.Table, settings: Settings) -> pa.Array:
    """Null for a licence of the list, else `license`."""
    stated = pc.utf8_lower(pc.fill_null(table.column("license"), "unknown"))
    allowed = pa.array([name.lower() for name in settings.allow], pa.string())
    return unless(pc.is_in(stated, allowed), "license")
