"""Drops pictures whose author or site opted out of such uses. On by default."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from ._refusals import unless

version = 1
measures = ()
roles = ("color", "line_art")

OPTED_OUT = "opted_out"


@dataclass(frozen=True)
class Settings:
    """Nothing to set: an opt-out is an opt-out."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def keep(table: pa.Table, settings: Settings) -> pa.Array:
    """Null unless the consent decision is `opted_out`, else `consent`."""
    decision = pc.struct_field(table.column("consent"), "decision")
    return unless(pc.not_equal(decision, OPTED_OUT), "consent")
