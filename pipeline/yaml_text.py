"""Plain values written as YAML that every reader takes the same way: strings are always quoted."""

import json
import re
from collections.abc import Iterator
from typing import Any

# What YAML refuses to see unescaped although JSON allows it.
_UNPRINTABLE = re.compile("[^\x20-\x7e\xa0-\u2027\u202f-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def yaml_text(value: dict[str, Any]) -> str:
    """Block YAML of dicts, lists, strings, numbers, booleans and null."""
    return "\n".join(_lines(value)) + "\n"


def scalar(value: str | int | float | bool | None) -> str:
    """One value on one line; a string becomes a JSON string, which is a YAML double-quoted scalar."""
    text = json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and "." not in text:
        text = text.replace("e", ".0e")  # to YAML 1.1, `1e-05` is a word
    return _UNPRINTABLE.sub(lambda match: f"\\U{ord(match.group()):08x}", text)


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _entry(f"{_key(key)}:", item)
    else:
        for item in value:
            yield from _item(item)


def _entry(head: str, item: Any) -> Iterator[str]:
    if isinstance(item, (dict, list)) and item:
        yield head
        yield from ("  " + line for line in _lines(item))
    else:
        yield f"{head} {_flat(item)}"


def _item(item: Any) -> Iterator[str]:
    if not isinstance(item, (dict, list)) or not item:
        yield f"- {_flat(item)}"
        return
    for number, line in enumerate(_lines(item)):
        yield ("- " if number == 0 else "  ") + line


def _flat(item: Any) -> str:
    return json.dumps(item) if isinstance(item, (dict, list)) else scalar(item)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[a-z_]{4,}", key) and key not in ("true", "false", "null") else scalar(key)
