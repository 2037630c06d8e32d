"""What sources say of a picture, in the catalog's words."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from .catalog import METADATA
from .licenses import normal_license
from .network.targets import without_secrets

ADDRESSES = ("source_url", "page_url", "license_url")
INT32 = range(-(2**31), 2**31)
RATINGS = ("g", "s", "q", "e")
_RATING_NAMES = {"general": "g", "safe": "s", "sensitive": "s", "questionable": "q", "explicit": "e"}


def described(source: str, role: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Source, role and metadata of one row; what is already in the catalog's words stays as it is."""
    given = {name: metadata.get(name) for name in METADATA.names}
    rating = str(given["rating"]).lower() if given["rating"] else None
    given["rating"] = _RATING_NAMES.get(str(rating), rating if rating in RATINGS else None)
    given["license"], given["license_url"] = normal_license(given["license"], given["license_url"])
    for name in ADDRESSES:
        given[name] = without_secrets(str(given[name])) if given[name] else None
    given["created_at"] = _time(given["created_at"])
    given["consent"] = _consent(given["consent"])
    given["pools"] = [f"{source}:{pool}" for pool in given["pools"]] if given["pools"] else None
    return {"source": source, "role": role, **given}


def _consent(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A decision in the catalog's spelling: `Opted-out` is `opted_out`."""
    if given is None:
        return None
    return {**given, "decision": re.sub(r"[\s-]+", "_", str(given["decision"]).strip().lower())}


def _time(text: Any) -> str | None:
    """ISO text with microseconds in UTC, or None for what is not a time."""
    try:
        time = datetime.fromisoformat(str(text)) if text else None
        if time is None:
            return None
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="microseconds")
    except (ValueError, OverflowError):
        return None


def plain(value: Any) -> Any:
    """A value of JSON whose texts can be encoded: halves of UTF-16 pairs, which JSON can hold, are spelt out."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, Mapping):
        return {plain(str(key)): plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def fitted_table(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Rows as a table; where a site gave a value of another kind than the column has, it is made to fit or left out."""
    try:
        return pa.Table.from_pylist(rows, schema=schema)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        fitted = [{field.name: _fitted(row.get(field.name), field.type) for field in schema} for row in rows]
        return pa.Table.from_pylist(fitted, schema=schema)


def _fitted(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_string(kind):
        return str(value)
    if pa.types.is_integer(kind):
        number = int(value) if str(value).lstrip("-").isdecimal() else None
        return None if number is None or (pa.types.is_int32(kind) and number not in INT32) else number
    if pa.types.is_list(kind):
        return [_fitted(one, kind.value_type) for one in value] if isinstance(value, list | tuple) else None
    if isinstance(value, Mapping):
        return {field.name: _fitted(value.get(field.name), field.type) for field in kind}
    return None
