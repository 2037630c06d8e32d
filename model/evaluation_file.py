"""What an evaluation.json must have before anything is read from it: the file may have been edited or cut short."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, FiniteFloat, TypeAdapter

from .protocols import Level


@dataclass(frozen=True)
class _Value:
    name: str
    better: Literal["higher", "lower"]


@dataclass(frozen=True)
class _File:
    sha256: str


@dataclass(frozen=True)
class _Metric:
    values: list[_Value]
    weights: list[_File] = field(default_factory=list)


@dataclass(frozen=True)
class _Mean:
    mean: FiniteFloat
    low: FiniteFloat
    high: FiniteFloat


@dataclass(frozen=True)
class _Level:
    hints: Level
    means: dict[str, _Mean]


@dataclass(frozen=True)
class _Picture:
    id: str
    values: dict[str, dict[str, FiniteFloat]]


@dataclass(frozen=True)
class _Group:
    by: str
    lines: str
    levels: list[_Level]
    pictures: list[_Picture]


@dataclass(frozen=True)
class _Dataset:
    digest: str
    split: str


@dataclass(frozen=True)
class _Model:
    sha256: str


def _whole(group: _Group) -> _Group:
    """Raises ValueError unless every picture has every level of its group."""
    names = {str(level.hints) for level in group.levels}
    if not all(names <= picture.values.keys() for picture in group.pictures):
        raise ValueError(f"{group.lines} has pictures without values")
    return group


@dataclass(frozen=True)
class _Document:
    model: _Model
    dataset: _Dataset
    protocol: dict[str, Any]
    metrics: dict[str, _Metric]
    groups: list[Annotated[_Group, AfterValidator(_whole)]]
    pictures: list[Any]  # names from outside; whoever opens them checks each


_DOCUMENT = TypeAdapter(_Document)


def check_whole(text: bytes) -> None:
    """Raises ValidationError with the key at fault."""
    _DOCUMENT.validate_json(text, strict=True)
