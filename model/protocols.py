"""What an evaluation does, as a versioned TOML file: one frozen protocol, checked whole before any work."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from lcpipe.pipeline.dataset.errors import RecipeError

_FORBID = ConfigDict(extra="forbid")
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(gt=0)]
Level: TypeAlias = Annotated[int, Field(ge=0, strict=True)] | Literal["full"]
SplitName: TypeAlias = Literal["test", "validation"]


@dataclass(frozen=True)
class Bootstrap:
    """How the interval of a mean over pictures is found."""

    __pydantic_config__ = _FORBID
    draws: Positive = 2000
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95


@dataclass(frozen=True)
class Grid:
    """The sheet of pictures: how many rows, at which hints, how large, and how many drawings without a partner."""

    __pydantic_config__ = _FORBID
    rows: Count = 6
    hints: tuple[Level, ...] = (0, 16, "full")
    cell_px: Annotated[int, Field(ge=32, le=2048)] = 256
    line_art: Count = 4


@dataclass(frozen=True)
class Protocol:
    """A whole evaluation. `lines` names line columns, none means all of them and the authentic ones; a hint of
    `hints` is a point of the diameter `point_px`."""

    __pydantic_config__ = _FORBID
    name: str
    version: Positive
    seed: int
    splits: Annotated[tuple[SplitName, ...], Field(min_length=1)]
    n: Positive
    crop_px: Annotated[int, Field(ge=64, multiple_of=16)]
    hints: Annotated[tuple[Level, ...], Field(min_length=1)]
    metrics: Annotated[tuple[str, ...], Field(min_length=1)]
    point_px: Annotated[int, Field(ge=4, le=64, multiple_of=4)] = 8
    lines: tuple[str, ...] = ()
    bootstrap: Bootstrap = field(default_factory=Bootstrap)
    grid: Grid = field(default_factory=Grid)


def load_protocol(name: str) -> Protocol:
    """The protocol of that name, or in a TOML file. Raises RecipeError with the key at fault."""
    text = Path(name).read_bytes() if name.endswith(".toml") and Path(name).is_file() else _shipped(name)
    try:
        return TypeAdapter(Protocol).validate_python(tomllib.loads(text.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"not valid TOML: {error}", where=name, hint="correct the line") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the protocol"
        raise RecipeError(f"{key}: {first['msg']}", where=name, hint="compare with manifests/protocols") from None


def _shipped(name: str) -> bytes:
    """A protocol that comes with the package."""
    known = sorted(protocol_names())
    if name not in known:
        raise RecipeError(f"no protocol is called {name!r}", hint=f"known are {', '.join(known)}; or give a .toml file")
    return (resources.files("lcpipe.manifests") / "protocols" / f"{name}.toml").read_bytes()


def protocol_names() -> Iterator[str]:
    """The protocols that come with the package."""
    for file in (resources.files("lcpipe.manifests") / "protocols").iterdir():
        if file.name.endswith(".toml"):
            yield file.name.removesuffix(".toml")
