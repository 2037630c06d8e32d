"""A parsed recipe written as TOML again, for people to read and for a build to repeat."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(tables: Mapping[str, Any]) -> str:
    """TOML that parses to the same value. Values without an own form in TOML (null) are left out."""
    return "\n".join(_table((), tables)).strip() + "\n"


def _table(path: tuple[str, ...], table: Mapping[str, Any]) -> Iterator[str]:
    scalars = {key: value for key, value in table.items() if value is not None and not _is_table(path, value)}
    if path and (scalars or not table):
        yield f"\n[{'.'.join(map(_key, path))}]"
    yield from (f"{_key(key)} = {inline(value)}" for key, value in scalars.items())
    for key, value in table.items():
        if _is_table(path, value):
            yield from _table((*path, key), value)


def _is_table(path: tuple[str, ...], value: Any) -> bool:
    # Two levels of headings (`[lines.xdog_03]`); what lies deeper is written inline, as people write it.
    return isinstance(value, Mapping) and len(path) < 2 and not (path and _is_choice(value))


def _is_choice(value: Mapping[str, Any]) -> bool:
    return set(value) in ({"choice"}, {"uniform"})


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _string(key)


def _string(text: str) -> str:
    # A JSON string is a TOML basic string, except that TOML wants DEL escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def inline(value: Any) -> str:
    """One value as it stands behind the equals sign."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key)} = {inline(item)}" for key, item in value.items() if item is not None)
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(inline(item) for item in value if item is not None)}]"
    return str(value)
