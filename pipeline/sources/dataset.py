"""The colour pictures of a dataset that exists: one of ours, or any Parquet files with a column of pictures.

Ours keep their metadata, evidence and refs' ids; of others the columns named as in the catalog are taken. `path` is a
folder, a file or a URI of a store (`s3://`, `hf://`); what the catalog has already is not read again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq

from ..catalog import METADATA, UNPUBLISHED
from ..dataset.canonical import sha256_hex
from ..dataset.errors import DatasetError, RecipeError
from ..dataset.reading import Dataset, open_dataset
from ..dataset.storage import filesystem, join, storage_errors
from ._item import Item, Role, SourceState
from ._metadata import check_renames, known_columns, plain_text, role_of

version = 1
MANIFEST = "manifest.json"
BATCH_ROWS = 64


@dataclass(frozen=True)
class Settings:
    """`splits` of a dataset of ours, none named: all. Of other Parquet files, `image_column` names the pictures (else
    the first column that has some), `id_column` what a row is called (else its file and number)."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    path: str
    role: Role = "color"
    splits: tuple[str, ...] = ()
    image_column: str = ""
    id_column: str = ""
    columns: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_renames(self.columns)


def place(settings: Settings, state: SourceState) -> str:
    """The dataset that is meant: the same words in another place are another source."""
    return state.located(settings.path)


def listing(settings: Settings, state: SourceState) -> Iterator[Item]:
    """Every picture with its metadata. Raises RecipeError for what is no dataset, DatasetError, StorageError."""
    uri = state.located(settings.path)
    fs, path = filesystem(uri)
    if fs.isfile(join(path, MANIFEST)):
        return _ours(settings, open_dataset(uri), state)
    return _foreign(settings, uri, state)


def _ours(settings: Settings, dataset: Dataset, state: SourceState) -> Iterator[Item]:
    """Rows of a dataset of ours; a row is called by its id, and is the same as long as the dataset is."""
    for split in settings.splits or dataset.splits("pairs"):
        if split not in dataset.splits("pairs"):
            raise RecipeError(f"no split {split!r}", where=dataset.root, hint=", ".join(dataset.splits("pairs")))
        held = dataset.schema("pairs") or ()
        names = [one.name for one in held if one.name in METADATA.names and one.name not in UNPUBLISHED]
        known = dataset.table("pairs", split, ["id", *names]).to_pylist()
        new = {row["id"] for row in known if state.known.get(row["id"]) != dataset.digest}
        for row in known:
            if row["id"] not in new:
                yield Item(row["id"], settings.role, fingerprint=dataset.digest, metadata=_inherited(row))
        for row in dataset.rows("pairs", split, ["id", "color", *names]) if new else ():
            if row["id"] in new:
                data = row["color"]["bytes"]
                yield Item(row["id"], settings.role, data=data, fingerprint=dataset.digest, metadata=_inherited(row))


def _inherited(row: dict[str, Any]) -> dict[str, Any]:
    """A row's metadata, and the digest of the file that its picture was first made from."""
    return _texts(row) | {"fetched_sha256": row.get("fetched_sha256") or row["id"]}


def _texts(row: dict[str, Any]) -> dict[str, Any]:
    """A row's metadata as sources give it: times as text."""
    given = {name: row.get(name) for name in METADATA.names if row.get(name) is not None}
    time: Any = given.get("created_at")
    return given | ({"created_at": time.isoformat()} if hasattr(time, "isoformat") else {})


def _foreign(settings: Settings, uri: str, state: SourceState) -> Iterator[Item]:
    """Rows of Parquet files of anybody."""
    files = _files(uri)
    if not files:
        raise RecipeError("no dataset and no Parquet files", where=uri, hint="give the folder of a dataset, or a file")
    for name in files:
        yield from _file(settings, uri, name, state)


def _files(uri: str) -> list[str]:
    """The Parquet files at or below a place, in the order of their names, relative to it."""
    fs, path = filesystem(uri)
    with storage_errors(uri):
        if fs.isfile(path):
            return [""]
        found = fs.find(path) if fs.isdir(path) else []
    top = path.rstrip("/") + "/"
    return sorted(name[len(top) :] for name in found if name.endswith(".parquet"))


def _file(settings: Settings, uri: str, name: str, state: SourceState) -> Iterator[Item]:
    where = join(uri, name) if name else uri
    fs, path = filesystem(where)
    with storage_errors(where), fs.open(path, "rb") as opened:
        try:
            file = pq.ParquetFile(opened)
        except pa.ArrowException as error:
            hint = "check the file; give another path if it is no dataset"
            raise DatasetError(f"cannot be read as Parquet: {str(error)[:120]}", where=where, hint=hint) from None
        schema = file.schema_arrow
        column = _pictures(settings, schema, where)
        size = fs.size(path)
        first = 0
        for batch in file.iter_batches(BATCH_ROWS, columns=_wanted(settings, schema, column)):
            for number, row in enumerate(batch.to_pylist(), first):
                yield _row(settings, row, column, f"{name or path.rpartition('/')[2]}:{number}", f"{size}", state)
            first += len(batch)


def _pictures(settings: Settings, schema: pa.Schema, where: str) -> str:
    """The column with the pictures: bytes, or a struct of bytes and path."""
    fitting: list[str] = [field.name for field in schema if _holds_pictures(field.type)]
    if settings.image_column:
        if settings.image_column in fitting:
            return settings.image_column
        hint = f"there are: {', '.join(fitting) or 'none'}"
        raise RecipeError(f"'{settings.image_column}' is no column of pictures", where=where, hint=hint)
    if not fitting:
        raise RecipeError("the file has no column of pictures", where=where, hint="name it by image_column")
    return fitting[0]


def _holds_pictures(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return any(kind.field(place).name == "bytes" for place in range(kind.num_fields))
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _wanted(settings: Settings, schema: pa.Schema, column: str) -> list[str]:
    names = {*METADATA.names, "role", *settings.columns.values(), settings.id_column, column}
    return [name for name in schema.names if name in names]


def _row(settings: Settings, row: dict[str, Any], column: str, name: str, fingerprint: str, state: SourceState) -> Item:
    native_id = plain_text(str(row[settings.id_column]) if settings.id_column else name)
    cell = row[column]
    data = cell.get("bytes") if isinstance(cell, dict) else cell
    others = {key: value for key, value in row.items() if key != column}
    metadata = known_columns(others | _texts(row), settings.columns, name)
    role = role_of(metadata.pop("role", settings.role), name)
    if data is None:
        return Item(native_id, role, metadata=metadata, reason="removed", detail="the row holds no picture")
    mark = f"{fingerprint}-{len(data)}-{sha256_hex(data)[:16]}"
    seen = state.known.get(native_id) == mark
    return Item(native_id, role, data=None if seen else data, fingerprint=mark, metadata=metadata)
