"""Crawls, looks at and re-checks the network sources of a recipe, one after the other."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..catalog import KEY_DIGITS, write_listing
from ..dataset.errors import RecipeError
from ..progress import Reporter
from ..recipe import Plugin, Recipe
from .crawling import Wish, check_failures, fetch_source, has_work, introduce, is_network, recorder_of
from .ledger import Ledger
from .opening import LEDGER, local_root, newest_rows, opened_ledger, opened_network
from .resync import asked_again, trusted

__all__ = ["crawl_network", "funnel", "is_network", "resync"]

Rooted = Sequence[tuple[Plugin, str]]


def crawl_network(
    recipe: Recipe,
    sources: Rooted,
    cache: str,
    reporter: Reporter,
    *,
    retry_failed: bool,
    incremental: bool,
    only: Mapping[str, frozenset[str]] | None = None,
) -> None:
    """Brings the catalogs of network sources up to date, and writes their listings. Raises LcpipeError.

    With the native ids in `only`, by source, no other pictures are asked for.
    """
    for source, root in sources:
        wish = Wish(retry_failed, incremental, only[source.name] if only is not None else None)
        with _one_heap():
            _crawl(recipe, source, root, cache, reporter, wish)


@contextmanager
def _one_heap() -> Iterator[None]:
    """Lets Arrow use the system's allocator: its own keeps a heap for every thread that ever wrote a part."""
    before = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)


def _crawl(recipe: Recipe, source: Plugin, root: str, cache: str, reporter: Reporter, wish: Wish) -> None:
    _tell_of_others(source, local_root(root), reporter)
    with opened_ledger(root, source.name) as ledger:
        folder = local_root(root)
        worked = has_work(ledger, wish)
        if worked:
            with opened_network(recipe.crawl, cache, recipe.seed) as network:
                fetch_source(recipe, source, folder, ledger, network, wish, reporter)
        if not sum(ledger.counts().values()):
            ledger.begin_listing(incremental=False)  # when its list has been mended, it is read again
            raise RecipeError(
                "the source holds no pictures", where=f"[sources.{source.name}]", hint="check its settings"
            )
        if worked or not (folder / "listing.ipc").exists():
            write_listing(root, newest_rows(root))
        check_failures(ledger, source.name, recipe.crawl.max_failed)


def _tell_of_others(source: Plugin, folder: Path, reporter: Reporter) -> None:
    """Another setting is another catalog: says so before a site is asked for what it has given already."""
    others = [] if folder.exists() else [one for one in folder.parent.glob(f"{source.name}-*") if _is_catalog(one)]
    if others:
        reporter.note(
            f"{source.name}: with these settings everything is asked for anew; what came with other ones stays in"
            f" {', '.join(str(one) for one in sorted(others))}"
        )


def _is_catalog(folder: Path) -> bool:
    return len(folder.name.rpartition("-")[2]) == KEY_DIGITS and any(folder.glob("*.arrow"))


def resync(
    recipe: Recipe, sources: Rooted, cache: str, reporter: Reporter, *, believe: bool = False
) -> dict[str, dict[str, Any]]:
    """Asks again for published pictures and marks those that were taken down; by source, how many and why.

    Raises LcpipeError, also for a site that says of too many that they are gone, unless it is to be believed.
    """
    return {source.name: _resync(recipe, source, root, cache, reporter, believe) for source, root in sources}


def _resync(recipe: Recipe, source: Plugin, root: str, cache: str, reporter: Reporter, believe: bool) -> dict[str, Any]:
    with opened_ledger(root, source.name) as ledger, opened_network(recipe.crawl, cache, recipe.seed) as network:
        introduce(recipe, source, network)
        recorder = recorder_of(recipe, source, local_root(root), ledger, network)
        fetched = ledger.fetched()
        gone: dict[str, str] = {}
        unanswered = 0
        try:
            with reporter.stage(f"resync {source.name}", total=len(fetched)) as stage:
                found = asked_again(recipe, source, network, fetched, stage)
                for native_id, reason, detail in found if believe else trusted(found, source.name):
                    if reason is None:
                        unanswered += detail is not None
                    elif recorder.tombstone(native_id, reason, detail):
                        gone[native_id] = reason
        finally:
            recorder.close()
        if ledger.progress().complete:
            write_listing(root, newest_rows(root))
    return {"asked": len(fetched), "unanswered": unanswered, "removed": gone}


def funnel(sources: Rooted) -> dict[str, dict[str, Any]]:
    """How far each source's crawl has come: rows by state, reasons and hosts. Asks nobody, changes nothing."""
    return {source.name: _funnel(root) for source, root in sources}


def _funnel(root: str) -> dict[str, Any]:
    file = local_root(root) / LEDGER
    if not file.exists():
        return {"listing": "not begun", "states": {}, "reasons": {}, "hosts": {}}
    ledger = Ledger(file)
    try:
        progress = ledger.progress()
        return {
            "listing": "complete" if progress.complete else "under way",
            "states": ledger.counts(),
            "repeated": ledger.repeated()[0],
            "reasons": ledger.reasons(),
            "examples": ledger.examples(),
            "hosts": ledger.hosts(),
        }
    finally:
        ledger.close()
