"""Opens a packed dataset, local or on an object store, and reads the columns that are asked for and no others."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .errors import DatasetError
from .manifest import read_manifest
from .schema import DROPS, SCHEMA_VERSION, line_names, schema_problems
from .storage import filesystem, is_local, join, storage_errors

SPLITS = ("train", "validation", "test")
DROPS_FILE = "drops.parquet"
_SHORTEST_PREFIX = 6
_VERIFY = "`lcpipe verify` says which part of it"


@dataclass(frozen=True)
class RowGroup:
    """One row group of a shard: the unit in which a dataset is read."""

    uri: str
    config: str
    index: int
    rows: int


@dataclass(frozen=True)
class Found:
    """A row and where it is."""

    config: str
    split: str
    row: dict[str, Any]


@dataclass(frozen=True)
class Dataset:
    """A packed dataset: its folder and its manifest, which may be a draft while the dataset is being packed."""

    root: str
    manifest: dict[str, Any]

    @property
    def name(self) -> str:
        """What the recipe calls it."""
        return str(self.manifest["name"])

    @property
    def version(self) -> str:
        """The label of its version."""
        return str(self.manifest["version"])

    @property
    def digest(self) -> str:
        """The digest of its rows."""
        return str(self.manifest["digest"])

    @property
    def configs(self) -> tuple[str, ...]:
        """The configs that have shards."""
        return tuple(sorted({file["config"] for file in self._shard_files}, key=lambda name: (name != "pairs", name)))

    @property
    def _shard_files(self) -> list[dict[str, Any]]:
        return [file for file in self.manifest["files"] if "config" in file]

    def _files(self, config: str, split: str) -> list[dict[str, Any]]:
        """The manifest's entries of the shards of a split, in order."""
        chosen = [file for file in self._shard_files if (file["config"], file["split"]) == (config, split)]
        return sorted(chosen, key=lambda file: str(file["path"]))

    @cached_property
    def line_columns(self) -> tuple[str, ...]:
        """The names, without `line_`, of the columns of drawn lines."""
        schema = self.schema("pairs")
        return () if schema is None else line_names(schema)

    def schema(self, config: str) -> pa.Schema | None:
        """The columns of a config, or None when it has no rows. Raises DatasetError."""
        for split in self.splits(config):
            for uri in self.shards(config, split):
                with open_shard(uri, config) as file:
                    return file.schema_arrow
        return None

    def splits(self, config: str = "pairs") -> tuple[str, ...]:
        """The splits of a config that have rows: train, validation, test, then others by name."""
        names = {file["split"] for file in self._shard_files if file["config"] == config}
        return (*(name for name in SPLITS if name in names), *sorted(names - set(SPLITS)))

    def shards(self, config: str = "pairs", split: str = "train") -> tuple[str, ...]:
        """The paths or URIs of the shards of a split, in order."""
        return tuple(join(self.root, file["path"]) for file in self._files(config, split))

    def count(self, config: str = "pairs", split: str = "train") -> int:
        """How many rows a split has."""
        return sum(int(file["rows"]) for file in self._files(config, split))

    def row_groups(self, config: str = "pairs", split: str = "train") -> tuple[RowGroup, ...]:
        """The row groups of a split, in order. Raises DatasetError."""
        return tuple(group for uri in self.shards(config, split) for group in _groups(uri, config))

    def rows(
        self, config: str = "pairs", split: str = "train", columns: Sequence[str] | None = None
    ) -> Iterator[dict[str, Any]]:
        """The rows of a split, in order, one row group in memory; a picture is {"bytes", "path"}.

        Raises DatasetError for a damaged file and for a column that is not there.
        """
        for table in self.tables(config, split, columns):
            yield from table.to_pylist()

    def tables(
        self, config: str = "pairs", split: str = "train", columns: Sequence[str] | None = None
    ) -> Iterator[pa.Table]:
        """The row groups of a split as tables, in order; every shard is opened once. Raises DatasetError."""
        for uri in self.shards(config, split):
            with open_shard(uri, config) as file:
                wanted = _checked(file, columns, uri)
                for index in range(file.num_row_groups):
                    yield file.read_row_group(index, columns=wanted)

    def table(self, config: str = "pairs", split: str = "train", columns: Sequence[str] | None = None) -> pa.Table:
        """Columns of a whole split as one table; without rows, a table without columns. Raises DatasetError."""
        tables = [_whole(uri, config, columns).replace_schema_metadata() for uri in self.shards(config, split)]
        if any(table.schema != tables[0].schema for table in tables):
            raise DatasetError("its shards have different columns", where=self.root, hint=_VERIFY)
        return pa.concat_tables(tables) if tables else pa.table({})

    def find(self, id: str) -> Found | None:
        """The row with an id, given whole or by a prefix of at least 6 digits that only one id has.

        Raises DatasetError for a shorter prefix, and for one that several ids have.
        """
        prefix = id.lower()
        if len(prefix) < _SHORTEST_PREFIX:
            hint = f"give at least {_SHORTEST_PREFIX} digits of it"
            raise DatasetError(f"the id {id!r} is too short", where=self.root, hint=hint)
        places = [(name, split) for name in self.configs for split in self.splits(name)]
        hits = [(*place, *hit) for place in places for hit in _rows_with(prefix, self.row_groups(*place))]
        if len({hit[-1] for hit in hits}) > 1:
            several = ", ".join(sorted({hit[-1][:16] for hit in hits}))
            raise DatasetError(f"several ids begin with {id!r}", where=self.root, hint=f"give more digits of {several}")
        if not hits:
            return None
        config, split, group, at, _ = hits[0]
        return Found(config, split, read_row_group(group).slice(at, 1).to_pylist()[0])

    def drops(self) -> pa.Table:
        """What was dropped, and why. Raises DatasetError."""
        uri = join(self.root, DROPS_FILE)
        with open_parquet(uri) as file:
            _checked(file, DROPS.names, uri)
            return file.read()


