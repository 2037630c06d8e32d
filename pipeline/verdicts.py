"""Collects why rows are dropped, stage by stage: every reason is kept, and a row without one is alive."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .dataset.reasons import Reason
from .exclusions import excluded
from .recipe import Recipe

Mask = npt.NDArray[np.bool_]


class Verdicts:
    """The reasons of each row, its stage, details, and for which picture a near-duplicate is dropped."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.ids: list[str] = table.column("id").to_pylist()
        self.color: Mask = _flags(pc.equal(table.column("role"), "color"))
        self.reasons: dict[int, list[str]] = {}
        self.stages: dict[int, str] = {}
        self.kept_ids: dict[int, str] = {}
        self.details: dict[int, str] = {}
        for row in np.flatnonzero(_flags(pc.is_valid(table.column("detail")))).tolist():
            self.details[row] = table.column("detail")[row].as_py()

    def add(self, row: int, stage: str, reason: str) -> None:
        self.reasons.setdefault(row, []).append(reason)
        self.stages.setdefault(row, stage)

    def alive(self) -> Mask:
        """Which rows have no reason so far, bool (N,)."""
        alive = np.ones(len(self.ids), dtype=bool)
        alive[list(self.reasons)] = False
        return alive

    def failures(self) -> None:
        """What could not be fetched or decoded."""
        for row, reason in _stated(self.table.column("reason")):
            self.add(row, "crawl", reason)
        for row, failure in _stated(self.table.column("failure")):
            if row not in self.reasons:
                self.add(row, "measure", failure["reason"])
                self.details[row] = failure["detail"]

    def exclude(self, recipe: Recipe) -> None:
        """What `[exclude]` names."""
        ids, refs, artists = excluded(recipe)
        hit = _among(self.table.column("id"), ids) | _among(self.table.column("artist"), artists)
        if refs:
            lists = self.table.column("refs").combine_chunks()
            places = pc.list_flatten(lists)
            named = pc.binary_join_element_wise(places.field("source"), places.field("native_id"), ":")
            hit[pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)[_among(named, refs)]] = True
        for row in np.flatnonzero(hit).tolist():
            self.add(row, "select", Reason.EXCLUDED)

    def filters(self, recipe: Recipe) -> None:
        """What the filters refuse of what could be decoded; filters have no order, and all reasons are kept."""
        readable = np.ones(len(self.ids), dtype=bool)
        readable[[row for row, stage in self.stages.items() if stage != "select"]] = False
        sides = {"color": readable & self.color, "line_art": readable & ~self.color}
        for one in recipe.filters:
            roles = getattr(one.module, "roles", ("color",))
            concerned = np.logical_or.reduce([sides[role] for role in roles])
            for row, reason in _stated(one.module.keep(self.table, one.settings), concerned):
                self.add(row, "select", reason)

    def duplicates(self, stale: Mapping[int, int]) -> None:
        """Rows that are dropped because another row is kept in their stead."""
        for row, best in stale.items():
            self.add(row, "select", Reason.NEAR_DUPLICATE)
            self.kept_ids[row] = self.ids[best]

    def columns(self) -> dict[str, pa.Array]:
        """`stage`, `reasons`, `kept_id` and `detail` of every row."""
        rows = range(len(self.ids))
        return {
            "stage": pa.array(map(self.stages.get, rows), pa.string()),
            "reasons": pa.array([self.reasons.get(row, ()) for row in rows], pa.list_(pa.string())),
            "kept_id": pa.array(map(self.kept_ids.get, rows), pa.string()),
            "detail": pa.array(map(self.details.get, rows), pa.string()),
        }


def _stated(values: pa.Array, where: Mask | None = None) -> list[tuple[int, Any]]:
    """(row, value) where a column is not null."""
    valid = _flags(pc.is_valid(values))
    rows = np.flatnonzero(valid if where is None else valid & where)
    return list(zip(rows.tolist(), values.take(pa.array(rows)).to_pylist(), strict=True))


def _among(values: pa.Array, wanted: set[str]) -> Mask:
    return _flags(pc.is_in(values, value_set=pa.array(sorted(wanted), pa.string())))


def _flags(values: pa.Array) -> Mask:
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return np.array(values.to_numpy(zero_copy_only=False), dtype=bool)
