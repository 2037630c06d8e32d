"""The columns of a packed dataset: names, types, which may be null, and what they mean.

Within a major version of the schema only nullable columns are added, each with the version that it came `since`, and
readers ignore the ones they do not know. Whoever changes a column raises SCHEMA_VERSION by what `change_between` says,
and keeps a small dataset of the version before under tests/dataset/versions.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from .errors import DatasetError

SCHEMA_VERSION = "1.1.0"

IMAGE = pa.struct([pa.field("bytes", pa.binary()), pa.field("path", pa.string())])
REF = pa.struct([pa.field(name, pa.string()) for name in ("source", "native_id", "source_url", "page_url")])
CONSENT = pa.struct([pa.field("decision", pa.string()), pa.field("signals", pa.list_(pa.string()))])
_STRINGS = pa.list_(pa.string())

_LINE_NAME = re.compile(r"[a-z][a-z0-9_]*")
_VERSION = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){2}")


@dataclass(frozen=True)
class Column:
    """One column of the contract."""

    name: str
    type: pa.DataType
    nullable: bool
    meaning: str
    since: str = "1.0.0"

    @property
    def field(self) -> pa.Field:
        """The column as a field of an Arrow schema.

        Pictures are nullable in the file even where the contract wants one in every row: `datasets` takes a field that
        is not for a plain struct, and would yield bytes where it should yield pictures.
        """
        return pa.field(self.name, self.type, self.nullable or self.type == IMAGE)


_ID = Column("id", pa.string(), False, "sha256 (hex) of the original encoded bytes")
_COLOR = Column("color", IMAGE, False, "the picture at target size; its sides are multiples of 16")
_AUTHENTIC_PAIR = (
    Column("line_authentic", IMAGE, True, "the real line drawing of this picture, registered onto `color`"),
    Column("pair_score", pa.float64(), True, "how well the real line drawing fits, 0 to 1"),
    Column("pair_transform", pa.list_(pa.float64()), True, "the registration: its matrix row by row"),
)
_AUTHENTIC = Column("line_authentic", IMAGE, False, "the real line drawing, 8-bit grey")
_DESCRIPTION = (
    Column("width", pa.int32(), False, "pixels, of the stored picture"),
    Column("height", pa.int32(), False, "pixels, of the stored picture"),
    Column("original_width", pa.int32(), False, "pixels, of the original turned as EXIF says"),
    Column("original_height", pa.int32(), False, "pixels, of the original turned as EXIF says"),
    Column("phash", pa.binary(8), False, "perceptual hash of the original"),
    Column("cluster", pa.string(), False, "id of the near-duplicate cluster; a cluster is in one split only"),
    Column("rating", pa.string(), True, "g, s, q or e"),
    Column("tags_general", _STRINGS, True, "as in the source"),
    Column("tags_character", _STRINGS, True, "as in the source"),
    Column("tags_copyright", _STRINGS, True, "as in the source"),
    Column("tags_artist", _STRINGS, True, "as in the source"),
    Column("tags_meta", _STRINGS, True, "as in the source"),
    Column("score", pa.int32(), True, "as in the source"),
    Column("created_at", pa.timestamp("us", tz="UTC"), True, "as in the source"),
    Column("parent_id", pa.string(), True, "as in the source; a family is in one split only"),
    Column("license", pa.string(), False, "SPDX id, Creative Commons URL or `unknown`"),
    Column("license_url", pa.string(), True, "text of the licence"),
    Column("artist", pa.string(), True, "who made the picture"),
    Column("source_url", pa.string(), True, "where the file was"),
    Column("page_url", pa.string(), True, "the page that showed it"),
    Column("fetched_sha256", pa.string(), True, "sha256 (hex) of the file it was made from, if not `id`", "1.1.0"),
    Column("consent", CONSENT, True, "the decision and the signals that it rests on"),
    Column("refs", pa.list_(REF), False, "every place where the picture was found"),
)
_DROPS = (
    Column("id", pa.string(), False, "sha256 (hex) of the original encoded bytes, or of its ref where it has none"),
    Column("refs", pa.list_(REF), False, "every place where it was found"),
    Column("role", pa.string(), True, "color or line_art"),
    Column("stage", pa.string(), False, "crawl, measure, select, render: where it was dropped"),
    Column("reason", pa.string(), False, "the first reason"),
    Column("reasons", _STRINGS, False, "all reasons"),
    Column("kept_id", pa.string(), True, "of a near-duplicate: the picture kept in its place"),
    Column("detail", pa.string(), True, "more about it, in words"),
    Column("width", pa.int32(), True, "pixels"),
    Column("height", pa.int32(), True, "pixels"),
)

MAIN_PICTURE = {"pairs": "color", "line_art": "line_authentic"}  # config: the picture that no row is without

_PARTS = {"pairs": (_ID, _COLOR, *_AUTHENTIC_PAIR, *_DESCRIPTION), "line_art": (_ID, _AUTHENTIC, *_DESCRIPTION)}

DROPS = pa.schema([column.field for column in _DROPS])


def is_line_name(name: str) -> bool:
    """True when `name` may follow `line_` as a column of drawn lines."""
    return bool(_LINE_NAME.fullmatch(name)) and name != "authentic" and not name.endswith("_params")


def pairs_schema(lines: Mapping[str, pa.DataType]) -> pa.Schema:
    """The columns of config `pairs`; `lines` maps the name of each line column to the struct type of its parameters.

    Raises DatasetError for a name that cannot be a column's.
    """
    wrong = sorted(name for name in lines if not is_line_name(name))
    if wrong:
        hint = "use lower-case letters, digits and _, not `authentic` and nothing that ends in `_params`"
        raise DatasetError("no line column can have this name", where=", ".join(wrong), hint=hint)
    drawn = [column for name, params in lines.items() for column in _line_columns(name, params)]
    return pa.schema([column.field for column in (_ID, _COLOR, *drawn, *_AUTHENTIC_PAIR, *_DESCRIPTION)])


def _line_columns(name: str, params: pa.DataType) -> tuple[Column, Column]:
    return (
        Column(f"line_{name}", IMAGE, True, "8-bit grey line art drawn from `color`'s original, of its size"),
        Column(f"line_{name}_params", params, True, "extractor, version, settings with the drawn values, seed"),
    )


def line_art_schema() -> pa.Schema:
    """The columns of config `line_art`: authentic line drawings without a colour partner."""
    return pa.schema([column.field for column in (_ID, _AUTHENTIC, *_DESCRIPTION)])


def image_columns(schema: pa.Schema) -> tuple[str, ...]:
    """The names of the columns that hold pictures."""
    return tuple(field.name for field in schema if field.type == IMAGE)


def line_names(schema: pa.Schema) -> tuple[str, ...]:
    """The names, without `line_`, of the columns of drawn lines."""
    names = (name.removeprefix("line_") for name in image_columns(schema) if name.startswith("line_"))
    return tuple(name for name in names if is_line_name(name))


def schema_problems(config: str, schema: pa.Schema, version: str = SCHEMA_VERSION) -> list[str]:
    """What keeps a shard's schema from being that of a config as of a version; more columns are welcome."""
    names = line_names(schema)
    if config == "pairs":
        lines = {name: _type_of(schema, f"line_{name}_params") for name in names}
        expected = pairs_schema(lines)
    elif config == "line_art":
        expected = line_art_schema()
    else:
        return [f"unknown config {config!r}"]
    later = _later_columns(_PARTS[config], version)
    return [problem for field in expected if field.name not in later for problem in _field_problems(field, schema)]


