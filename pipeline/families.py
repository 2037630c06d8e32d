"""Families: what must not be parted by a split, as the connected parts of a graph of rows."""

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .pictures import PICTURES

Rows = npt.NDArray[np.int64]
Edges = tuple[Rows, Rows]


def families(
    table: pa.Table, cluster: Rows, pairs: Iterable[tuple[int, int]], artists: bool = False, bonds: Rows | None = None
) -> Rows:
    """The family of every row, named by its first row, int64 (N,).

    Joined are near-duplicates (`cluster`, int64 (N,), and `bonds` between clusters, int64 (M, 2)), both sides of
    verified `pairs`, rows that share a pair key,
    parents and children, and with `artists` all works of one artist. Pools hold thousands of pictures that have no more
    in common than a theme: they join nothing.
    """
    count = len(table)
    own = np.arange(count, dtype=np.int64)
    joined = np.array(sorted(pairs), np.int64).reshape(-1, 2)
    if bonds is not None:
        joined = np.concatenate([joined, bonds])
    groups = [stated(table, "pair_key"), relation_groups(table)]
    if artists:
        groups.append(stated(table, "artist"))
    return connected(count, [(own, cluster), (joined[:, 0], joined[:, 1]), *map(_chained, groups)])


def connected(count: int, edges: Iterable[Edges]) -> Rows:
    """For each of `count` nodes the smallest node that it hangs together with, int64 (count,).

    Labels are lowered along the edges and then shortened, until nothing moves: few rounds, each over whole arrays.
    """
    ends = list(edges)
    left = np.concatenate([a for a, _ in ends] or [np.empty(0, np.int64)])
    right = np.concatenate([b for _, b in ends] or [np.empty(0, np.int64)])
    label = np.arange(count, dtype=np.int64)
    while True:
        lower = np.minimum(label[left], label[right])
        before = label.copy()
        np.minimum.at(label, before[left], lower)
        np.minimum.at(label, before[right], lower)
        while not np.array_equal(label, label[label]):
            label = label[label]
        if np.array_equal(label, before):
            return label


def _named(names: pa.ChunkedArray, rows: Rows) -> tuple[pa.Array, Rows]:
    values = names.combine_chunks() if isinstance(names, pa.ChunkedArray) else names
    valid = pc.is_valid(values)
    return values.filter(valid), rows[valid.to_numpy(zero_copy_only=False)]


def stated(table: pa.Table, name: str) -> tuple[pa.Array, Rows]:
    """(values, rows): what any place says of a picture; one that was found in several may have several values."""
    values, rows = _named(table.column(name), np.arange(len(table), dtype=np.int64))
    said, of = _others(table)
    more, at = _named(pc.struct_field(said, name), of)
    return pa.concat_arrays([values, more]), np.concatenate([rows, at])


def _others(table: pa.Table) -> tuple[pa.Array, Rows]:
    """What each place says of the pictures that were found in several, and their rows."""
    if "others" not in table.column_names:  # it is known that each was found in one
        return pa.array([], PICTURES.field("others").type.value_type), np.empty(0, np.int64)
    lists = table.column("others").combine_chunks()
    return pc.list_flatten(lists), pc.list_parent_indices(lists).to_numpy(zero_copy_only=False).astype(np.int64)


def relation_groups(table: pa.Table) -> tuple[pa.Array, Rows]:
    """(names, rows): places where rows were found, and with them the rows that name such a place as their parent."""
    refs = table.column("refs").combine_chunks()
    places, of = pc.list_flatten(refs), pc.list_parent_indices(refs).to_numpy(zero_copy_only=False)
    of = of.astype(np.int64)
    parents = table.column("parent_id").combine_chunks().take(pa.array(of))
    found = pc.binary_join_element_wise(places.field("source"), places.field("native_id"), ":")
    names, rows = _named(pc.binary_join_element_wise(places.field("source"), parents, ":"), of)
    said, at = _others(table)
    own = pc.binary_join_element_wise(pc.struct_field(said, "source"), pc.struct_field(said, "parent_id"), ":")
    more, others = _named(own, at)
    return pa.concat_arrays([found, names, more]), np.concatenate([of, rows, others])


def pool_groups(table: pa.Table) -> tuple[pa.Array, Rows]:
    """(pools, rows): collections of a source, and what is in them."""
    lists = table.column("pools").combine_chunks()
    of = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)
    return pc.list_flatten(lists), of.astype(np.int64)


def _chained(group: tuple[pa.Array, Rows]) -> Edges:
    """Edges from each row to the first row of its name."""
    names, rows = group
    codes = pc.dictionary_encode(names).indices.to_numpy(zero_copy_only=False).astype(np.int64)
    if not len(codes):
        return rows[:0], rows[:0]
    first = np.full(int(codes.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, codes, rows)
    return rows, first[codes]


def grouped(family: Rows, values: Mapping[int, int], none: int) -> Rows:
    """The smallest value that any member of each row's family has, else `none`: int64 (N,)."""
    lowest = np.full(len(family), none, dtype=np.int64)
    rows = np.fromiter(values.keys(), np.int64, len(values))
    np.minimum.at(lowest, family[rows], np.fromiter(values.values(), np.int64, len(values)))
    return lowest[family]
