"""Collects why rows are dropped, stage by stage: every reason is kept, and a row without one is alive."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .dataset.reasons import Reason
from .exclusions import excluded
from .families import stated
from .recipe import Plugin, Recipe

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


class Verdicts:
    """The reasons of each row, its stage, details, and for which picture a near-duplicate is dropped."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.color: Mask = _flags(pc.equal(table.column("role"), "color"))
        self.details: dict[int, str] = dict(_stated(table.column("detail")))
        self._marks: list[tuple[Rows, str, str]] = []  # rows, stage, reason; in the order in which they were found
        self._readable = np.ones(len(table), dtype=bool)
        self._alive = np.ones(len(table), dtype=bool)
        self._kept = np.full(len(table), -1, dtype=np.int64)

    def drop(self, rows: Rows, stage: str, reason: str) -> None:
        """A reason for some rows; each row has a reason once."""
        self._marks.append((rows, stage, reason))
        self._alive[rows] = False

    def alive(self) -> Mask:
        """Which rows have no reason so far, bool (N,)."""
        return self._alive.copy()

    def failures(self) -> None:
        """What could not be fetched or decoded."""
        for reason, rows in _by_value(self.table.column("reason")):
            self.drop(rows, "crawl", reason)
        failure = _whole(self.table.column("failure"))
        for reason, rows in _by_value(pc.struct_field(failure, "reason")):
            self.drop(rows[self._alive[rows]], "measure", reason)
        fetched = set(np.flatnonzero(_flags(pc.is_valid(self.table.column("reason")))).tolist())
        self.details |= {row: one for row, one in _stated(pc.struct_field(failure, "detail")) if row not in fetched}
        self._readable = self.alive()

    def exclude(self, recipe: Recipe) -> None:
        """What `[exclude]` names; a picture goes by its id and by the digest of the file that it was made from."""
        ids, refs, artists = excluded(recipe)
        named = (("id", ids), ("fetched_sha256", ids))
        hit = np.logical_or.reduce([_among(self.table.column(name), values) for name, values in named])
        values, rows = stated(self.table, "artist")
        hit[rows[_among(values, artists)]] = True
        if refs:
            lists = _whole(self.table.column("refs"))
            places = pc.list_flatten(lists)
            joined = pc.binary_join_element_wise(places.field("source"), places.field("native_id"), ":")
            hit[pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)[_among(joined, refs)]] = True
        self.drop(np.flatnonzero(hit), "select", Reason.EXCLUDED)

    def filters(self, recipe: Recipe) -> None:
        """What the filters refuse of what could be decoded; filters have no order, and all reasons are kept."""
        sides = {"color": self._readable & self.color, "line_art": self._readable & ~self.color}
        for one in recipe.filters:
            held = np.logical_or.reduce([sides[role] for role in concerned(one)])
            for reason, rows in _by_value(one.module.keep(self.table, one.settings)):
                self.drop(rows[held[rows]], "select", reason)

    def duplicates(self, stale: Mapping[int, int]) -> None:
        """Rows that are dropped because another row is kept in their stead."""
        rows = np.array(list(stale), np.int64)
        self.drop(rows, "select", Reason.NEAR_DUPLICATE)
        self._kept[rows] = np.array(list(stale.values()), np.int64)

    def columns(self) -> dict[str, pa.Array]:
        """`stage`, `reasons`, `kept_id` and `detail` of every row."""
        stage = np.full(len(self.table), None, dtype=object)
        for rows, name, _ in reversed(self._marks):
            stage[rows] = name
        rows = np.concatenate([np.empty(0, np.int64), *(rows for rows, _, _ in self._marks)])
        code = np.repeat(np.arange(len(self._marks)), [len(rows) for rows, _, _ in self._marks])
        names = pa.array([str(reason) for _, _, reason in self._marks], pa.string())
        ends = np.cumsum(np.bincount(rows, minlength=len(self.table)))
        reasons = names.take(pa.array(code[np.argsort(rows, kind="stable")]))
        ids = _whole(self.table.column("id"))
        return {
            "stage": pa.array(stage, pa.string()),
            "reasons": pa.ListArray.from_arrays(pa.array(np.append(0, ends), pa.int32()), reasons),
            "kept_id": ids.take(pa.array(self._kept, mask=self._kept < 0)),
            "detail": pa.array(map(self.details.get, range(len(self.table))), pa.string()),
        }


def concerned(one: Plugin) -> tuple[str, ...]:
    """The roles of the pictures that a filter looks at: `color` unless it says otherwise."""
    roles: tuple[str, ...] = getattr(one.module, "roles", ("color",))
    return roles


def _by_value(values: pa.Array | pa.ChunkedArray) -> list[tuple[str, Rows]]:
    """(value, its rows) of every value of a column of texts, in order of appearance; nulls have none."""
    encoded = _whole(values).dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return [(name, np.flatnonzero(codes == code)) for code, name in enumerate(encoded.dictionary.to_pylist())]


def _stated(values: pa.Array | pa.ChunkedArray) -> list[tuple[int, Any]]:
    """(row, value) where a column is not null."""
    rows = np.flatnonzero(_flags(pc.is_valid(values)))
    return list(zip(rows.tolist(), values.take(pa.array(rows)).to_pylist(), strict=True))


def _whole(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    if isinstance(values, pa.Array):
        return values
    return pa.concat_arrays([pa.nulls(0, values.type), *values.chunks])


def _among(values: pa.Array, wanted: set[str]) -> Mask:
    return _flags(pc.is_in(values, value_set=pa.array(sorted(wanted), pa.string())))


def _flags(values: pa.Array) -> Mask:
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return np.array(values.to_numpy(zero_copy_only=False), dtype=bool)
