"""Settings of a line column whose values may be drawn anew for each record.

Instead of a plain value, a recipe (or a preset) may give `{choice = [a, b, …]}`, `{uniform = [low, high]}` or
`{weighted = {a = 3, b = 1}}`, whose names are the values. An extractor that draws by others has `{by = "key"}`: a table
of settings for each value of that other key, of which the drawn one's is drawn in turn and given as JSON.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from types import ModuleType
from typing import Any

import numpy as np

from . import plugins
from .dataset.canonical import canonical
from .dataset.draws import generator
from .dataset.errors import RecipeError
from .line_weights import resolved
from .plugins import suggestion
from .settings import parse

DRAWS = ("choice", "uniform", "weighted")
BY = "by"


def merged(module: ModuleType, preset: object, own: Mapping[str, Any], where: str) -> dict[str, Any]:
    """A preset's values overlaid by the recipe's own and checked, with the sha256 of weights that are drawn with.

    Raises RecipeError as `laid_over` does, and WeightsError where the weights are missing.
    """
    return resolved(module, laid_over(module, preset, own, where, merged))


def laid_over(
    module: ModuleType, preset: object, own: Mapping[str, Any], where: str, inner: Callable[..., dict[str, Any]]
) -> dict[str, Any]:
    """A preset's values overlaid by the recipe's own, every possible value checked against the extractor's settings.

    One of the recipe's own that says what another would, as τ says p, takes that one's place. `inner` makes the table
    of an extractor within this one. Raises RecipeError for an unknown preset, a malformed draw or a value the extractor
    refuses.
    """
    presets: dict[str, dict[str, Any]] = getattr(module, "PRESETS", {})
    name = str(getattr(module, "DEFAULT_PRESET", "") if preset is None else preset)
    if preset is not None and name not in presets:
        raise RecipeError(f"no preset is called '{name}'", where=where, hint=suggestion(name, presets))
    instead: dict[str, str] = getattr(module.Settings, "instead", {})
    table = {key: value for key, value in presets.get(name, {}).items() if instead.get(key) not in own} | dict(own)
    for key, value in table.items():
        if isinstance(value, Mapping):
            if BY in value:
                table[key] = _tables(value, table, f"{where} {key}", inner)
            else:
                _check_draw(value, f"{where} {key}")
    for values in _corners(table):
        parse(module.Settings, values, where)
    return table


def draw(table: Mapping[str, Any], seed: int, record: str, column: str) -> dict[str, Any]:
    """The plain values for one record; a draw depends on (seed, record, column and key) alone."""
    plain = {
        key: _drawn(value, seed, record, f"lines/{column}/{key}")
        for key, value in table.items()
        if not (isinstance(value, Mapping) and BY in value)
    }
    for key, value in table.items():
        if key not in plain:
            chosen = str(plain[value[BY]])
            plain[key] = canonical(draw(value[chosen], seed, record, f"{column}/{chosen}")).decode()
    return plain


def _tables(
    value: Mapping[str, Any], table: Mapping[str, Any], where: str, inner: Callable[..., dict[str, Any]]
) -> dict[str, Any]:
    """`{by = "key", …}` with a whole table for each extractor that `key` can name."""
    key = value[BY]
    if key not in table:
        raise RecipeError(f"nothing is called '{key}'", where=where, hint=suggestion(str(key), table))
    possible = [str(one) for one in _samples(table[key])]
    for name in value.keys() - {BY, *possible}:
        raise RecipeError(f"'{name}' is not drawn", where=where, hint=f"add it to {key}, or leave it out")
    tables: dict[str, Any] = {BY: key}
    for name in possible:
        own = dict(value.get(name, {}))
        module = plugins.load("extractors", name, where)
        whole = _defaults(module) | inner(module, own.pop("preset", None), own, f"{where} {name}")
        tables[name] = {**whole, "version": module.version}
    return tables


def _defaults(module: ModuleType) -> dict[str, Any]:
    return {one.name: one.default for one in fields(module.Settings) if one.default is not MISSING}


def _drawn(value: Any, seed: int, record: str, purpose: str) -> Any:
    if not isinstance(value, Mapping):
        return value
    rng = generator(seed, record, purpose)
    if "choice" in value:
        return value["choice"][int(rng.integers(len(value["choice"])))]
    if "weighted" in value:
        names = sorted(value["weighted"])
        shares = np.array([float(value["weighted"][name]) for name in names])
        return names[int(rng.choice(len(names), p=shares / shares.sum()))]
    low, high = value["uniform"]
    return float(rng.uniform(low, high))


def _check_draw(value: Mapping[str, Any], where: str) -> None:
    (kind, values), *more = value.items() or [("", None)]
    if more or kind not in DRAWS:
        raise RecipeError(
            "a drawn value has exactly one key", where=where, hint="write {choice = […]} or {uniform = [low, high]}"
        )
    if kind == "weighted":
        return _check_weights(values, where)
    if not isinstance(values, list | tuple) or not values:
        raise RecipeError(
            f"'{kind}' needs a list of values", where=where, hint="for example {choice = [0.3, 0.4, 0.5]}"
        )
    if kind == "uniform" and not _is_range(values):
        raise RecipeError(
            "'uniform' needs a low and a high value", where=where, hint="for example {uniform = [0.3, 0.5]}"
        )


def _check_weights(values: Any, where: str) -> None:
    good = isinstance(values, Mapping) and all(
        isinstance(one, int | float) and not isinstance(one, bool) and 0 <= one < math.inf for one in values.values()
    )
    if not good or not sum(values.values()):
        hint = "for example {weighted = {xdog = 3, sketch = 1}}"
        raise RecipeError("'weighted' needs names with weights that are not all 0", where=where, hint=hint)


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
    if BY in value:
        return [canonical(_corners(table)[0]).decode() for name, table in value.items() if name != BY]
    if "choice" in value:
        return list(value["choice"])
    if "weighted" in value:
        return [name for name, weight in value["weighted"].items() if weight > 0]
    low, high = value["uniform"]
    between = math.nextafter(low, high) if low < high else low  # where whole numbers are wanted, it is refused
    return [low, high, float(between)]