def _later_columns(columns: Iterable[Column], version: str) -> set[str]:
    """The columns that datasets of a version cannot have yet."""
    return {column.name for column in columns if _numbers(column.since) > _numbers(version)}


def _numbers(version: str) -> tuple[int, ...]:
    """A version for comparing; what is none counts as the current one, of which everything is asked."""
    return tuple(map(int, (version if _VERSION.fullmatch(version) else SCHEMA_VERSION).split(".")))


def change_between(old: Mapping[str, Any], new: Mapping[str, Any]) -> Literal["none", "minor", "major"]:
    """What lies between two schema documents: nothing, additional columns that may be null, or what breaks readers."""
    before, after = _columns_of(old), _columns_of(new)
    kept = all(name in after and after[name] == column for name, column in before.items())
    added = [column for name, column in after.items() if name not in before]
    if not kept or not all(nullable for _, nullable in added) or old.get("image") != new.get("image"):
        return "major"
    return "minor" if added else "none"


def _columns_of(document: Mapping[str, Any]) -> dict[tuple[str, str], tuple[str, bool]]:
    """(config, column) -> (type, may be null) of a schema document; meanings may be put better at any time."""
    configs = {**document["configs"], "drops": document["drops"]}
    return {(config, c["name"]): (c["type"], c["null"]) for config, columns in configs.items() for c in columns}


def _type_of(schema: pa.Schema, name: str) -> pa.DataType:
    at = schema.get_field_index(name)
    return schema.field(at).type if at >= 0 else pa.struct([])


def _field_problems(expected: pa.Field, schema: pa.Schema) -> list[str]:
    at = schema.get_field_index(expected.name)
    if at < 0:
        return [f"no column {expected.name}"]
    found = schema.field(at)
    if _bare(found.type) != _bare(expected.type):
        return [f"column {expected.name} is {found.type}, not {expected.type}"]
    if found.nullable and not expected.nullable:
        return [f"column {expected.name} may be null"]
    return []


def _bare(type_: pa.DataType) -> str:
    """A type without the names that Parquet writers give to the items of a list."""
    return str(type_).replace("list<element: ", "list<item: ")


def schema_document() -> dict[str, Any]:
    """The contract for people and programs without pyarrow: every column of every file with type, null and meaning."""
    drawn = _line_columns("<name>", pa.struct([]))
    return {
        "schema_version": SCHEMA_VERSION,
        "image": "struct<bytes: binary, path: string>: an encoded picture and its base name",
        "configs": {
            "pairs": [_described(c) for c in (_ID, _COLOR, *drawn, *_AUTHENTIC_PAIR, *_DESCRIPTION)],
            "line_art": [_described(c) for c in (_ID, _AUTHENTIC, *_DESCRIPTION)],
        },
        "drops": [_described(column) for column in _DROPS],
    }


def _described(column: Column) -> dict[str, Any]:
    if column.type == IMAGE:
        kind = "image"
    elif column.name == "line_<name>_params":
        kind = "struct"
    else:
        kind = str(column.type)
    return {
        "name": column.name,
        "type": kind,
        "null": column.nullable,
        "since": column.since,
        "meaning": column.meaning,
    }
