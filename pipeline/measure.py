"""Measure: decode each picture once for all measures that are missing, and keep the results by what was asked."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from . import plugins
from .dataset.canonical import digest_of
from .dataset.errors import LcpipeError, PictureError
from .dataset.reasons import Reason
from .dataset.storage import join
from .engine import Engine
from .measures._pillow import luma
from .parts import read_indexes, write_index
from .pixels import Original, Pixels, decode_original, reduced
from .progress import Reporter

DECODE_VERSION = 1
REDUCED_LONG_SIDE_PX = 512
ALWAYS = ("dimensions", "phash", "thumbnail")
VOLATILE = frozenset({Reason.SOURCE_CHANGED, Reason.REMOVED})  # true today, maybe not tomorrow: never cached
FAILURE = pa.struct([("reason", pa.string()), ("detail", pa.string())])


@dataclass(frozen=True)
class Measurements:
    """One row per picture: `id`, `failure` (null where it could be decoded), and a column per measured value."""

    table: pa.Table
    decoded: int  # pictures decoded in this run


@dataclass(frozen=True)
class Views:
    """The forms of a decoded picture that a measure's `needs` may name; each is made once, when the first one asks."""

    full: Pixels  # uint8 (H, W, 3) sRGB

    @cached_property
    def reduced(self) -> Pixels:
        """Shrunk by area to a long side of `REDUCED_LONG_SIDE_PX`, uint8 (h, w, 3)."""
        return reduced(self.full, REDUCED_LONG_SIDE_PX)

    @cached_property
    def grey(self) -> Pixels:
        """Pillow's 8-bit luma at full size, uint8 (H, W)."""
        return luma(self.full)


@dataclass(frozen=True)
class MeasureTask:
    """Pictures of one part, and the measures each of them lacks."""

    originals: tuple[Original, ...]
    measures: tuple[str, ...]


@dataclass(frozen=True)
class MeasureJob:
    """Writes one part of measurements per task; returns (pictures, rows that must not be cached)."""

    root: str
    asks: dict[str, str] = field(default_factory=dict)

    def run(self, task: MeasureTask) -> tuple[int, list[dict[str, Any]]]:
        rows = [_measured(original, task.measures) for original in task.originals]
        return self._keep(task, rows)

    def pieces(self, task: MeasureTask) -> Sequence[MeasureTask]:
        return [MeasureTask((original,), task.measures) for original in task.originals]

    def crashed(self, piece: MeasureTask) -> tuple[int, list[dict[str, Any]]]:
        failure = {"reason": str(Reason.DECODER_CRASHED), "detail": "decoding it killed the worker process"}
        return self._keep(piece, [{"id": piece.originals[0].id, "failure": failure}])

    def _keep(self, task: MeasureTask, rows: list[dict[str, Any]]) -> tuple[int, list[dict[str, Any]]]:
        lasting = [row for row in rows if (row["failure"] or {}).get("reason") not in VOLATILE]
        if lasting:
            schema = _part_schema(task.measures, self.asks)
            named = [{_key(name, self.asks): value for name, value in row.items()} for row in lasting]
            name = digest_of([sorted(schema.names), sorted(row["id"] for row in lasting)])[:24]
            write_index(self.root, name, pa.Table.from_pylist(named, schema=schema))
        return len(rows), [row for row in rows if row not in lasting]


def measure(
    originals: Sequence[Sequence[Original]], wanted: Iterable[str], cache: str, engine: Engine, reporter: Reporter
) -> Measurements:
    """Measures every picture for all `wanted` measures; `originals` come in parts. Only what is missing is decoded."""
    measures, asks, root = _asked(wanted, cache)
    tasks = _missing(originals, measures, _read(root, measures, asks))
    volatile: list[dict[str, Any]] = []
    total = sum(len(task.originals) for task in tasks)
    tasks = [part for task in tasks for part in _cut(task, engine.share(total))]
    if tasks:
        with reporter.stage("measure", total) as stage:
            for count, lost in engine.map(MeasureJob(root, asks), tasks):
                volatile += lost
                stage.advance(count)
    known = _read(root, measures, asks)
    refuse_unmeasured(_missing(originals, measures, known), {row["id"] for row in volatile})
    return Measurements(_flat(known, volatile), total)


def refuse_unmeasured(tasks: Sequence[MeasureTask], unreadable: Collection[str]) -> None:
    """Raises LcpipeError when pictures still lack a measure that was asked for, except those that cannot be read."""
    lacking = [(one.id, task.measures) for task in tasks for one in task.originals if one.id not in unreadable]
    if lacking:
        picture, measures = lacking[0]
        raise LcpipeError(
            f"{len(lacking)} of the pictures were measured but have no value of {', '.join(measures)}",
            where=f"measure, picture {picture[:16]}",
            hint="the measure gave nothing for them: correct the plug-in, or leave out the filter that needs it",
        )


def _cut(task: MeasureTask, most: int) -> list[MeasureTask]:
    starts = range(0, len(task.originals), most)
    return [MeasureTask(task.originals[start : start + most], task.measures) for start in starts]


