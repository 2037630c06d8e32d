"""Turns tables of a TOML file into frozen settings, or into one line that says what is wrong."""

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from .dataset.errors import RecipeError
from .plugins import suggestion

T = TypeVar("T")


def parse(kind: type[T], table: Mapping[str, Any], where: str) -> T:
    """Validates `table` as the frozen dataclass `kind`. Raises RecipeError; an unknown key names the nearest one."""
    _refuse_unknown(kind, table, where)
    try:
        checked: T = _validator(cast(Any, kind)).validate_python(dict(table))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        place = f"{where} {key}".strip()
        raise RecipeError(_sentence(first), where=place, hint="see `lcpipe init` for every key") from None
    _refuse_truths(checked, table, where)
    return checked


@cache
def _validator(kind: Any) -> TypeAdapter[Any]:
    """Built once: building costs a hundred times more than validating, and render validates each drawn value."""
    return TypeAdapter(kind)


def _refuse_unknown(kind: type[Any], table: Mapping[str, Any], where: str) -> None:
    known = [field.name for field in fields(kind)]
    for key in table:
        if key not in known:
            raise RecipeError(f"unknown key '{key}'", where=where, hint=suggestion(key, known))


def _refuse_truths(checked: Any, table: Mapping[str, Any], where: str) -> None:
    """`px = true` is a slip, though Python counts a truth as 1."""
    for key, given in table.items():
        if isinstance(given, bool) and not isinstance(getattr(checked, key), bool):
            raise RecipeError(
                f"{key} takes no true or false", where=where, hint="give a value; leave the key out for its default"
            )


def _sentence(error: Any) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "missing":
        return "a required key is missing"
    given = repr(error["input"])
    if isinstance(error["input"], Mapping) and not error["loc"]:
        return message  # a check of several values together names them itself
    return f"{message}, not {given if len(given) < 60 else given[:57] + '...'}"
