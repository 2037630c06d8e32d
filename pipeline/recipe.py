"""A recipe: what to build, checked whole before any work begins. Where and how are the command line's business."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Literal

import pyarrow as pa
from pydantic import Field

from . import measure_asks, plugins
from .catalog import METADATA
from .dataset.errors import RecipeError
from .line_settings import merged
from .measure_asks import MeasureAsk
from .settings import parse

DEFAULT_FILTERS = ("consent", "rating")
TABLES = ("sources", "crawl", "exclude", "measures", "filters", "near_duplicates", "pairs", "split", "render", "lines")
NAMED = {one.name: one.type for one in METADATA} | dict.fromkeys(
    ("id", "role"), pa.string()
)  # columns of every picture
_OTHERS = (
    "refs",
    "reason",
    "reasons",
    "detail",
    "failure",
    "verdict",
    "stage",
    "kept_id",
    "config",
    "split",
    "cluster",
)
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_COLUMN = re.compile(r"[a-z][a-z0-9_]{0,47}")
_FORBID = {"extra": "forbid"}


@dataclass(frozen=True)
class Reduce:
    """What is larger than `short_side` px is shrunk to it and encoded anew: as JPEG, or as lossless WebP."""

    __pydantic_config__ = _FORBID
    short_side: Annotated[int, Field(ge=64, le=16384)]
    codec: Literal["jpeg", "webp"] = "jpeg"
    quality: Annotated[int, Field(ge=50, le=100)] = 95
    chroma: Literal["4:4:4", "4:2:0"] = "4:4:4"


@dataclass(frozen=True)
class Crawl:
    """Politeness and safety, for all network sources, and which share of the rows may fail.

    `contact` is sent to every host and needed for public ones. `allow_hosts` names hosts (`host` or `host:port`) that
    may be private or loopback and may be asked without TLS; others may only with `plain_http`, and never when private.
    With `reduce`, pictures are stored smaller than they came.
    """

    __pydantic_config__ = _FORBID
    contact: str | None = None
    user_agent: str | None = None
    max_failed: Annotated[float, Field(ge=0, le=1)] = 0.05
    connections_per_host: Annotated[int, Field(ge=1, le=64)] = 2
    requests_per_second: Annotated[float, Field(gt=0, le=1e6)] = 1.0
    allow_hosts: tuple[str, ...] = ()
    plain_http: bool = False
    attempts: Annotated[int, Field(ge=1, le=100)] = 5
    backoff_s: Annotated[float, Field(gt=0, le=3600)] = 2.0
    longest_wait_s: Annotated[float, Field(gt=0, le=86400)] = 300.0
    timeout_s: Annotated[float, Field(gt=0, le=3600)] = 30.0
    deadline_s: Annotated[float, Field(gt=0, le=86400)] = 300.0
    max_bytes: Annotated[int, Field(ge=1024, le=2**31)] = 256 * 1024**2
    max_pixels: Annotated[int, Field(ge=1, le=2**31)] = 100_000_000
    reduce: Reduce | None = None


@dataclass(frozen=True)
class ExcludeLists:
    """Takedowns and other rows to leave out: by id, by ref (`source:native id`), or by artist."""

    __pydantic_config__ = _FORBID
    ids: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    artists: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exclude(ExcludeLists):
    """The lists of the recipe itself, and files that hold more of them."""

    __pydantic_config__ = _FORBID
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class NearDuplicates:
    """Near-duplicates: hashes that differ in at most `distance` of 64 bits, and thumbnails that agree.

    With 0 only equal pHashes are held against each other: no crops, no mirrored pictures.
    """

    __pydantic_config__ = _FORBID
    distance: Annotated[int, Field(ge=0, le=16)] = 6
    color_difference: Annotated[float, Field(ge=0, le=255)] = 12.0
    keep: Literal["best", "all"] = "best"


@dataclass(frozen=True)
class Pairs:
    """Pair pictures with authentic line art; `min_score` is how well its ink must lie on their lines, 0 to 1.

    With `search`, pictures of any name are tried that look as if they had the drawing's lines; without, only those that
    a pair key or a relation (parent, child, pool) names.
    """

    __pydantic_config__ = _FORBID
    min_score: Annotated[float, Field(ge=0, le=1)] = 0.55
    search: bool = True


@dataclass(frozen=True)
class Split:
    """Shares of clusters held out; `salt` alone decides which, so another seed does not reshuffle the benchmark."""

    __pydantic_config__ = _FORBID
    salt: str | None = None
    validation: Annotated[float, Field(ge=0, lt=1)] = 0.05
    test: Annotated[float, Field(ge=0, lt=1)] = 0.05
    authentic_test: Annotated[float, Field(ge=0, lt=1)] = 0.25  # of families with authentic line art, if any are tested
    artists: bool = False  # all works of an artist in one split
    base: str | None = None


@dataclass(frozen=True)
class Codec:
    """How colour is stored: JPEG 4:4:4 of a quality, or lossless WebP."""

    __pydantic_config__ = _FORBID
    codec: Literal["jpeg", "webp"] = "jpeg"
    quality: Annotated[int, Field(ge=50, le=100)] = 95


@dataclass(frozen=True)
class Render:
    """Target size in pixels, and how many times larger lines are drawn before they are shrunk."""

    __pydantic_config__ = _FORBID
    short_side: Annotated[int, Field(ge=32, le=4096, multiple_of=16)] = 512
    oversample: Annotated[int, Field(ge=1, le=4)] = 2
    color: Codec = field(default_factory=Codec)


@dataclass(frozen=True)
class Plugin:
    """A plug-in of the recipe with its checked settings; `table` is what the recipe wrote."""

    name: str
    kind: str
    module: ModuleType = field(repr=False)
    settings: Any
    table: dict[str, Any]


@dataclass(frozen=True)
class LineColumn:
    """One line column: an extractor and a table of settings, of which some may be drawn per record."""

    name: str
    extractor: str
    module: ModuleType = field(repr=False)
    table: dict[str, Any]


@dataclass(frozen=True)
class Recipe:
    """Everything a dataset depends on, beside the catalog and the environment."""

    name: str
    version: str
    seed: int
    sources: tuple[Plugin, ...]
    crawl: Crawl
    exclude: Exclude
    measures: tuple[MeasureAsk, ...]
    filters: tuple[Plugin, ...]
    near_duplicates: NearDuplicates
    pairs: Pairs | None
    split: Split
    render: Render
    lines: tuple[LineColumn, ...]
    table: dict[str, Any]
    folder: Path

    @property
    def salt(self) -> str:
        """The key of the shuffle and of the splits."""
        return self.split.salt if self.split.salt is not None else self.name


def read_recipe(path: str | Path) -> Recipe:
    """Reads and checks a recipe. Raises RecipeError that says what, where and what to do."""
    file = Path(path)
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise RecipeError("no such recipe", where=str(path), hint="`lcpipe init` writes a commented one") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"cannot read the recipe: {error}", where=str(path), hint="check the file") from None
    except (ValueError, RecursionError) as error:
        raise RecipeError(
            f"not valid TOML: {error}", where=str(path), hint="check quotes, brackets and commas there"
        ) from None
    return parse_recipe(table, folder=file.resolve().parent, where=file.name)


def parse_recipe(table: dict[str, Any], *, folder: Path, where: str) -> Recipe:
    """Checks a recipe given as a table; relative paths in it are taken from `folder`. Raises RecipeError."""
    _refuse_odd_values(table, where)
    head = _head(table, where)
    for name in TABLES:
        if not isinstance(table.get(name, {}), dict):
            raise RecipeError(f"'{name}' must be a table", where=where, hint=f"write [{name}]")
    measures = _measures(table.get("measures", {}), folder, where)
    recipe = Recipe(
        **head,
        sources=_sources(table.get("sources", {}), where),
        crawl=parse(Crawl, table.get("crawl", {}), f"{where} [crawl]"),
        exclude=parse(Exclude, table.get("exclude", {}), f"{where} [exclude]"),
        measures=measures,
        filters=_filters(table.get("filters", {}), measures, where),
        near_duplicates=parse(NearDuplicates, table.get("near_duplicates", {}), f"{where} [near_duplicates]"),
        pairs=parse(Pairs, table["pairs"], f"{where} [pairs]") if "pairs" in table else None,
        split=parse(Split, table.get("split", {}), f"{where} [split]"),
        render=parse(Render, table.get("render", {}), f"{where} [render]"),
        lines=_lines(table.get("lines", {}), where),
        table=table,
        folder=folder,
    )
    if recipe.split.test + recipe.split.validation >= 1:
        raise RecipeError(
            "nothing is left for training", where=f"{where} [split]", hint="test + validation must stay below 1"
        )
    return recipe


def _refuse_odd_values(value: Any, where: str) -> None:
    """TOML's integers have 64 bits, which Python's reader does not hold; and no path or name can hold a NUL."""
    if isinstance(value, dict):
        for key, one in value.items():
            _refuse_odd_values(one, f"{where} {key}")
    elif isinstance(value, list):
        for one in value:
            _refuse_odd_values(one, where)
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise RecipeError("the number is too large", where=where, hint="integers have 64 bits at most")
    elif isinstance(value, str) and "\0" in value:
        raise RecipeError("the text holds a NUL character", where=where, hint="remove it")


@dataclass(frozen=True)
class _Head:
    name: Annotated[str, Field(pattern=f"^{_NAME.pattern}$")]
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}$")] = "0.1.0"
    seed: Annotated[int, Field(ge=0)] = 0


def _head(table: dict[str, Any], where: str) -> dict[str, Any]:
    known = [*_Head.__dataclass_fields__, *TABLES]
    for key in table:
        if key not in known:
            raise RecipeError(f"unknown key '{key}'", where=where, hint=plugins.suggestion(key, known))
    head = parse(_Head, {key: table[key] for key in _Head.__dataclass_fields__ if key in table}, where)
    return dict(head.__dict__)


def _sources(tables: dict[str, Any], where: str) -> tuple[Plugin, ...]:
    if not tables:
        raise RecipeError(
            "the recipe has no source", where=where, hint='add [sources.local] with kind = "folder" and a path'
        )
    for name in tables:
        if not _NAME.fullmatch(name):
            raise RecipeError(
                f"'{name}' cannot name a source", where=f"{where} [sources]", hint="use a-z, 0-9, - and _"
            )
    return tuple(_plugin("sources", name, table, where) for name, table in tables.items())


def _measures(tables: dict[str, Any], folder: Path, where: str) -> tuple[MeasureAsk, ...]:
    """The recipe's own measures, each tried once."""
    own: list[MeasureAsk] = []
    for name, table in tables.items():
        taken = [*NAMED, *_OTHERS, *measure_asks.owners(own)]
        own.append(measure_asks.configured(name, table, folder, where, taken))
    return tuple(own)