def measured(wanted: Iterable[str], cache: str) -> Measurements:
    """What the cache knows, without measuring anything."""
    measures, asks, root = _asked(wanted, cache)
    return Measurements(_flat(_read(root, measures, asks), []), 0)


def unmeasured(originals: Sequence[Sequence[Original]], wanted: Iterable[str], cache: str) -> int:
    """How many pictures a run would have to decode."""
    measures, asks, root = _asked(wanted, cache)
    return sum(len(task.originals) for task in _missing(originals, measures, _read(root, measures, asks)))


def _asked(wanted: Iterable[str], cache: str) -> tuple[tuple[str, ...], dict[str, str], str]:
    """All measures, what each is called in the cache, and where the cache keeps them."""
    measures = tuple(sorted({*ALWAYS, *wanted}))
    asks = {name: f"{name}-{plugins.version('measures', name)}-{DECODE_VERSION}" for name in measures}
    return measures, asks, join(cache, "measurements")


def _measured(original: Original, measures: Sequence[str]) -> dict[str, Any]:
    try:
        picture = decode_original(original)
    except PictureError as error:
        return {"id": original.id, "failure": {"reason": str(error.reason), "detail": error.what}}
    views = Views(picture.pixels)
    row: dict[str, Any] = {"id": original.id, "failure": None}
    for name in measures:
        module = plugins.load("measures", name)
        row[name] = module.measure(getattr(views, module.needs), picture.facts)
    return row


def _part_schema(measures: Sequence[str], asks: dict[str, str]) -> pa.Schema:
    own = [(asks[name], pa.struct(list(plugins.load("measures", name).columns.items()))) for name in measures]
    return pa.schema([("id", pa.string()), (f"failure-{DECODE_VERSION}", FAILURE), *own])


def _key(name: str, asks: dict[str, str]) -> str:
    return f"failure-{DECODE_VERSION}" if name == "failure" else asks.get(name, name)


def _missing(originals: Sequence[Sequence[Original]], measures: Sequence[str], known: pa.Table) -> list[MeasureTask]:
    """Tasks for the pictures that lack a measure and are not known to be undecodable."""
    failed = set(known.filter(pc.is_valid(known.column("failure"))).column("id").to_pylist())
    have = {name: set(known.filter(pc.is_valid(known.column(name))).column("id").to_pylist()) for name in measures}
    tasks = []
    for part in originals:
        lacking: dict[tuple[str, ...], list[Original]] = {}
        for original in part:
            need = tuple(name for name in measures if original.id not in have[name])
            if need and original.id not in failed:
                lacking.setdefault(need, []).append(original)
        tasks += [MeasureTask(tuple(group), need) for need, group in lacking.items()]
    return tasks


def _read(root: str, measures: Sequence[str], asks: dict[str, str]) -> pa.Table:
    """All cached rows, one per picture: `id`, `failure`, and a struct column per measure, null where it is missing."""
    failure = f"failure-{DECODE_VERSION}"
    kinds = {name: pa.struct(list(plugins.load("measures", name).columns.items())) for name in measures}
    schema = pa.schema([("id", pa.string()), ("failure", FAILURE), *kinds.items()])
    pieces = []
    for _, index in read_indexes(root):
        if failure not in index.column_names:
            continue
        arrays = [index.column("id"), index.column(failure)]
        arrays += [
            index.column(asks[n]) if asks[n] in index.column_names else pa.nulls(len(index), kinds[n]) for n in measures
        ]
        pieces.append(pa.table(arrays, schema=schema))
    return _merged(pa.concat_tables(pieces).combine_chunks() if pieces else schema.empty_table())


def _merged(table: pa.Table) -> pa.Table:
    """One row per id: for each column the last row that has a value."""
    ids = pc.unique(table.column("id"))
    if len(ids) == len(table):
        return table
    columns = [ids]
    for name in table.column_names[1:]:
        valid = table.filter(pc.is_valid(table.column(name))).select(["id", name])
        last = {key: row for row, key in enumerate(valid.column("id").to_pylist())}
        at = pa.array([last.get(key) for key in ids.to_pylist()], pa.int64())
        columns.append(
            valid.column(name).combine_chunks().take(at)
            if len(valid)
            else pa.nulls(len(ids), table.schema.field(name).type)
        )
    return pa.table(columns, schema=table.schema)


def _flat(known: pa.Table, rows: list[dict[str, Any]]) -> pa.Table:
    """Known rows with their measures flattened into columns, and the rows of this run that are not cached."""
    extra = pa.Table.from_pylist([{"id": row["id"], "failure": row["failure"]} for row in rows], schema=known.schema)
    table = pa.concat_tables([known, extra]).combine_chunks()
    columns = {"id": table.column("id"), "failure": table.column("failure")}
    for name in known.column_names[2:]:
        values = table.column(name).combine_chunks()
        values = values.chunk(0) if isinstance(values, pa.ChunkedArray) else values
        columns |= {kind.name: pc.struct_field(values, kind.name) for kind in known.schema.field(name).type}
    return pa.table(columns)
