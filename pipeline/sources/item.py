"""What a source yields: one picture with where it is and what its place says about it."""

from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal["color", "line_art", "auto"]


@dataclass(frozen=True)
class Item:
    """One listed picture: its bytes, or the path of a file that keeps them."""

    native_id: str
    role: Role
    data: bytes | None = None
    path: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
