"""Build: the stages one after the other, each skipping what is done."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from .asks import AUTHENTIC, COLOR, LINE_ART, asks
from .catalog import read_listing
from .cells import read_cells, store
from .contact import borderline, changes, remember_selection
from .crawl import Crawled, crawl, roots
from .dataset.errors import UsageError
from .engine import Engine
from .lock import Lock, locked, read_lock
from .measure import Find, known_of, measure
from .memory import Memory
from .pack import Packed, pack
from .pictures import originals, pictures
from .progress import Reporter
from .prune import remember
from .recipe import Recipe
from .render import Wanted, missing, render
from .rows import dataset_rows, refuse_none
from .select import Selection, check_inputs, refuse_empty, select, wanted_measures

Stage = Literal["crawl", "measure", "select", "render", "pack"]
STAGES: tuple[Stage, ...] = ("crawl", "measure", "select", "render", "pack")


@dataclass(frozen=True)
class Options:
    """Where and how to build; what to build is the recipe's."""

    out: str
    cache: str
    workers: int | None = None
    scheduler: str | None = None
    until: Stage = "pack"
    limit: int | None = None
    locked: str | None = None


@dataclass
class BuildReport:
    """What a build did: filled stage by stage, and the answer of the command."""

    listed: dict[str, int] = field(default_factory=dict)
    decoded: int = 0
    selection: Selection | None = None
    rendered: int = 0
    packed: Packed | None = None


def build(recipe: Recipe, options: Options, reporter: Reporter) -> BuildReport:
    """Runs the stages up to `options.until`. Raises LcpipeError and its children."""
    check_inputs(recipe)
    _refuse_memory(options)
    lock = read_lock(options.locked) if options.locked else None
    report = BuildReport()
    with Engine(options.workers, options.scheduler) as engine:
        measuring = options.until != "crawl"
        on_new = engine.start if measuring else lambda: None
        held = lock.ids if lock else None
        crawled = crawl(recipe, options.cache, reporter, on_new=on_new, locked=held)
        crawled = crawled if lock is None else locked(crawled, lock)
        report.listed = {one.source.name: len(one.listing) for one in crawled}
        if measuring:
            _from_measure(recipe, options, crawled, lock, report, engine, reporter)
    return report


def _from_measure(
    recipe: Recipe,
    options: Options,
    crawled: Sequence[Crawled],
    lock: Lock | None,
    report: BuildReport,
    engine: Engine,
    reporter: Reporter,
) -> None:
    table, find = _found(crawled, options.limit)
    wanted_of = wanted_measures(recipe, _roles(table))
    found = measure(_readable(table), find, wanted_of, options.cache, engine, reporter)
    report.decoded = found.decoded
    if options.until == "measure":
        return
    report.selection = select(recipe, table, found, Memory(options.cache, recipe.name))
    remember_selection(options.cache, recipe.name, report.selection)
    for note in report.selection.notes:
        reporter.note(note)
    if options.until == "select":
        return
    refuse_empty(report.selection)
    asked = asks(recipe)
    rendered = render(wanted(recipe, report.selection, find), asked, options.cache, engine, reporter)
    report.rendered = rendered.count
    if options.until == "render":
        return
    rows, lost = dataset_rows(recipe, report.selection, asked, rendered.cells, rendered.unreadable)
    refuse_none(rows, lost)
    report.packed = pack(recipe, crawled, report.selection, rows, lost, options.out, engine, reporter, lock)
    remember(options.cache, recipe, asked, report.packed.manifest["digest"])


def _refuse_memory(options: Options) -> None:
    """`memory://` ends with the process that writes it, and workers are others."""
    for name, place in (("--out", options.out), ("--cache", options.cache)):
        if place.startswith("memory:"):
            hint = "name a folder, or an object store such as s3://bucket/folder"
            raise UsageError(f"{name} cannot be in memory: workers and later runs would not see it", hint=hint)


def plan(recipe: Recipe, options: Options) -> dict[str, Any]:
    """What a build would do with this cache; reads only. Stops at the first stage whose input is not there yet.

    With `until` = select, what is left to render is not counted: that would look at every cell.
    """
    check_inputs(recipe)
    listings = [(source, read_listing(root)) for source, root in roots(recipe, options.cache)]
    never = [source.name for source, listing in listings if not len(listing)]
    if never:
        return {"next": "crawl", "sources": never}
    crawled = [Crawled(source, listing) for source, listing in listings]
    crawled = locked(crawled, read_lock(options.locked)) if options.locked else crawled
    table, find = _found(crawled, options.limit)
    known = known_of(wanted_measures(recipe, _roles(table)), options.cache)
    lacking = sum(map(len, known.lacking(_readable(table)).values()))
    if lacking:
        return {"next": "measure", "found": len(table), "to_measure": lacking}
    selection = select(recipe, table, known.measurements((), 0), Memory(options.cache, recipe.name, keeps=False))
    told = {
        **selection.counts(),
        "reasons": selection.reasons(),
        "notes": list(selection.notes),
        "changes": {
            one.heading: [identity for identity, _ in one.members]
            for one in changes(options.cache, recipe.name, selection)
        },
        "borderline": {one.heading: list(map(list, one.members)) for one in borderline(selection)},
    }
    if options.until == "select":
        return {"next": "select", **told}
    asked = asks(recipe)
    have = read_cells(store(options.cache), [ask.key for ask in asked.values()])
    todo = missing(wanted(recipe, selection, find), asked, have)
    cells = sum(len(one.columns) for task in todo for one in task)
    return {"next": "render" if cells else "pack", **told, "cells_to_render": cells}


def wanted(recipe: Recipe, selection: Selection, find: Find) -> list[list[Wanted]]:
    """What render is to make of each selected picture, in the groups in which the catalog holds them."""
    parts = find(selection.chosen())
    where = {original.id: original for part in parts for original in part}
    lines = tuple(f"line_{line.name}" for line in recipe.lines)
    columns = {row["id"]: (COLOR, *lines, *((AUTHENTIC,) if row["partner"] else ())) for row in selection.rows("pairs")}
    columns |= {row["id"]: (LINE_ART,) for row in selection.rows("line_art")}
    partner = {row["id"]: where[row["partner"]] for row in selection.rows("pairs") if row["partner"]}
    chosen = [[Wanted(o, columns[o.id], partner.get(o.id)) for o in part if o.id in columns] for part in parts]
    return [part for part in chosen if part]


def _found(crawled: Sequence[Crawled], limit: int | None) -> tuple[pa.Table, Find]:
    """The pictures found, one row each, and how to find their bytes; with a limit those with the smallest ids."""
    listings = [one.listing for one in crawled]
    table = pictures(listings)
    return table if limit is None else table.slice(0, limit), partial(originals, listings)


def _readable(table: pa.Table) -> pa.Array:
    """The ids of the pictures whose bytes were had."""
    ids = table.filter(pc.is_null(table.column("reason"))).column("id")
    return pa.concat_arrays([pa.array([], pa.string()), *ids.chunks])


def _roles(table: pa.Table) -> set[str]:
    return set(table.column("role").to_pylist())
