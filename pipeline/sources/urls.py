"""Pictures at addresses that a list names: CSV, TSV, JSON lines, Parquet, or one address a line.

The list is a file or a URI; columns named as in the catalog (`license`, `artist`, `rating`, `tags_general`, …) are kept
as metadata, `columns` renames others. Rows are read as they come, so the list may be larger than memory.
"""

import csv
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq

from ..dataset.errors import RecipeError
from ..dataset.reasons import Reason
from ..dataset.storage import filesystem, storage_errors
from ..network.targets import without_secrets, without_user
from ._item import Item, RobotsPolicy, Role, SourceState
from ._metadata import as_text, check_renames, known_columns, plain_text, role_of

version = 1
network = True
BATCH_ROWS = 1024
URL_NAMES = ("url", "URL", "image_url", "file_url", "uri")
_MISSING: tuple[str | None, str | None] = (str(Reason.REMOVED), "the row has no address")
_REFUSED: tuple[str | None, str | None] = (str(Reason.BLOCKED_ADDRESS), "the address holds a user or password")
CHECKSUMS = ("sha256", "sha1", "md5")

Row = dict[str, Any]
Read = Callable[[IO[bytes], str], Iterator[Row]]


@dataclass(frozen=True)
class Settings:
    """`path` is relative to the recipe, or a URI. `url_column` and `id_column` name columns; without an id the address
    itself is one. `checksums` takes columns named sha256, sha1 or md5 as what the files must have."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    path: str
    url_column: str = ""
    id_column: str = ""
    role: Role = "color"
    robots: RobotsPolicy = "obey"
    checksums: bool = False
    columns: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_renames(self.columns)
        if self.robots != "obey":
            raise ValueError("robots: addresses from a list are no documented API; `obey` is the only way")


def place(settings: Settings, state: SourceState) -> str:
    """The list that is meant: the same words in another place are another source."""
    return state.located(settings.path)


def listing(settings: Settings, state: SourceState) -> Iterator[Item]:
    """Every row of the list in its order. Raises RecipeError for a list that cannot be read, StorageError."""
    uri = state.located(settings.path)
    done = int(state.cursor or 0)
    with _opened(uri) as file:
        for number, row in enumerate(_reader(uri)(file, uri), 1):
            if number > done:
                yield _item(settings, row, number, uri)


@contextmanager
def _opened(uri: str) -> Iterator[IO[bytes]]:
    fs, path = filesystem(uri)
    with storage_errors(uri):
        if not fs.isfile(path):
            raise RecipeError("no such list", where=uri, hint="give a path relative to the recipe, or a URI")
        with fs.open(path, "rb") as file:
            yield file


def _reader(uri: str) -> Read:
    suffix = os.path.splitext(uri)[1].lower().removeprefix(".")
    if suffix not in READERS:
        kind = f"a .{suffix} file" if suffix else "a file without an ending"
        raise RecipeError(f"a list cannot be {kind}", where=uri, hint=f"it can be {', '.join(READERS)}")
    return READERS[suffix]


def _item(settings: Settings, row: Row, number: int, uri: str) -> Item:
    where = f"{uri}, row {number}"
    stated = _address(settings, row, number, where)
    url = without_user(stated)
    native_id = as_text(row.get(settings.id_column)) if settings.id_column else without_secrets(url) or f"row {number}"
    if not native_id:
        raise RecipeError(f"the column '{settings.id_column}' is empty", where=where, hint="every row needs an id")
    metadata = known_columns(row, settings.columns, where)
    role = role_of(metadata.pop("role", settings.role), where)
    given = next((f"{name}:{row[name]}".lower() for name in CHECKSUMS if row.get(name)), None)
    checksum = given if settings.checksums else None
    reason, detail = _REFUSED if url != stated else (None, None) if url else _MISSING
    return Item(
        native_id=plain_text(native_id),
        role=role,
        url=url or None,
        fingerprint=hashlib.sha256(f"{url} {checksum}".encode("utf-8", "backslashreplace")).hexdigest()[:16],
        metadata={"license": "unknown", "source_url": url or None} | metadata,
        checksum=checksum,
        cursor=str(number),
        reason=reason,
        detail=detail,
    )


def _address(settings: Settings, row: Row, number: int, where: str) -> str:
    """The address in a row, empty where it has none. Raises RecipeError where the list has no such column."""
    names = (settings.url_column,) if settings.url_column else URL_NAMES
    url = next((text for name in names if (text := as_text(row.get(name)).strip())), "")
    if number == 1 and not any(name in row for name in names):
        shown = ", ".join(map(str, list(row)[:8]))
        hint = f"name the column with the addresses by url_column; there are: {shown}"
        raise RecipeError("the list has no column with addresses", where=where, hint=hint)
    return plain_text(url)


def _table(delimiter: str) -> Read:
    """Reads rows of a table with a header."""

    def read(file: IO[bytes], uri: str) -> Iterator[Row]:
        try:
            with io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
                yield from csv.DictReader(text, delimiter=delimiter)
        except (UnicodeDecodeError, csv.Error) as error:
            raise _unreadable(uri, error, "a table in UTF-8 with a header") from None

    return read


def _json_lines(file: IO[bytes], uri: str) -> Iterator[Row]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _unreadable(f"{uri}, line {number}", error, "one JSON object a line") from None
        if not isinstance(row, dict):
            raise _unreadable(f"{uri}, line {number}", "it is no object", "one JSON object a line")
        yield row


def _parquet(file: IO[bytes], uri: str) -> Iterator[Row]:
    try:
        for batch in pq.ParquetFile(file).iter_batches(BATCH_ROWS):
            yield from batch.to_pylist()
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's or the store's; a page that is damaged has no number
        raise _unreadable(uri, " ".join(str(error).split()), "a Parquet file") from None


def _lines(file: IO[bytes], uri: str) -> Iterator[Row]:
    with io.TextIOWrapper(file, encoding="utf-8-sig", errors="backslashreplace") as text:
        for line in text:
            if line.strip() and not line.lstrip().startswith("#"):
                yield {"url": line.strip()}


def _unreadable(where: str, error: object, wanted: str) -> RecipeError:
    return RecipeError(f"cannot read the list: {str(error)[:120]}", where=where, hint=f"expected {wanted}")


READERS: dict[str, Read] = {
    "csv": _table(","),
    "tsv": _table("\t"),
    "jsonl": _json_lines,
    "ndjson": _json_lines,
    "parquet": _parquet,
    "txt": _lines,
}
