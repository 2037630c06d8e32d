"""Metadata as people write it in tables and JSON, in the catalog's columns."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any, get_args

from ..catalog import LISTS, METADATA
from ..dataset.errors import RecipeError
from ._item import Role

ROLES: tuple[Role, ...] = get_args(Role)
_EXAMPLES = {"consent": 'write "opted_out", or {"decision": "opted_out", "signals": ["robots.txt"]}'}
_WRITTEN = (bytes, float, date, time, Decimal)
_RIGHTS = {"licence": "license", "licence_url": "license_url", "licence_flag": ""}


def check_renames(columns: Mapping[str, str]) -> None:
    """Raises ValueError for a column that the catalog does not have."""
    for name in columns:
        if name not in (*METADATA.names, "role"):
            raise ValueError(f"columns: the catalog has no '{name}'; it has {', '.join(METADATA.names)} and role")


def role_of(given: str, name: str) -> Role:
    """A role by its name. Raises RecipeError."""
    for role in ROLES:
        if role == given:
            return role
    raise RecipeError(f"no role is called '{given}'", where=name, hint=f"there are: {', '.join(ROLES)}")


def plain_text(name: str) -> str:
    """Text as it can be kept: bytes that are no UTF-8, and halves of UTF-16 pairs, are spelt out."""
    return name.encode("utf-8", "backslashreplace").decode()


def as_text(value: Any) -> str:
    """A value of a table as text: bytes as UTF-8, times as ISO writes them; empty for nothing, and for NaN."""
    if value is None or value != value:  # the latter is NaN
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return value.isoformat() if isinstance(value, date | time) else str(value)


def known_columns(row: Mapping[str, Any], renames: Mapping[str, str], where: str) -> dict[str, Any]:
    """The values of a row that the catalog has columns for, and its role. Raises RecipeError for what is no value."""
    names = {**_RIGHTS, **{old: new for new, old in renames.items()}}
    renamed = {names.get(key, key): value for key, value in row.items() if key is not None}
    kept = {key: _value(key, value, where) for key, value in renamed.items() if key in METADATA.names or key == "role"}
    return {key: value for key, value in kept.items() if value is not None}


def _value(key: str, given: Any, where: str) -> Any:
    """One value as the catalog has it; None for nothing. Raises RecipeError for a list or table where text belongs."""
    value = as_text(given) if isinstance(given, _WRITTEN) else given
    if value is None or value == "":
        return None
    if key in LISTS:
        return [_plain(key, tag, where) for tag in _tags(value) if tag is not None]
    if key == "score":
        return _score(value)
    if key == "consent" and isinstance(value, dict):
        signals = value.get("signals") or []
        signals = [_plain(key, one, where) for one in (signals if isinstance(signals, list) else [signals])]
        return {"decision": _plain(key, value.get("decision"), where), "signals": signals}
    if key == "consent":
        return {"decision": _plain(key, value, where), "signals": []}
    return str(value) if isinstance(value, int | float) else _plain(key, value, where)


def _plain(key: str, value: Any, where: str) -> str:
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise RecipeError(
        f"'{key}' cannot be {json.dumps(value, default=str)[:60]}", where=where, hint=_EXAMPLES.get(key, "write a text")
    )


def _tags(value: Any) -> Sequence[Any]:
    """Tags as a list, as a JSON list in a cell of a table, or as words with spaces between them."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return str(value).split()
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) else str(value).split()


def _score(value: Any) -> int | None:
    try:
        score = float(str(value))  # tables keep a column of whole numbers with gaps as 3.0
    except ValueError:
        return None
    return int(score) if score.is_integer() and abs(score) < 2**31 else None
