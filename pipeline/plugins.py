"""Finds plug-ins by file name and imports one only when it is named, so a heavy one hurts nobody.

A plug-in is one file in `extractors/`, `pipeline/sources/`, `pipeline/measures/` or `pipeline/filters/`; files whose
name begins with an underscore are helpers. Other distributions add theirs by an entry point of the group
`lcpipe.plugins`, named `<kind>.<name>`, that points to a module.
"""

import importlib
import importlib.metadata
import pkgutil
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from types import ModuleType
from typing import Any

from .dataset.errors import RecipeError

PACKAGES = {
    "extractors": "lcpipe.extractors",
    "sources": "lcpipe.pipeline.sources",
    "measures": "lcpipe.pipeline.measures",
    "filters": "lcpipe.pipeline.filters",
}


@cache
def _modules(kind: str) -> dict[str, str]:
    package = importlib.import_module(PACKAGES[kind])
    own = {m.name: f"{PACKAGES[kind]}.{m.name}" for m in pkgutil.iter_modules(package.__path__) if m.name[0] != "_"}
    points = importlib.metadata.entry_points(group="lcpipe.plugins")
    foreign = {p.name.removeprefix(f"{kind}."): p.value for p in points if p.name.startswith(f"{kind}.")}
    return foreign | own


def names(kind: str) -> tuple[str, ...]:
    """The names of all plug-ins of a kind, sorted, without importing any."""
    return tuple(sorted(_modules(kind)))


def load(kind: str, name: str, where: str = "") -> ModuleType:
    """The module of one plug-in. Raises RecipeError that names the nearest one that exists."""
    if name not in _modules(kind):
        raise RecipeError(
            f"no {kind.removesuffix('s')} is called '{name}'", where=where, hint=suggestion(name, names(kind))
        )
    return importlib.import_module(_modules(kind)[name])


def version(kind: str, name: str) -> int:
    """The version of a plug-in: raised when the same input gives other output."""
    return int(load(kind, name).version)


def suggestion(name: str, known: Iterable[str]) -> str:
    """What to say of an unknown name: the nearest known one, or the list."""
    candidates = sorted(known)
    near = get_close_matches(name, candidates, n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(candidates) or 'none'}"


def describe() -> list[dict[str, Any]]:
    """One row per plug-in: kind, name, version and the first line of its docstring."""
    return [_description(kind, name) for kind in PACKAGES for name in names(kind)]


def _description(kind: str, name: str) -> dict[str, Any]:
    module = load(kind, name)
    first = (module.__doc__ or "").strip().splitlines()
    return {"kind": kind, "name": name, "version": int(module.version), "about": first[0] if first else ""}
