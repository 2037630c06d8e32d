"""Settings of a line column whose values may be drawn anew for each record.

Instead of a plain value, a recipe (or a preset) may give `{choice = [a, b, …]}` or `{uniform = [low, high]}`.
"""

import math
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from .dataset.draws import generator
from .dataset.errors import RecipeError
from .plugins import suggestion
from .settings import parse

DRAWS = ("choice", "uniform")


def merged(module: ModuleType, preset: object, own: Mapping[str, Any], where: str) -> dict[str, Any]:
    """A preset's values overlaid by the recipe's own, every possible value checked against the extractor's settings.

    Raises RecipeError for an unknown preset, a malformed draw or a value the extractor refuses.
    """
    presets: dict[str, dict[str, Any]] = getattr(module, "PRESETS", {})
    name = str(getattr(module, "DEFAULT_PRESET", "") if preset is None else preset)
    if preset is not None and name not in presets:
        raise RecipeError(f"no preset is called '{name}'", where=where, hint=suggestion(name, presets))
    table = dict(presets.get(name, {})) | dict(own)
    for key, value in table.items():
        if isinstance(value, Mapping):
            _check_draw(value, f"{where} {key}")
    for values in _corners(table):
        parse(module.Settings, values, where)
    return table


def draw(table: Mapping[str, Any], seed: int, record: str, column: str) -> dict[str, Any]:
    """The plain values for one record; a draw depends on (seed, record, column and key) alone."""
    return {key: _drawn(value, seed, record, f"lines/{column}/{key}") for key, value in table.items()}


def _drawn(value: Any, seed: int, record: str, purpose: str) -> Any:
    if not isinstance(value, Mapping):
        return value
    rng = generator(seed, record, purpose)
    if "choice" in value:
        return value["choice"][int(rng.integers(len(value["choice"])))]
    low, high = value["uniform"]
    return float(rng.uniform(low, high))


def _check_draw(value: Mapping[str, Any], where: str) -> None:
    (kind, values), *more = value.items() or [("", None)]
    if more or kind not in DRAWS:
        raise RecipeError(
            "a drawn value has exactly one key", where=where, hint="write {choice = […]} or {uniform = [low, high]}"
        )
    if not isinstance(values, list | tuple) or not values:
        raise RecipeError(
            f"'{kind}' needs a list of values", where=where, hint="for example {choice = [0.3, 0.4, 0.5]}"
        )
    if kind == "uniform" and not _is_range(values):
        raise RecipeError(
            "'uniform' needs a low and a high value", where=where, hint="for example {uniform = [0.3, 0.5]}"
        )


def _is_range(values: Sequence[Any]) -> bool:
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in values)
    return len(values) == 2 and numbers and values[0] <= values[1]


def _corners(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Plain tables that together show every value a choice can give, and of a range its ends and one between."""
    samples = {key: _samples(value) for key, value in table.items()}
    longest = max((len(values) for values in samples.values()), default=1)
    return [{key: values[min(i, len(values) - 1)] for key, values in samples.items()} for i in range(longest)]


def _samples(value: Any) -> list[Any]:
    if not isinstance(value, Mapping):
        return [value]
    if "choice" in value:
        return list(value["choice"])
    low, high = value["uniform"]
    between = math.nextafter(low, high) if low < high else low  # where whole numbers are wanted, it is refused
    return [low, high, float(between)]
