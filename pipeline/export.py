"""Exports a dataset to the layouts that other training code reads; Parquet stays the original.

`webdataset`: one tar per shard, `<id>.color.jpg`, `<id>.line_<name>.png` and `<id>.json` for every row.
`folder`: what the published AlacGAN code reads: `<split>/color/<id>.png`, and the same names in `0`, `1`, … for the
line columns, with `rows.jsonl` beside them.

Both end with SHA256SUMS, which `sha256sum -c` understands, and `export.json`, written last.
"""

import io
import json
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import PurePosixPath
from typing import Any, Protocol, cast

import pyarrow as pa

from .dataset.canonical import sha256_hex
from .dataset.decode import decode
from .dataset.encode import encode_png
from .dataset.errors import DatasetError, LcpipeError, PictureError, UsageError
from .dataset.manifest import seal
from .dataset.reading import Dataset, read_row_group
from .dataset.schema import MAIN_PICTURE, image_columns
from .dataset.shards import HashingFile
from .dataset.storage import atomic_writer, filesystem, join, read_bytes, storage_errors, write_bytes
from .plugins import suggestion
from .progress import Reporter
from .provenance import lcpipe_version

MANIFEST, SUMS, ROWS = "export.json", "SHA256SUMS", "rows.jsonl"
FORMAT = 1
_TAR_BYTES = 1024**2  # written at a time
_MAX_JSON_BYTES = 64 * 1024**2

Row = dict[str, Any]
File = tuple[str, bytes]  # path below the export's folder, content


