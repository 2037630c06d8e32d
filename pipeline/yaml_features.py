"""An Arrow schema as the list of features in a dataset card, in the words of the Hugging Face hub."""

from typing import Any

import pyarrow as pa

_NAMES = {"double": "float64", "float": "float32", "halffloat": "float16"}


def feature_list(schema: pa.Schema) -> list[dict[str, Any]]:
    """One entry per column."""
    return [_feature(field) for field in schema]


def _feature(field: pa.Field) -> dict[str, Any]:
    return {"name": field.name, **_kind("dtype", field.type)}


def _kind(key: str, kind: pa.DataType) -> dict[str, Any]:
    """The type under `key`, or under its own key where it has parts."""
    if is_image(kind):
        return {key: "image"}
    if pa.types.is_struct(kind):
        return {"struct": [_feature(kind.field(number)) for number in range(kind.num_fields)]}
    if pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
        return {"list": _item(kind.value_type), **_length(kind)}
    return {key: _scalar(kind)}


def _item(kind: pa.DataType) -> Any:
    inner = _kind("dtype", kind)
    return inner.get("dtype") or inner.get("struct") or inner


def _length(kind: pa.DataType) -> dict[str, Any]:
    return {"length": kind.list_size} if pa.types.is_fixed_size_list(kind) else {}


def _scalar(kind: pa.DataType) -> str:
    return _NAMES.get(str(kind), str(kind))


def is_image(kind: pa.DataType) -> bool:
    """True for the storage type of a picture: a struct of `bytes` and `path`."""
    return bool(pa.types.is_struct(kind)) and {kind.field(i).name for i in range(kind.num_fields)} == {"bytes", "path"}
