"""Measure: decode each picture once for all measures that are missing, and keep the results by what was asked."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import pyarrow as pa

from .dataset.canonical import digest_of
from .dataset.errors import LcpipeError, PictureError
from .dataset.reasons import Reason
from .engine import Engine
from .measure_asks import ALWAYS, Measure, MeasureAsk, ask, measurer
from .measurements import FAILURE, FAILURE_KEY, Known, Measurements, read_known, store
from .measures._pillow import luma
from .parts import write_index
from .pixels import Original, Pixels, coarse, decode_original, halved
from .progress import Reporter

REDUCED_LONG_SIDE_PX = 512
SQUEEZED_PX = 32
VOLATILE = frozenset({Reason.SOURCE_CHANGED, Reason.REMOVED})  # true today, maybe not tomorrow: never cached

Find = Callable[[set[str]], list[list[Original]]]


@dataclass(frozen=True)
class Views:
    """The forms of a decoded picture that a measure's `needs` may name; each is made once, when the first one asks."""

    full: Pixels  # uint8 (H, W, 3) sRGB

    @cached_property
    def reduced(self) -> Pixels:
        """Shrunk to a long side of `REDUCED_LONG_SIDE_PX`, uint8 (h, w, 3)."""
        return coarse(self.full, REDUCED_LONG_SIDE_PX)

    @cached_property
    def reduced_grey(self) -> Pixels:
        """OpenCV's luma of the reduced picture, uint8 (h, w): half as dear as Pillow's, whose bits only hashes need."""
        return np.asarray(cv2.cvtColor(np.ascontiguousarray(self.reduced), cv2.COLOR_RGB2GRAY), np.uint8)

    @cached_property
    def planes(self) -> Pixels:
        """The channels of the reduced picture apart, uint8 (3, h, w)."""
        planes = np.empty((3, *self.reduced.shape[:2]), np.uint8)
        cv2.split(np.ascontiguousarray(self.reduced), list(planes))
        return planes

    @cached_property
    def squeezed(self) -> Pixels:
        """The reduced picture squeezed into a square by area, uint8 (32, 32, 3)."""
        small = np.ascontiguousarray(self.reduced)
        while not any(side % 2 or side < 4 * SQUEEZED_PX for side in small.shape[:2]):
            small = halved(small)  # nearly the same means, in a third of the time
        return np.asarray(cv2.resize(small, (SQUEEZED_PX,) * 2, interpolation=cv2.INTER_AREA), np.uint8)

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
    asks: tuple[MeasureAsk, ...]

    def run(self, task: MeasureTask) -> tuple[int, list[dict[str, Any]]]:
        wanted = [(one.name, one.needs, measurer(one)) for one in self._wanted(task)]
        rows = [_measured(original, wanted) for original in task.originals]
        return self._keep(task, rows)

    def _wanted(self, task: MeasureTask) -> list[MeasureAsk]:
        return [one for one in self.asks if one.name in task.measures]

    def pieces(self, task: MeasureTask) -> Sequence[MeasureTask]:
        return [MeasureTask((original,), task.measures) for original in task.originals]

    def crashed(self, piece: MeasureTask) -> tuple[int, list[dict[str, Any]]]:
        failure = {"reason": str(Reason.DECODER_CRASHED), "detail": "decoding it killed the worker process"}
        return self._keep(piece, [{"id": piece.originals[0].id, "failure": failure}])

    def _keep(self, task: MeasureTask, rows: list[dict[str, Any]]) -> tuple[int, list[dict[str, Any]]]:
        lasting = [row for row in rows if (row["failure"] or {}).get("reason") not in VOLATILE]
        if lasting:
            keys = {one.name: one.key for one in self._wanted(task)} | {"failure": FAILURE_KEY}
            kinds = [(one.key, one.type) for one in self._wanted(task)]
            schema = pa.schema([("id", pa.string()), (FAILURE_KEY, FAILURE), *kinds])
            named = [{keys.get(name, name): value for name, value in row.items()} for row in lasting]
            name = digest_of([sorted(schema.names), sorted(row["id"] for row in lasting)])[:24]
            write_index(self.root, name, pa.Table.from_pylist(named, schema=schema))
        return len(rows), [row for row in rows if row not in lasting]