@dataclass(frozen=True)
class Request:
    """What to export: which splits of `pairs`, which line columns, where to."""

    dataset: Dataset
    out: str
    splits: tuple[str, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Exported:
    """An export that is there; `fresh` is False where it was there before."""

    manifest: Mapping[str, Any]
    fresh: bool


@dataclass
class Tally:
    """What was written so far."""

    rows: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    sums: dict[str, str] = field(default_factory=dict)

    def add(self, split: str, rows: int, left_out: int) -> None:
        self.rows[split] = self.rows.get(split, 0) + rows
        self.left_out[split] = self.left_out.get(split, 0) + left_out


class Layout(Protocol):
    """Writes one split; says in the tally what, and tells of every row."""

    def __call__(self, request: Request, split: str, tally: Tally) -> Iterator[int]: ...


def export(
    dataset: Dataset, to: str, out: str, *, splits: Sequence[str], lines: Sequence[str], reporter: Reporter
) -> Exported:
    """Writes an export to the folder `out`; without `splits` or `lines`, all of them.

    Raises UsageError for what the dataset does not have, DatasetError where something else lies in the folder.
    """
    request = Request(
        dataset,
        out.rstrip("/"),
        _known("split", splits, dataset.splits("pairs")),
        _known("line column", lines, dataset.line_columns),
    )
    head = _head(request, to)
    if (there := _refuse_other(request, head)) is not None:
        return Exported(there, fresh=False)
    tally = Tally()
    total = sum(dataset.count("pairs", split) for split in request.splits)
    with reporter.stage(f"export to {to}", total, "rows") as stage:
        for split in request.splits:
            for rows in LAYOUTS[to](request, split, tally):
                stage.advance(rows)
    sums = "".join(f"{sha256}  {path}\n" for path, sha256 in sorted(tally.sums.items())).encode()
    write_bytes(join(request.out, SUMS), sums)
    counts = {"rows": tally.rows, "left_out": tally.left_out, "files": len(tally.sums)}
    manifest = seal(head | counts | {"sums": {"path": SUMS, "bytes": len(sums), "sha256": sha256_hex(sums)}})
    write_bytes(join(request.out, MANIFEST), json.dumps(manifest, indent=2, ensure_ascii=False).encode() + b"\n")
    return Exported(manifest, fresh=True)


def _known(what: str, asked: Sequence[str], there: Sequence[str]) -> tuple[str, ...]:
    for name in asked:
        if name not in there:
            raise UsageError(f"the dataset has no {what} {name!r}", hint=suggestion(name, list(there)))
    return tuple(name for name in there if not asked or name in asked)


def _head(request: Request, to: str) -> dict[str, Any]:
    dataset = request.dataset
    named = {"name": dataset.name, "version": dataset.version, "digest": dataset.digest}
    return {
        "format": FORMAT,
        "to": to,
        "dataset": named | {"schema_version": dataset.manifest["schema_version"]},
        "lcpipe": lcpipe_version()["version"],
        "splits": list(request.splits),
        "lines": {str(number): name for number, name in enumerate(request.lines)},
    }


def _refuse_other(request: Request, head: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The manifest of the same export where it is there. Raises DatasetError where anything else is."""
    fs, root = filesystem(request.out)
    with storage_errors(request.out):
        finished = fs.isfile(join(root, MANIFEST))
        names = [] if finished else [name.removeprefix(root) for name in fs.find(root)]
    if finished:
        there = _read(join(request.out, MANIFEST))
        if {key: there.get(key) for key in head} == head:
            return there
        raise DatasetError("another export lies there", where=request.out, hint="name another folder")
    others = sorted(name.lstrip("/") for name in names if not _may_be_ours(request, name.lstrip("/")))
    if others:
        what = f"the folder holds other files: {', '.join(others[:3])}"
        raise DatasetError(what, where=request.out, hint="name an empty folder; nothing was written")
    return None


def _read(uri: str) -> Mapping[str, Any]:
    try:
        manifest = json.loads(read_bytes(uri)[:_MAX_JSON_BYTES])
    except ValueError:
        manifest = None
    if not isinstance(manifest, dict) or seal(manifest) != manifest:
        raise DatasetError("the export's manifest was changed", where=uri, hint="remove the export, then run again")
    return manifest


def _may_be_ours(request: Request, name: str) -> bool:
    """True for what an interrupted export of this dataset can have left."""
    top = PurePosixPath(name).parts[0] if name else ""
    return top in (*request.splits, SUMS) or (top.endswith(".tmp") and top.startswith(f".{SUMS}."))


# --- webdataset


def _webdataset(request: Request, split: str, tally: Tally) -> Iterator[int]:
    shards, groups = request.dataset.shards("pairs", split), request.dataset.row_groups("pairs", split)
    for number, uri in enumerate(shards):
        name = f"{split}/{split}-{number:05d}-of-{len(shards):05d}.tar"
        rows = 0
        with atomic_writer(join(request.out, name)) as raw, HashingFile(raw) as hashing:
            with tarfile.open(
                fileobj=cast(Any, hashing), mode="w|", bufsize=_TAR_BYTES, format=tarfile.USTAR_FORMAT
            ) as file:
                for group in (group for group in groups if group.uri == uri):
                    table = read_row_group(group, _columns(request))
                    _add_rows(file, table)
                    rows += len(table)
                    yield len(table)
        tally.sums[name] = hashing.hexdigest()
        tally.add(split, rows, 0)


def _add_rows(file: tarfile.TarFile, table: pa.Table) -> None:
    for row in table.to_pylist():
        for path, data in _tar_files(row, table.schema):
            file.addfile(_member(path, len(data)), io.BytesIO(data))


def _tar_files(row: Row, schema: pa.Schema) -> Iterator[File]:
    for name in image_columns(schema):
        if row[name] is not None:
            yield f"{row['id']}.{name}{PurePosixPath(row[name]['path']).suffix}", row[name]["bytes"]
    yield f"{row['id']}.json", _json(_light(row, schema))


def _member(path: str, size: int) -> tarfile.TarInfo:
    """A member without time or owner: the same rows give the same bytes."""
    member = tarfile.TarInfo(path)
    member.size = size
    return member


# --- folder


def _folder(request: Request, split: str, tally: Tally) -> Iterator[int]:
    described: list[bytes] = []
    with ThreadPoolExecutor() as pool:
        for group in request.dataset.row_groups("pairs", split):
            table = read_row_group(group, _columns(request))
            rows = table.to_pylist()
            whole = [row for row in rows if all(row[f"line_{name}"] is not None for name in request.lines)]
            for files in pool.map(partial(_pictures, request, split), whole):
                for path, sha256 in files:
                    tally.sums[path] = sha256
            described += [_json(_light(row, table.schema)) for row in whole]
            tally.add(split, len(whole), len(rows) - len(whole))
            yield len(rows)
    _write(request, tally, (f"{split}/{ROWS}", b"".join(described)))


def _pictures(request: Request, split: str, row: Row) -> list[tuple[str, str]]:
    """Writes the pictures of a row, and returns their paths with their sha256."""
    tally = Tally()
    for folder, data in _folder_files(request, row):
        _write(request, tally, (f"{split}/{folder}/{row['id']}.png", data), durable=False)
    return list(tally.sums.items())


def _folder_files(request: Request, row: Row) -> Iterator[File]:
    """(folder, PNG): that code reads one base name in every folder, so colours become PNG too, without a loss."""
    try:
        yield "color", encode_png(decode(row[MAIN_PICTURE["pairs"]]["bytes"]).pixels)
    except PictureError as error:
        hint = "`lcpipe verify --full` says which rows are damaged"
        raise DatasetError(f"a picture cannot be decoded: {error.what}", where=row["id"], hint=hint) from error
    for number, name in enumerate(request.lines):
        yield str(number), row[f"line_{name}"]["bytes"]
    if row["line_authentic"] is not None:
        yield "authentic", row["line_authentic"]["bytes"]


# --- both


def _columns(request: Request) -> list[str]:
    """All columns but those of lines that are not asked for."""
    schema = request.dataset.schema("pairs")
    if schema is None:
        raise LcpipeError("the dataset has no pairs to export", where=request.dataset.root)
    left = {f"line_{name}{end}" for name in request.dataset.line_columns for end in ("", "_params")}
    left -= {f"line_{name}{end}" for name in request.lines for end in ("", "_params")}
    return [name for name in schema.names if name not in left]


def _light(row: Row, schema: pa.Schema) -> Row:
    """A row without its pictures, as JSON can hold it; nulls are left out."""
    pictures = set(image_columns(schema))
    return {name: _plain(value) for name, value in row.items() if name not in pictures and value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, datetime) else value


def _json(row: Row) -> bytes:
    return json.dumps(row, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def _write(request: Request, tally: Tally, file: File, *, durable: bool = True) -> None:
    path, data = file
    write_bytes(join(request.out, path), data, durable=durable)
    tally.sums[path] = sha256_hex(data)


LAYOUTS: Mapping[str, Layout] = {"folder": _folder, "webdataset": _webdataset}
NAMES: Iterable[str] = tuple(LAYOUTS)
