"""Checks one shard: its columns, its rows against its manifest entry, its pages, its pictures."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .decode import decode, decode_line
from .digest import row_digests
from .errors import PictureError
from .problems import Problem, collected
from .reading import open_parquet, stated, stated_version
from .schema import MAIN_PICTURE, image_columns, schema_problems

SAMPLE_ROWS = 4
_BYTES_PER_ROW = 256 * 1024**2  # of later shards: decoding takes a hundred times as long as hashing
FACTS = ("id", "cluster", "parent_id", "license", "refs")
_TOLD_PER_GROUP = 5


@dataclass(frozen=True)
class ShardReport:
    """What checking a shard gave: problems, the columns that rows are compared by, and with `full` its row digests."""

    entry: Mapping[str, Any]
    problems: list[Problem]
    facts: pa.Table | None
    digests: list[tuple[str, str]]


def check_shard(uri: str, entry: Mapping[str, Any], *, full: bool) -> ShardReport:
    """Reads a shard and tells what is wrong with it: with `full` every page and picture, else a sample."""
    problems: list[Problem] = []
    digests: list[tuple[str, str]] = []
    facts = None
    with collected(problems, entry["path"]), open_parquet(uri) as file:
        schema = file.schema_arrow  # built anew at every look
        problems += [Problem(entry["path"], None, what) for what in _structure_problems(file, schema, entry)]
        sampled = _sampled_rows(entry)
        groups = range(file.num_row_groups) if full else [file.num_row_groups // 2] if sampled else []
        for index in [] if problems else groups:
            with collected(problems, entry["path"], index):
                rows = file.read_row_group(index) if full else _first_rows(file, index, sampled)
                problems += _told(entry["path"], index, _picture_problems(rows, entry["config"]))
                digests += row_digests(rows) if full else []
        if not schema_problems(entry["config"], schema, stated_version(stated(schema.metadata))):
            facts = file.read(columns=list(FACTS), use_threads=False)  # other shards are checked meanwhile
    return ShardReport(entry, problems, facts, digests)


def _first_rows(file: pq.ParquetFile, index: int, count: int) -> pa.Table:
    """The first rows of a row group, read without the pages behind them."""
    return pa.Table.from_batches([next(file.iter_batches(count, row_groups=[index]))])


def _sampled_rows(entry: Mapping[str, Any]) -> int:
    """How many rows of a shard are decoded without `full`: some of the first of every split, then by size."""
    first = "-00000-of-" in entry["path"]
    return SAMPLE_ROWS if first else min(SAMPLE_ROWS, int(entry["bytes"] // _BYTES_PER_ROW))


def _structure_problems(file: pq.ParquetFile, schema: pa.Schema, entry: Mapping[str, Any]) -> Iterator[str]:
    """What the footer alone tells."""
    if file.metadata.num_rows != entry["rows"]:
        yield f"has {file.metadata.num_rows} rows, the manifest says {entry['rows']}"
    if file.num_row_groups == 0:
        yield "has no rows"
    says = stated(schema.metadata)
    if says is None:
        yield "was not written by lcpipe"
        return
    for key in ("config", "split"):
        if says.get(key) != entry[key]:
            yield f"says that its {key} is {says.get(key)}, the manifest {entry[key]}"
    yield from schema_problems(entry["config"], schema, stated_version(stated(schema.metadata)))


def _told(path: str, index: int, whats: Iterable[str]) -> list[Problem]:
    """The first few problems of a row group; a broken one would otherwise fill the screen."""
    all_of_them = list(whats)
    told = [Problem(path, index, what) for what in all_of_them[:_TOLD_PER_GROUP]]
    more = len(all_of_them) - len(told)
    return [*told, Problem(path, index, f"and {more} more like these")] if more else told


def _picture_problems(rows: pa.Table, config: str) -> Iterator[str]:
    """Every picture can be decoded and has the size that its row says; the main one is there."""
    for name in image_columns(rows.schema):
        for row in rows.select([name, "id", "width", "height"]).to_pylist():
            cell = row[name]
            if cell is not None and cell["bytes"] is not None:
                problem = _misfit(cell["bytes"], name, (row["height"], row["width"]))
            else:
                problem = "is missing" if name == MAIN_PICTURE[config] else None
            if problem:
                yield f"{name} of {row['id'][:12]} {problem}"


def _misfit(data: bytes, name: str, size: tuple[int, int]) -> str | None:
    try:
        shape = decode_line(data).shape if name.startswith("line_") else decode(data).pixels.shape[:2]
    except PictureError as error:
        return f"cannot be decoded: {error.what}"
    return None if shape == size else f"is {shape[1]}x{shape[0]}, its row says {size[1]}x{size[0]}"
