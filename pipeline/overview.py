"""What is in a dataset, counted from its light columns and its drops: no picture's bytes are read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .dataset.canonical import sha256_hex
from .dataset.reading import Dataset, open_shard
from .dataset.schema import line_art_schema, pairs_schema

Counts = tuple[tuple[str, int], ...]

STAGES = ("crawl", "measure", "select", "render")
RATINGS = {"g": "general", "s": "sensitive", "q": "questionable", "e": "explicit"}

_SIZES = ["width", "height", "original_width", "original_height"]
_RIGHTS = ["rating", "license", "license_url", "artist"]
_LIGHT = ["id", "cluster", "pair_score", *_SIZES, *_RIGHTS]
_TAGS = ["tags_general", "tags_character", "tags_copyright"]


@dataclass(frozen=True)
class Stage:
    """One stage of the funnel: how many pictures reached its end, and how many it dropped for which reasons."""

    name: str
    left: int
    dropped: Counts


@dataclass(frozen=True)
class Attribution:
    """A maker with the licence and the number of rows that rest on it."""

    artist: str
    license: str
    url: str
    rows: int


@dataclass(frozen=True)
class Overview:
    """The light columns of all pairs with a column `split`, in the order of the files; how often each tag occurs."""

    pairs: pa.Table
    tags: dict[str, Counts]


def overview(dataset: Dataset) -> Overview:
    """Reads every light column of `pairs` once, one shard in memory; tags are counted as they pass."""
    tables = []
    tags: dict[str, dict[str, int]] = {kind: {} for kind in _TAGS}
    for split in dataset.splits("pairs"):
        for table in shard_tables(dataset, "pairs", split, [*_LIGHT, *_TAGS]):
            _add_tags(tags, table)
            tables.append(_placed(table.select(_LIGHT), "pairs", split))
    return Overview(
        pa.concat_tables([_placed(_empty(_LIGHT), "", ""), *tables]),
        {kind: ordered(counts) for kind, counts in tags.items()},
    )


def shard_tables(dataset: Dataset, config: str, split: str, columns: Sequence[str]) -> Iterator[pa.Table]:
    """Columns of a split, shard by shard: opening a file per row group would cost more than reading it."""
    for uri in dataset.shards(config, split):
        with open_shard(uri, config) as file:
            yield file.read(columns=list(columns)).replace_schema_metadata()


def light_table(dataset: Dataset, columns: Sequence[str], configs: Sequence[str] = ("pairs", "line_art")) -> pa.Table:
    """Columns of all rows of some configs, with `config` and `split`."""
    tables = [
        _placed(table, config, split)
        for config in dataset.configs
        if config in configs
        for split in dataset.splits(config)
        for table in shard_tables(dataset, config, split, columns)
    ]
    return pa.concat_tables([_placed(_empty(columns), "", ""), *tables])


def _placed(table: pa.Table, config: str, split: str) -> pa.Table:
    for name, value in (("config", config), ("split", split)):
        table = table.append_column(name, pa.array([value] * len(table), pa.string()))
    return table


def _add_tags(tags: dict[str, dict[str, int]], table: pa.Table) -> None:
    for kind, counts in tags.items():
        for tag, count in counts_of(pc.list_flatten(table.column(kind))):
            counts[tag] = counts.get(tag, 0) + count


def rights_columns(dataset: Dataset) -> pa.Table:
    """Rating, licence and artist of every row of every config: unpartnered line art has makers too."""
    return light_table(dataset, _RIGHTS)


def _empty(columns: Sequence[str]) -> pa.Table:
    """No rows of columns that every dataset has: an empty dataset has a report too."""
    return pa.schema([pairs_schema({}).field(name) for name in columns]).empty_table()


def columns_of(dataset: Dataset, config: str) -> pa.Schema:
    """The columns of a config; those that every dataset has, when it holds no rows."""
    return dataset.schema(config) or (line_art_schema() if config == "line_art" else pairs_schema({}))


def counts_of(column: Any) -> Counts:
    """How often each value occurs, most frequent first, then by value; nulls are not counted."""
    counted = pc.value_counts(column.drop_null())
    pairs = zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
    return ordered({str(value): int(count) for value, count in pairs})


def ordered(counts: Mapping[str, int]) -> Counts:
    """Most frequent first, then by name."""
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def top(counts: Counts, limit: int, rest: str = "other") -> Counts:
    """The most frequent `limit` values, and all the others as one."""
    others = sum(count for _, count in counts[limit:])
    return (*counts[:limit], (rest, others)) if others else counts[:limit]


def attributions(rights: pa.Table) -> tuple[Attribution, ...]:
    """Who made the pictures, by artist and licence. Rows without an artist are gathered under an empty name."""
    plain = {name: pc.fill_null(rights.column(name), "") for name in ("artist", "license", "license_url")}
    grouped = pa.table(plain).group_by(["artist", "license", "license_url"]).aggregate([([], "count_all")])
    rows = [
        Attribution(row["artist"], row["license"], row["license_url"], row["count_all"]) for row in grouped.to_pylist()
    ]
    return tuple(sorted(rows, key=lambda row: (row.artist == "", row.artist, row.license, row.url)))


def funnel(manifest: Mapping[str, Any], drops: pa.Table) -> tuple[Stage, ...]:
    """Found pictures, and what each stage left of them."""
    stages = []
    left = int(manifest["counts"]["found"])
    for name in STAGES:
        dropped = drops.filter(pc.equal(drops.column("stage"), name))
        left -= dropped.num_rows
        stages.append(Stage(name, left, counts_of(dropped.column("reason"))))
    return tuple(stages)


def drop_examples(drops: pa.Table, reason: str, limit: int) -> list[dict[str, Any]]:
    """The rows dropped first of all for a reason that have the smallest id hashes."""
    table = drops.filter(pc.equal(drops.column("reason"), reason))
    chosen = smallest_hashes(table.column("id").to_pylist(), limit)
    rows: list[dict[str, Any]] = table.take(chosen).to_pylist()
    return rows


def smallest_hashes(ids: Sequence[str | None], limit: int) -> list[int]:
    """The positions of the `limit` ids whose hashes are smallest: a sample that stays when rows come and go."""
    ranked = sorted(range(len(ids)), key=lambda position: sha256_hex(f"look/{ids[position]}".encode()))
    return ranked[:limit]


def rows_of(dataset: Dataset, config: str) -> Counts:
    """The rows of each split, train first."""
    return tuple((split, dataset.count(config, split)) for split in dataset.splits(config))


def audience(rights: pa.Table) -> tuple[bool, bool]:
    """Whether any rating lies above `g`, and whether any row has none."""
    ratings = rights.column("rating")
    above = pc.any(pc.not_equal(ratings, "g")).as_py()
    return bool(above), ratings.null_count > 0


def size_bytes(manifest: dict[str, Any]) -> int:
    """The bytes of all the shards."""
    return sum(int(file["bytes"]) for file in manifest["files"] if file.get("config"))
