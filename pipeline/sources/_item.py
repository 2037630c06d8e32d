"""What a source yields, and what it is told: the seam between the kinds of source and the crawl."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Role = Literal["color", "line_art", "auto"]


@dataclass(frozen=True)
class Item:
    """One listed picture: its bytes, or the path of a file that keeps them.

    `fingerprint` tells cheaply whether the picture is still the one seen before (a file's size and time, say).
    An item whose `data` and `path` are both None is one the crawl knows already under that fingerprint.
    """

    native_id: str
    role: Role
    data: bytes | None = None
    path: str | None = None
    fingerprint: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SourceState:
    """What a source may lean on: the recipe's folder, and the fingerprints of what the catalog has, by native id."""

    folder: Path
    known: Mapping[str, str] = field(default_factory=dict)
