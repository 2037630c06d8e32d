"""What an evaluation does, as a versioned TOML file: one frozen protocol, checked whole before any work."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError

from lcpipe.pipeline.dataset.errors import RecipeError

MODEL = "model"  # what groups call the painter that is evaluated; baselines have names of their own
_FORBID = ConfigDict(extra="forbid")
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(gt=0)]
Level: TypeAlias = Annotated[int, Field(ge=0, strict=True)] | Literal["full"]
SplitName: TypeAlias = Literal["test", "validation"]


def _each_once(names: tuple[object, ...]) -> tuple[object, ...]:
    """Raises ValueError for what is named twice: it would be measured twice, and stand in every table twice."""
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise ValueError(f"{twice} is named twice")
    return names


Once = AfterValidator(_each_once)


@dataclass(frozen=True)
class Bootstrap:
    """How the interval of a mean over pictures is found."""

    __pydantic_config__ = _FORBID
    draws: Annotated[int, Field(gt=0, le=100_000)] = 2000
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95


@dataclass(frozen=True)
class Grid:
    """Pictures to look at: sheets of so many rows at these hints, so many drawings without a partner, and how many
    painted pictures of every group are kept as files of their own (for `lcpipe vote`)."""

    __pydantic_config__ = _FORBID
    rows: Count = 6
    hints: Annotated[tuple[Level, ...], Once] = (0, 16, "full")
    cell_px: Annotated[int, Field(ge=32, le=2048)] = 256
    line_art: Count = 4
    kept: Count = 24


@dataclass(frozen=True)
class Protocol:
    """A whole evaluation. `lines` names line columns, none means all of them and the authentic ones; a hint of
    `hints` is a point of the diameter `point_px`.

    `drawings` "paired" measures rows of the dataset beside their truth, "both" those that have authentic lines, too;
    "authentic" paints every authentic drawing at hand, `crops` random crops and flips of each, `repeats` times, and
    compares sets of pictures only, with the colour pictures of the same splits.
    """

    __pydantic_config__ = _FORBID
    name: str
    version: Positive
    seed: int
    splits: Annotated[tuple[SplitName, ...], Field(min_length=1), Once]
    n: Positive
    crop_px: Annotated[int, Field(ge=64, multiple_of=16)]
    hints: Annotated[tuple[Level, ...], Field(min_length=1), Once]
    metrics: Annotated[tuple[str, ...], Field(min_length=1), Once]
    point_px: Annotated[int, Field(ge=4, le=64, multiple_of=4)] = 8
    lines: Annotated[tuple[str, ...], Once] = ()
    drawings: Literal["paired", "both", "authentic"] = "paired"
    crops: Annotated[int, Field(gt=0, le=1000)] = 1
    repeats: Annotated[int, Field(gt=0, le=1000)] = 1
    bootstrap: Bootstrap = field(default_factory=Bootstrap)
    grid: Grid = field(default_factory=Grid)


def load_protocol(name: str) -> Protocol:
    """The protocol of that name, or in a TOML file. Raises RecipeError with the key at fault."""
    text = Path(name).read_bytes() if name.endswith(".toml") and Path(name).is_file() else _shipped(name)
    try:
        values = tomllib.loads(text.decode())
        protocol = TypeAdapter(Protocol).validate_python(values)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"not valid TOML: {error}", where=name, hint="correct the line") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the protocol"
        what = f"{key}: {first['msg'].removeprefix('Value error, ')}"
        raise RecipeError(what, where=name, hint="compare with manifests/protocols") from None
    if protocol.drawings == "authentic":
        _check_authentic(protocol, values.get("grid", {}), name)
    return protocol


def _check_authentic(protocol: Protocol, grid: Mapping[str, object], where: str) -> None:
    """Raises RecipeError for what authentic drawings cannot have: they have no colours. `grid` is as it was written."""
    if set(protocol.hints) != {0}:
        what = "hints: authentic drawings have no colours to take hints from"
        raise RecipeError(what, where=where, hint="write hints = [0], or other drawings")
    asked = next((key for key in ("hints", "rows") if grid.get(key)), None)
    if asked and (asked, grid[asked]) != ("hints", [0]):
        what = f"grid.{asked}: authentic drawings have no coloured partner to stand beside"
        raise RecipeError(what, where=where, hint=f"leave {asked} out, and use line_art for drawings to look at")


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