def open_dataset(uri: str) -> Dataset:
    """Opens the packed dataset in a folder, given as a path or URI. Raises DatasetError."""
    root = str(uri).rstrip("/") or "/"
    return Dataset(root, read_manifest(root))


def read_row_group(group: RowGroup, columns: Sequence[str] | None = None) -> pa.Table:
    """Columns of one row group; only their bytes are read. Raises DatasetError, also for a column that is not there."""
    with open_shard(group.uri, group.config) as file:
        return file.read_row_group(group.index, columns=_checked(file, columns, group.uri))


def _whole(uri: str, config: str, columns: Sequence[str] | None) -> pa.Table:
    """Columns of all rows of a shard."""
    with open_shard(uri, config) as file:
        return file.read(columns=_checked(file, columns, uri))


def _checked(file: pq.ParquetFile, columns: Sequence[str] | None, where: str) -> list[str] | None:
    """The columns that are asked for, all of which are there; None stands for all."""
    missing = sorted(set(columns or ()) - set(file.schema_arrow.names))
    if missing:
        there = ", ".join(file.schema_arrow.names)
        raise DatasetError(f"no column {', '.join(missing)}", where=where, hint=f"there are {there}")
    return None if columns is None else list(columns)


@contextmanager
def open_shard(uri: str, config: str) -> Iterator[pq.ParquetFile]:
    """A Parquet file that is a shard of a config. Raises DatasetError, also for what others wrote; StorageError."""
    with open_parquet(uri) as file:
        says = stated(file.metadata.metadata)
        if says is None:
            raise DatasetError("the Parquet file was not written by lcpipe", where=uri, hint=_VERIFY)
        if says.get("config") != config:
            raise DatasetError(f"the Parquet file is no shard of {config}", where=uri, hint=_VERIFY)
        problems = schema_problems(config, file.schema_arrow, stated_version(says))
        if problems:
            raise DatasetError(f"the shard was changed: {problems[0]}", where=uri, hint=_VERIFY)
        yield file


def stated(metadata: Mapping[bytes, bytes] | None) -> dict[str, Any] | None:
    """What a shard says about itself in its metadata; None for one that others wrote."""
    try:
        ours = json.loads((metadata or {}).get(b"lcpipe", b"null"))
    except (ValueError, RecursionError):
        return None
    return ours if isinstance(ours, dict) else None


def stated_version(says: Mapping[str, Any] | None) -> str:
    """The version of the schema that a shard was written by."""
    return str((says or {}).get("schema_version", SCHEMA_VERSION))


@contextmanager
def open_parquet(uri: str) -> Iterator[pq.ParquetFile]:
    """A Parquet file whose page checksums are verified. Raises DatasetError where it is damaged, StorageError."""
    with storage_errors(uri):
        try:
            with _opened(uri) as raw, pq.ParquetFile(raw, pre_buffer=True, page_checksum_verification=True) as file:
                yield file
        except (pa.ArrowException, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise DatasetError(f"the Parquet file is damaged: {error}", where=uri, hint=_VERIFY) from error


def _opened(uri: str) -> Any:
    """A file for Arrow to read ranges of."""
    fs, path = filesystem(uri)
    if is_local(fs):
        return pa.OSFile(path)
    # Arrow asks for whole column chunks itself; a block cache on top would fetch the neighbours too.
    return fs.open(path, "rb", cache_type="none")


def _groups(uri: str, config: str) -> list[RowGroup]:
    with open_shard(uri, config) as file:
        metadata = file.metadata
        return [RowGroup(uri, config, i, metadata.row_group(i).num_rows) for i in range(metadata.num_row_groups)]


def _rows_with(prefix: str, groups: Sequence[RowGroup]) -> Iterator[tuple[RowGroup, int, str]]:
    """(row group, row in it, id) of every id that begins with `prefix`."""
    for group in groups:
        ids = read_row_group(group, ["id"]).column("id")
        for at in pc.indices_nonzero(pc.starts_with(ids, prefix)).to_pylist():
            yield group, at, ids[at].as_py()