def measure(
    ids: pa.Array, find: Find, wanted: Iterable[MeasureAsk], cache: str, engine: Engine, reporter: Reporter
) -> Measurements:
    """Measures every picture for all `wanted` measures; `find` says where those are that have to be decoded."""
    asks, root = with_always(wanted), store(cache)
    known = read_known(root, asks)
    lacking = known.lacking(ids)
    if not lacking:
        return known.measurements((), 0)
    tasks = _tasks(lacking, find)
    volatile: list[dict[str, Any]] = []
    total = sum(len(task.originals) for task in tasks)
    tasks = [part for task in tasks for part in _cut(task, engine.share(total))]
    with reporter.stage("measure", total) as stage:
        for count, lost in engine.map(MeasureJob(root, asks), tasks):
            volatile += lost
            stage.advance(count)
    known = read_known(root, asks)
    refuse_unmeasured(known.lacking(ids), {row["id"] for row in volatile})
    return known.measurements(volatile, total)


def refuse_unmeasured(lacking: Mapping[tuple[str, ...], Collection[str]], unreadable: Collection[str]) -> None:
    """Raises LcpipeError when pictures still lack a measure that was asked for, except those that cannot be read."""
    left = [(picture, names) for names, members in lacking.items() for picture in members if picture not in unreadable]
    if left:
        picture, names = left[0]
        raise LcpipeError(
            f"{len(left)} of the pictures were measured but have no value of {', '.join(names)}",
            where=f"measure, picture {picture[:16]}",
            hint="the measure gave nothing for them: correct the plug-in, or leave out the filter that needs it",
        )


def _tasks(lacking: Mapping[tuple[str, ...], Sequence[str]], find: Find) -> list[MeasureTask]:
    """Tasks for the pictures that lack measures, in the groups in which the catalog holds them. A picture whose bytes
    were never had is in none."""
    needs = {picture: names for names, members in lacking.items() for picture in members}
    tasks = []
    for part in find(set(needs)):
        groups: dict[tuple[str, ...], list[Original]] = {}
        for original in part:
            groups.setdefault(needs[original.id], []).append(original)
        tasks += [MeasureTask(tuple(group), names) for names, group in groups.items()]
    return tasks


def _cut(task: MeasureTask, most: int) -> list[MeasureTask]:
    starts = range(0, len(task.originals), most)
    return [MeasureTask(task.originals[start : start + most], task.measures) for start in starts]


def measured(wanted: Iterable[MeasureAsk], cache: str) -> Measurements:
    """What the cache knows, without measuring anything."""
    return known_of(wanted, cache).measurements((), 0)


def known_of(wanted: Iterable[MeasureAsk], cache: str) -> Known:
    """What the cache knows of these measures and of those that every build needs."""
    return read_known(store(cache), with_always(wanted))


def with_always(wanted: Iterable[MeasureAsk]) -> tuple[MeasureAsk, ...]:
    """The measures asked for and those that every build needs, ordered by name."""
    named = {name: ask(name) for name in ALWAYS} | {one.name: one for one in wanted}
    return tuple(named[name] for name in sorted(named))


def _measured(original: Original, wanted: Iterable[tuple[str, str, Measure]]) -> dict[str, Any]:
    """The row of one picture, by (name, view, function) of every measure."""
    try:
        picture = decode_original(original)
    except PictureError as error:
        return {"id": original.id, "failure": {"reason": str(error.reason), "detail": error.what}}
    views = Views(picture.pixels)
    values = {name: function(getattr(views, needs), picture.facts) for name, needs, function in wanted}
    return {"id": original.id, "failure": None} | values
