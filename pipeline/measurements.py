"""What a cache knows of the pictures: read whole where values are small, and only mapped where they are wide.

A part holds what one task measured, so a picture may be in several: of each measure, the last value counts.
"""

import os
from collections.abc import Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .dataset.storage import filesystem, is_local, join, names
from .measure_asks import DECODE_VERSION, MeasureAsk
from .parts import damaged, read_table
from .wide import Wide, fixed_bytes

FAILURE = pa.struct([("reason", pa.string()), ("detail", pa.string())])
FAILURE_KEY = f"failure-{DECODE_VERSION}"
MOST_MAPPED = 30_000  # files at a time: systems allow a process some 65,000

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Measurements:
    """One row per picture: `id`, `failure` (null where it could be decoded), and a column per small measured value.

    `wide` has the columns of wide values, row by row.
    """

    table: pa.Table
    decoded: int  # pictures decoded in this run
    wide: Mapping[str, Wide] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """What is known of each picture that was ever measured; `values` and `wide` have a row per id."""

    ids: pa.Array
    failure: pa.Array
    values: Mapping[str, pa.Array]  # by measure; a struct, null where it was not measured
    wide: Mapping[str, Wide]  # by column
    have: Mapping[str, Mask]  # by measure

    def lacking(self, ids: pa.Array) -> dict[tuple[str, ...], list[str]]:
        """{measures: pictures that lack just these}, without those that are known to be undecodable."""
        at = rows_of(ids, self.ids)
        failed = _there(self.failure.is_valid().to_numpy(zero_copy_only=False), at)
        lacks = {name: ~_there(have, at) & ~failed for name, have in self.have.items()}
        code = np.zeros(len(at), np.int64)
        for number, mask in enumerate(lacks.values()):
            code |= mask.astype(np.int64) << number
        groups = {one: ids.filter(pa.array(code == one)).to_pylist() for one in np.unique(code[code > 0]).tolist()}
        return {
            tuple(name for number, name in enumerate(lacks) if one >> number & 1): members
            for one, members in groups.items()
        }

    def measurements(self, extra: Sequence[Mapping[str, Any]], decoded: int) -> Measurements:
        """As tables; `extra` are pictures that failed in this run and are not cached."""
        failed = pa.array([row["failure"] for row in extra], FAILURE)
        columns = {
            "id": pa.concat_arrays([self.ids, pa.array([row["id"] for row in extra], pa.string())]),
            "failure": pa.concat_arrays([self.failure, failed]),
        }
        for values in self.values.values():
            whole = pa.concat_arrays([values, pa.nulls(len(extra), values.type)]) if extra else values
            columns |= {kind.name: pc.struct_field(whole, kind.name) for kind in values.type}
        none = np.full(len(extra), -1, np.int64)
        return Measurements(
            pa.table(columns),
            decoded,
            {name: Wide(one.chunks, np.concatenate([one.at, none])) for name, one in self.wide.items()},
        )


def store(cache: str) -> str:
    """Where a cache keeps measurements."""
    return join(cache, "measurements")


def read_known(root: str, asks: Sequence[MeasureAsk]) -> Known:
    """Everything that the parts under `root` say about some measures. Raises StorageError."""
    pieces: dict[str, list[tuple[int, pa.Array]]] = {one.name: [] for one in asks}
    ids, failures, total = [pa.array([], pa.string())], [pa.array([], FAILURE)], 0
    for table in _parts(root, [one for one in asks if not one.is_wide]):
        columns = dict(zip(table.column_names, table.columns, strict=True))
        ids.append(_whole(columns["id"]))
        failures.append(_whole(columns[FAILURE_KEY]))
        for one in asks:
            if one.key in columns:
                pieces[one.name].append((total, _whole(columns[one.key])))
        total += len(table)
    encoded = pa.concat_arrays(ids).dictionary_encode()
    code = encoded.indices.to_numpy().astype(np.int64)
    count = len(encoded.dictionary)
    gathered = {one.name: _Gathered(pieces[one.name], one, code, count) for one in asks}
    return Known(
        encoded.dictionary,
        _Gathered([(0, pa.concat_arrays(failures))], None, code, count).values(),
        {one.name: gathered[one.name].values() for one in asks if not one.is_wide},
        {name: column for one in asks if one.is_wide for name, column in gathered[one.name].wide().items()},
        {name: one.last >= 0 for name, one in gathered.items()},
    )


class _Gathered:
    """The arrays of one measure, and for each picture in which of their rows its last value is."""

    def __init__(self, pieces: Sequence[tuple[int, pa.Array]], ask: MeasureAsk | None, code: Rows, count: int) -> None:
        self.kind = FAILURE if ask is None else ask.type
        self.arrays = [values for _, values in pieces]
        rows = [np.arange(start, start + len(values)) for start, values in pieces]
        valid = [values.is_valid().to_numpy(zero_copy_only=False) for values in self.arrays]
        there = np.concatenate([np.empty(0, bool), *valid]).astype(bool)
        of = np.concatenate([np.empty(0, np.int64), *rows])
        self.last = np.full(count, -1, np.int64)
        self.last[code[of[there]]] = np.flatnonzero(there)  # of equal places the last one stays

    def values(self) -> pa.Array:
        """One row per picture, null where it has no value."""
        whole = pa.concat_arrays([pa.nulls(0, self.kind), *self.arrays])
        if np.array_equal(self.last, np.arange(len(whole))):
            return whole
        return whole.take(pa.array(self.last, mask=self.last < 0))

    def wide(self) -> dict[str, Wide]:
        """The columns by name, left where they are."""
        return {
            column.name: Wide([fixed_bytes(one.field(column.name)) for one in self.arrays], self.last)
            for column in self.kind
        }


def _parts(root: str, small: Sequence[MeasureAsk]) -> Iterator[pa.Table]:
    """The table of every part, in the order of their names."""
    fs, path = filesystem(root)
    files = [name for name in names(root) if name.endswith(".arrow") and not name.startswith(".")]
    checked = {"id", FAILURE_KEY, *(one.key for one in small)}
    mapped = files[: MOST_MAPPED if is_local(fs) else 0]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        tables = chain(
            pool.map(lambda name: _mapped(f"{path}/{name}", checked), mapped),
            pool.map(lambda name: read_table(join(root, name)), files[len(mapped) :]),
        )
        yield from (table for table in tables if FAILURE_KEY in table.column_names)


def _mapped(path: str, checked: Set[str]) -> pa.Table:
    """A table that stays in its file. What will be looked at whole is checked. Raises StorageError."""
    try:
        with pa.memory_map(path) as source, pa.ipc.open_file(source) as reader:
            table = reader.read_all()
        table.validate()
        table.select(sorted(checked & set(table.column_names))).validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise damaged(path, str(error)) from None
    return table


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays([pa.nulls(0, column.type), *column.chunks])


def rows_of(ids: pa.Array, among: pa.Array) -> Rows:
    """Where each id is among others, int64 (N,); −1 for nowhere."""
    found = pc.fill_null(pc.index_in(ids, value_set=among), -1)
    return np.asarray(found.to_numpy(zero_copy_only=False), np.int64)


def _there(mask: Mask, at: Rows) -> Mask:
    """A mask read at rows, False where −1 stands for nowhere."""
    return np.asarray(np.append(mask, False)[at], bool)
