"""The measuring itself: every line column is a group, every hint level a row of it, never averaged into one."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias
from typing import Protocol as Interface

from lcpipe.pipeline.dataset.draws import generator
from lcpipe.pipeline.dataset.errors import LcpipeError
from lcpipe.pipeline.dataset.reading import Dataset

from .evaluation_rows import AUTHENTIC, Case, authentic_cases, cases, ids_with_lines, reference_colors
from .evaluation_sets import TRUTH, Collected
from .hint_points import full_hints, sampled_points
from .hint_shapes import UInt8
from .hints import Float32, hint_map, no_hints
from .intervals import mean_interval
from .metrics.sample import Metric, Sample, SetMetric
from .protocols import Level, Protocol

DIGITS = 6

Json: TypeAlias = dict[str, Any]


class Paints(Interface):
    """Whatever paints a drawing, uint8 (H, W), by a hint map: a model, or a baseline."""

    def paint(self, line: UInt8, hints: Float32) -> UInt8: ...


@dataclass(frozen=True)
class Work:
    """What an evaluation works with; `by` names the painter, `without` are ids that are left out."""

    by: str
    painter: Paints
    dataset: Dataset
    protocol: Protocol
    split: str
    without: frozenset[str]
    metrics: Mapping[str, Metric | SetMetric]


@dataclass(frozen=True)
class Shown:
    """One drawing with what was painted from it, for the sheet: hint maps and pictures by level."""

    case: Case
    hints: Mapping[Level, Float32]
    painted: Mapping[Level, UInt8]


@dataclass(frozen=True)
class Group:
    """A measured line column: its record, and the first drawings of it."""

    record: Json
    shown: Sequence[Shown]


def chosen_ids(work: Work, column: str) -> frozenset[str]:
    """The rows of a column that are measured: with lines, not left out, and where that is asked and there are
    any, with authentic lines too."""
    ids = ids_with_lines(work.dataset, work.split, column) - work.without
    authentic = ids_with_lines(work.dataset, work.split, AUTHENTIC) if work.protocol.drawings == "both" else None
    return ids & authentic if authentic else ids


def measure_group(work: Work, column: str, on_picture: Callable[[], None]) -> Group | None:
    """All levels of a line column; None when no row has lines there."""
    protocol, chosen = work.protocol, chosen_ids(work, column)
    found = cases(work.dataset, work.split, column, protocol.crop_px, chosen)
    return measure_cases(work, column, islice(found, protocol.n), on_picture)


def measure_repeat(work: Work, repeat: int, on_picture: Callable[[], None]) -> Group | None:
    """One draw of crops of every authentic drawing, against the colour pictures of the same splits."""
    drawings = islice(authentic_cases(work.dataset, work.protocol, repeat), work.protocol.n)
    return measure_cases(work, f"{AUTHENTIC} draw {repeat + 1}", drawings, on_picture)


def measure_cases(work: Work, column: str, found: Iterable[Case], on_picture: Callable[[], None]) -> Group | None:
    """Every drawing painted and measured; one that cannot be painted is named, and the others go on."""
    sets = Collected({name: metric for name, metric in work.metrics.items() if isinstance(metric, SetMetric)})
    pictures: list[Json] = []
    failed: list[Json] = []
    shown: list[Shown] = []
    for case in found:
        try:
            seen = paint_levels(work, case)
        except LcpipeError as error:
            failed.append({"id": case.id, "why": error.what})
        else:
            pictures.append(measure_levels(work, seen, sets))
            shown += [seen] if len(shown) < max(work.protocol.grid.rows, work.protocol.grid.kept) else []
        on_picture()
    if not pictures and not failed:
        return None
    if work.protocol.drawings == "authentic":
        sets.add_truths(reference_colors(work.dataset, work.protocol, len(pictures)))
    return Group(group_record(work, column, pictures, sets) | {"failed": failed}, shown)


def paint_levels(work: Work, case: Case) -> Shown:
    """A drawing painted at every level that is measured or shown."""
    shown = work.protocol.grid.hints if work.protocol.drawings != "authentic" else ()
    hints = {level: level_hints(case, level, work.protocol) for level in dict.fromkeys((*work.protocol.hints, *shown))}
    return Shown(case, hints, {level: work.painter.paint(case.line, hints[level]) for level in hints})


def level_hints(case: Case, level: Level, protocol: Protocol) -> Float32:
    """The fixed hints of a drawing: every model gets the same ones."""
    if level == 0:
        return no_hints(*case.line.shape)
    if level == "full":
        return full_hints(case.color)
    rng = generator(protocol.seed, case.id, "evaluation hints")
    return hint_map(sampled_points(rng, case.color, case.line, level, protocol.point_px), *case.line.shape)


def measure_levels(work: Work, seen: Shown, sets: Collected) -> Json:
    """The values of one drawing at every level; its pictures are looked at for the metrics of sets."""
    case = seen.case
    if case.color.size:
        sets.add(TRUTH, case.color)
    values = {}
    for level in work.protocol.hints:
        sets.add(str(level), seen.painted[level])
        sample = Sample(
            seen.painted[level], case.color, case.line, seen.hints[level],
            lambda hints: work.painter.paint(case.line, hints),
        )  # fmt: skip
        measured = {
            key: value
            for metric in work.metrics.values()
            if isinstance(metric, Metric) and (case.color.size or not metric.needs_truth)
            for key, value in metric.measure(sample).items()
        }
        cells = int(seen.hints[level][3].sum())
        values[str(level)] = {"hint_cells": cells, **{key: round(value, DIGITS) for key, value in measured.items()}}
    return {"id": case.id, "width": case.line.shape[1], "height": case.line.shape[0], "values": values}


def group_record(work: Work, column: str, pictures: Sequence[Json], sets: Collected) -> Json:
    """Means with intervals per level, every picture's own values, and what a reader must know."""
    protocol = work.protocol
    levels = [
        {
            "hints": level,
            "means": dict(level_means(protocol, column, str(level), pictures)) | sets.means(level, protocol, column),
        }
        for level in protocol.hints
    ]
    kind = "authentic" if column.startswith(AUTHENTIC) else "synthetic"
    return {
        "by": work.by,
        "lines": column,
        "kind": kind,
        "n": len(pictures),
        "levels": levels,
        "pictures": list(pictures),
        "notes": sets.notes(protocol.hints),
    }


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