def _filters(tables: dict[str, Any], measures: tuple[MeasureAsk, ...], where: str) -> tuple[Plugin, ...]:
    wanted = {name: {} for name in DEFAULT_FILTERS} | tables
    found = tuple(_plugin("filters", name, wanted[name], where) for name in sorted(wanted))
    for one in found:
        if hasattr(one.module, "check"):
            _checked(one, measures, where)
    return found


def _checked(one: Plugin, measures: tuple[MeasureAsk, ...], where: str) -> None:
    """A filter whose settings name columns is held against those that there are."""
    measured = {column: kind for column, (_, kind) in measure_asks.owners(measures).items()}
    try:
        one.module.check(one.settings, NAMED | measured)
    except ValueError as error:
        hint = "`lcpipe plugins` lists the measures; see docs/measures-and-filters.md for the language"
        raise RecipeError(str(error), where=f"{where} [filters.{one.name}]", hint=hint) from None


def _plugin(group: str, name: str, table: Any, where: str) -> Plugin:
    place = f"{where} [{group}.{name}]"
    if not isinstance(table, dict):
        raise RecipeError("expected a table", where=place, hint=f"write [{group}.{name}] on a line of its own")
    own = dict(table)
    if group == "sources" and not isinstance(own.get("kind"), str):
        raise RecipeError(
            "a source needs its kind", where=place, hint=f"there are: {', '.join(plugins.names('sources'))}"
        )
    kind = own.pop("kind") if group == "sources" else name
    module = plugins.load(group, kind, place)
    return Plugin(name=name, kind=kind, module=module, settings=parse(module.Settings, own, place), table=own)


def _lines(tables: dict[str, Any], where: str) -> tuple[LineColumn, ...]:
    return tuple(
        _line_column(name, table, where) for name, table in (tables or {"xdog": {"extractor": "xdog"}}).items()
    )


def _line_column(name: str, table: Any, where: str) -> LineColumn:
    place = f"{where} [lines.{name}]"
    if not _COLUMN.fullmatch(name) or name == "authentic" or name.endswith("_params"):
        raise RecipeError(
            f"'{name}' cannot name a line column", where=place, hint="use a-z, 0-9 and _; 'authentic' is taken"
        )
    if not isinstance(table, dict) or not isinstance(table.get("extractor"), str):
        known = ", ".join(plugins.names("extractors"))
        raise RecipeError("a line column needs its extractor", where=place, hint=f"there are: {known}")
    own = {key: value for key, value in table.items() if key not in ("extractor", "preset")}
    module = plugins.load("extractors", table["extractor"], place)
    return LineColumn(name, table["extractor"], module, merged(module, table.get("preset"), own, place))
