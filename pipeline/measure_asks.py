"""What is asked of each picture, measure by measure: everything a value depends on beside the picture, and no more.

Most measures are plug-ins that need no words. A plug-in with `Settings` (a net in a file) is measured once for each
`[measures.<name>]` of a recipe; the file's sha256 and the settings are part of what its values are called in the cache.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from . import plugins
from .dataset.canonical import digest_of
from .dataset.decode import Facts
from .dataset.errors import LcpipeError, RecipeError, StorageError
from .dataset.storage import read_bytes
from .settings import parse

DECODE_VERSION = 1
WIDE_BYTES = 64  # a value of more is wide
ALWAYS = ("dimensions", "phash", "thumbnail")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")

Measure = Callable[[npt.NDArray[np.uint8], Facts], dict[str, Any]]


@dataclass(frozen=True)
class MeasureAsk:
    """One measure; `key` names its values in the cache, `needs` the view of the picture. Crosses to the workers."""

    name: str
    key: str
    kind: str  # the plug-in
    needs: str
    columns: tuple[tuple[str, pa.DataType], ...]
    settings: Any = None
    weights: str | None = None  # where the net lies
    sha256: str | None = None

    @property
    def type(self) -> pa.StructType:
        """Its values as one column."""
        return pa.struct(list(self.columns))

    @property
    def is_wide(self) -> bool:
        """True when its values are too wide to hold those of all pictures in memory."""
        return any(pa.types.is_fixed_size_binary(kind) and kind.byte_width > WIDE_BYTES for _, kind in self.columns)


def is_configured(module: ModuleType) -> bool:
    """True for a plug-in that a recipe has to configure: it measures nothing by its name alone."""
    return hasattr(module, "Settings")


def built_in() -> tuple[str, ...]:
    """The measures that need no settings, by name."""
    return tuple(name for name in plugins.names("measures") if not is_configured(plugins.load("measures", name)))


def ask(name: str) -> MeasureAsk:
    """A measure without settings."""
    module = plugins.load("measures", name)
    key = f"{name}-{module.version}-{DECODE_VERSION}"
    return MeasureAsk(name, key, name, module.needs, tuple(module.columns.items()))


def asked(names: Iterable[str], own: Iterable[MeasureAsk]) -> tuple[MeasureAsk, ...]:
    """The measures of these names, of the recipe or built in, ordered by name."""
    configured = {one.name: one for one in own}
    return tuple(configured[name] if name in configured else ask(name) for name in sorted(set(names)))


def owners(own: Iterable[MeasureAsk]) -> dict[str, tuple[str, pa.DataType]]:
    """Every column that filters can look at: its measure and its type. Wide ones, such as thumbnails, are none."""
    everything = [*map(ask, built_in()), *own]
    return {column: (one.name, kind) for one in everything if not one.is_wide for column, kind in one.columns}


def configured(name: str, table: Any, folder: Path, where: str, taken: Collection[str]) -> MeasureAsk:
    """The measure that `[measures.<name>]` describes, tried once. Raises RecipeError.

    No column may have the name of one that is `taken`.
    """
    place = f"{where} [measures.{name}]"
    kinds = [one for one in plugins.names("measures") if is_configured(plugins.load("measures", one))]
    if not _NAME.fullmatch(name) or name in plugins.names("measures"):
        raise RecipeError(f"'{name}' cannot name a measure", where=place, hint="use a-z, 0-9 and _, and no known name")
    if not isinstance(table, dict) or table.get("kind") not in kinds:
        raise RecipeError("a measure needs its kind", where=place, hint=f"there are: {', '.join(kinds)}")
    kind = table["kind"]
    module = plugins.load("measures", kind)
    settings = parse(module.Settings, {key: value for key, value in table.items() if key != "kind"}, place)
    columns = module.columns(name, settings)
    if shared := [column for column in columns if column in taken]:
        raise RecipeError(f"there is a column '{shared[0]}' already", where=place, hint="call the measure otherwise")
    weights = settings.path if "://" in settings.path else str(folder / settings.path)
    net = _net(weights, place)
    sha256 = hashlib.sha256(net).hexdigest()
    others = {key: value for key, value in asdict(settings).items() if key != "path"}
    asked_for = digest_of({"kind": kind, "version": module.version, "settings": others, "sha256": sha256})
    key = f"{name}-{asked_for[:24]}-{DECODE_VERSION}"
    made = MeasureAsk(name, key, kind, settings.looks_at, tuple(columns.items()), settings, weights, sha256)
    _prepared(made, net, place)
    return made


def measurer(one: MeasureAsk) -> Measure:
    """The function that measures. Raises LcpipeError when the net is not the one that the recipe was read with."""
    if one.weights is None:
        function: Measure = plugins.load("measures", one.kind).measure
        return function
    return _loaded(one)


@lru_cache(maxsize=8)
def _loaded(one: MeasureAsk) -> Measure:
    """Once per process: a net may have hundreds of megabytes."""
    net = _net(str(one.weights), one.name)
    if hashlib.sha256(net).hexdigest() != one.sha256:
        raise LcpipeError("the net is another one now", where=str(one.weights), hint="leave it alone during a build")
    return _prepared(one, net, f"[measures.{one.name}]")


def _prepared(one: MeasureAsk, net: bytes, place: str) -> Measure:
    try:
        function: Measure = plugins.load("measures", one.kind).prepare(one.name, one.settings, net)
    except ModuleNotFoundError as error:
        hint = f"install it with: pip install 'lcpipe[{one.kind}]'"
        raise RecipeError(f"this measure needs the package {error.name}", where=place, hint=hint) from None
    except ValueError as error:
        raise RecipeError(str(error), where=place, hint=f"look at {one.weights}") from None
    return function


def _net(uri: str, place: str) -> bytes:
    try:
        return read_bytes(uri)
    except StorageError as error:
        raise RecipeError(f"cannot read the net: {error.what}", where=place, hint=f"check the path {uri}") from None
