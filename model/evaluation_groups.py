"""The measuring itself: every line column is a group, every hint level a row of it, never averaged into one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

from lcpipe.pipeline.dataset.draws import generator
from lcpipe.pipeline.dataset.reading import Dataset

from .evaluation_rows import AUTHENTIC, Case, cases
from .hint_points import full_hints, sampled_points
from .hint_shapes import UInt8
from .hints import Float32, hint_map
from .intervals import mean_interval
from .metrics.sample import Metric, Sample
from .painter import Painter
from .protocols import Level, Protocol

DIGITS = 6

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Work:
    """What an evaluation works with; `without` are ids that are left out."""

    painter: Painter
    dataset: Dataset
    protocol: Protocol
    split: str
    without: frozenset[str]
    metrics: Mapping[str, Metric]


@dataclass(frozen=True)
class Shown:
    """One drawing with what was painted from it, for the sheet: hint maps and pictures by level."""

    case: Case
    hints: Mapping[Level, Float32]
    painted: Mapping[Level, UInt8]


@dataclass(frozen=True)
class Group:
    """A measured line column: its record, and the drawings to be shown."""

    record: Json
    shown: Sequence[Shown]


def measure_group(work: Work, column: str, on_picture: Callable[[], None]) -> Group | None:
    """All levels of a line column; None when no row has lines there."""
    pictures: list[Json] = []
    shown: list[Shown] = []
    for case in islice(cases(work.dataset, work.split, column, work.protocol.crop_px, work.without), work.protocol.n):
        seen = paint_levels(work, case)
        pictures.append(measure_levels(work, seen))
        if len(shown) < work.protocol.grid.rows:
            shown.append(seen)
        on_picture()
    return Group(group_record(work.protocol, column, pictures), shown) if pictures else None


def paint_levels(work: Work, case: Case) -> Shown:
    """A drawing painted at every level that is measured or shown."""
    levels = dict.fromkeys((*work.protocol.hints, *work.protocol.grid.hints))
    hints = {level: level_hints(case, level, work.protocol) for level in levels}
    return Shown(case, hints, {level: work.painter.paint(case.line, hints[level]) for level in levels})


def level_hints(case: Case, level: Level, protocol: Protocol) -> Float32:
    """The fixed hints of a drawing: every model gets the same ones."""
    if level == "full":
        return full_hints(case.color)
    rng = generator(protocol.seed, case.id, "evaluation hints")
    return hint_map(sampled_points(rng, case.color, case.line, level, protocol.point_px), *case.line.shape)


def measure_levels(work: Work, seen: Shown) -> Json:
    """The values of one drawing at every level."""
    case = seen.case
    values = {}
    for level in work.protocol.hints:
        sample = Sample(seen.painted[level], case.color, case.line, seen.hints[level])
        measured = {key: value for metric in work.metrics.values() for key, value in metric.measure(sample).items()}
        cells = int(seen.hints[level][3].sum())
        values[str(level)] = {"hint_cells": cells, **{key: round(value, DIGITS) for key, value in measured.items()}}
    return {"id": case.id, "width": case.line.shape[1], "height": case.line.shape[0], "values": values}


def group_record(protocol: Protocol, column: str, pictures: Sequence[Json]) -> Json:
    """Means with intervals per level, and every picture's own values."""
    levels = [
        {"hints": level, "means": dict(level_means(protocol, column, str(level), pictures))} for level in protocol.hints
    ]
    kind = "authentic" if column == AUTHENTIC else "synthetic"
    return {"lines": column, "kind": kind, "n": len(pictures), "levels": levels, "pictures": list(pictures)}


def level_means(protocol: Protocol, column: str, level: str, pictures: Sequence[Json]) -> Iterator[tuple[str, Json]]:
    """Every value's mean over the pictures that have it, with its bootstrap interval."""
    rows: list[Mapping[str, float]] = [picture["values"][level] for picture in pictures]
    for name in sorted({name for row in rows for name in row}):
        values = [row[name] for row in rows if name in row]
        rng = generator(protocol.seed, f"{column} {level} {name}", "bootstrap")
        mean, low, high = mean_interval(values, rng, protocol.bootstrap.draws, protocol.bootstrap.level)
        yield name, {
            "n": len(values), "mean": round(mean, DIGITS), "low": round(low, DIGITS), "high": round(high, DIGITS)
        }  # fmt: skip
