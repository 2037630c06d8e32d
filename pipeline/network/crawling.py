"""Crawls one source of the network: one thread lists, others fetch, and everything is recorded as it happens."""

import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from ..dataset.errors import LcpipeError, RecipeError, ThresholdError
from ..dataset.reasons import Reason
from ..progress import Reporter, Stage
from ..recipe import Plugin, Recipe
from ..sources._item import Item, SourceState
from .agent import need_contact
from .lanes import Done, Job, Lanes
from .ledger import Known, Ledger
from .pictures import Ask, Bounds, Outcome, Pictures
from .recorder import Patience, Recorder
from .reducing import Reducer, reducing
from .sites import COME_AGAIN_S
from .targets import target
from .traffic import Host, Stopped
from .visit import Visit
from .web import Network, PoliteWeb

THREADS = 64
BATCH_ITEMS = 256
BATCH_BYTES = 16 * 1024**2
LOOK_EVERY_S = 0.2
LEAVE_BEHIND_S = 5.0
REASONS_SHOWN = 5
_NO_FAILURE = (Reason.OPTED_OUT, Reason.ROBOTS)


@dataclass(frozen=True)
class Wish:
    """What a run is to do beside going on: ask again for what failed, and for what is new; or less, for `only` some."""

    retry_failed: bool = False
    incremental: bool = False
    only: frozenset[str] | None = None  # native ids


def is_network(source: Plugin) -> bool:
    """True for a source that asks the network, with the settings it has."""
    flag = getattr(source.module, "network", False)
    return bool(flag(source.settings)) if callable(flag) else bool(flag)


def has_work(ledger: Ledger, wish: Wish) -> bool:
    """True when a crawl would ask anybody for anything."""
    progress, counts = ledger.progress(), ledger.counts()
    if not progress.complete or counts["listed"] or wish.incremental:
        return True
    return wish.retry_failed and ledger.due(time.time()) > 0


def fetch_source(
    recipe: Recipe, source: Plugin, root: Path, ledger: Ledger, network: Network, wish: Wish, reporter: Reporter
) -> None:
    """Lists and fetches until nothing is left. Raises LcpipeError and its children; what is done by then is kept."""
    introduce(recipe, source, network)
    with reducing(recipe.crawl) as reducer:
        recorder = recorder_of(recipe, source, root, ledger, network, reducer)
        unlisted = None if wish.only is None else ledger.name(wish.only)
        if wish.retry_failed:
            ledger.retry_failed(time.time())
        if wish.incremental and ledger.progress().complete:
            ledger.begin_listing(incremental=True)
        run = _Run(recipe, source, ledger, network, recorder, reporter, unlisted)
        with reporter.stage(f"crawl {source.name}", unit="pictures") as stage:
            run.go(stage)


def recorder_of(
    recipe: Recipe, source: Plugin, root: Path, ledger: Ledger, network: Network, reducer: Reducer | None = None
) -> Recorder:
    """Records for a source, after what a killed run left open was closed."""
    patience = Patience(network.traffic.pause, recipe.crawl.longest_wait_s)
    recorder = Recorder(str(root), source.name, ledger, patience, reducer)
    recorder.recover()
    return recorder


def introduce(recipe: Recipe, source: Plugin, network: Network) -> None:
    """Holds back before the first request: public hosts are told a contact, and have their source's own rates.

    So is any host that is listed although its robots.txt forbids it. Raises RecipeError without a contact.
    """
    told = getattr(source.settings, "robots", "obey") == "documented_api"
    for host in _hosts(source.module, source.settings):
        place = target(host if "://" in host else f"https://{host}")
        own = network.guard.allows(place)
        if recipe.crawl.contact is None and (told or not own):
            raise need_contact(place.name)
        if not own and hasattr(source.module, "rate"):
            network.traffic.limit(place.name, float(source.module.rate))


def check_failures(ledger: Ledger, source: str, most: float) -> None:
    """Raises ThresholdError with the top reasons when a larger share of the rows failed than the recipe accepts."""
    counts = ledger.counts()
    failed = {reason: n for reason, n in ledger.failures().items() if reason not in _NO_FAILURE}
    total, lost = sum(counts.values()), sum(failed.values())
    if lost <= most * total:
        return
    top = ", ".join(f"{count} {reason}" for reason, count in list(failed.items())[:REASONS_SHOWN])
    example = ledger.example(next(iter(failed)))
    raise ThresholdError(
        f"{lost} of {total} rows failed: {top}{f', for example: {example}' if example else ''}",
        where=f"[sources.{source}]",
        hint=f"`lcpipe crawl` asks again for what failed; max_failed = {most:g} in [crawl] is the share accepted",
    )


def web_of(source: Plugin, network: Network, before: Any = lambda: None) -> PoliteWeb:
    """A source's way to list calls."""
    return PoliteWeb(network, source.name, getattr(source.settings, "robots", "obey"), before)


def _hosts(module: ModuleType, settings: Any) -> tuple[str, ...]:
    return tuple(module.hosts(settings)) if hasattr(module, "hosts") else ()


class _Run:
    """One source being crawled. Threads share it; what changes is behind the locks of its parts."""

    def __init__(
        self,
        recipe: Recipe,
        source: Plugin,
        ledger: Ledger,
        network: Network,
        recorder: Recorder,
        reporter: Reporter,
        unlisted: set[str] | None,
    ) -> None:
        self._recipe, self._source, self._ledger, self._network = recipe, source, ledger, network
        self._unlisted = unlisted
        self._recorder, self._reporter = recorder, reporter
        self._traffic = network.traffic
        self._lanes = Lanes(ledger, network.traffic)
        crawl = recipe.crawl
        bounds = Bounds(crawl.max_bytes, crawl.max_pixels, crawl.attempts)
        self._pictures = Pictures(network.sites, network.traffic, network.headers, network.agent, bounds)
        self._threads: list[threading.Thread] = []
        self._problem: BaseException | None = None
        self._batch: list[Item] = []
        self._parted: set[str] = set()
        self._shown = 0

    def go(self, stage: Stage) -> None:
        """Runs until all is listed and fetched, or somebody stops it."""
        try:
            self._offer(self._ledger.waiting_hosts())
            self._start(self._list, "listing")
            self._start(self._fetch, "fetching")
            self._attend(stage)
        except BaseException:
            self._traffic.stop()
            self._network.connections.close()
            raise
        finally:
            self._end()
            stage.advance(self._recorder.finished - self._shown)
        if self._problem is not None:
            raise self._problem

    def _end(self) -> None:
        """Waits for the threads, which are at their end or have been woken; one that still connects is left behind."""
        until = time.monotonic() + LEAVE_BEHIND_S
        for thread in self._threads:
            if thread.ident is not None:  # a Ctrl-C may come just before a thread is started
                thread.join(max(0.0, until - time.monotonic()))
        self._recorder.close()

    def _attend(self, stage: Stage) -> None:
        """Shows how it goes, and adds threads while jobs wait for one."""
        while alive := [thread for thread in self._threads if thread.is_alive()]:
            hungry = not self._lanes.waiting_threads and len(alive) < THREADS and not self._traffic.stopped
            if hungry:
                self._start(self._fetch, "fetching")
            alive[0].join(LOOK_EVERY_S / 10 if hungry else LOOK_EVERY_S)
            finished = self._recorder.finished
            stage.advance(finished - self._shown)
            self._shown = finished
            stage.show(host_lines(self._traffic.hosts()))

    def _start(self, work: Any, name: str) -> None:
        thread = threading.Thread(target=self._guarded, args=(work,), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _guarded(self, work: Any) -> None:
        try:
            work()
        except Stopped:
            pass
        except BaseException as error:  # a thread's error is raised by the one that waits for it
            self._problem = self._problem or error
            self._traffic.stop()
            self._network.connections.close()

    # Listing

    def _list(self) -> None:
        try:
            if not self._ledger.progress().complete and self._unlisted != set():
                self._list_all()
        except RecipeError:
            raise
        except LcpipeError as error:
            self._problem = self._problem or error  # what was listed is still fetched
            self._reporter.note(f"the listing of {self._source.name} stopped: {error}")
        finally:
            self._lanes.end_listing()

    def _list_all(self) -> None:
        held = 0
        if self._ledger.progress().cursor is None:
            self._ledger.begin_pass()
        for item in self._items():
            self._batch.append(item)
            held += len(item.data or b"")
            if self._unlisted is not None:
                self._unlisted.discard(item.native_id)
                if not self._unlisted:
                    return self._flush()  # a later crawl lists on from here
            if len(self._batch) >= BATCH_ITEMS or held >= BATCH_BYTES:
                self._flush()
                held = 0
            if self._traffic.stopped:
                raise Stopped
        self._flush()
        self._ledger.end_listing()
        count, example = self._ledger.repeated()
        if count:
            self._reporter.note(
                f"{self._source.name}: {count} items have an id that another one has, for example {example!r};"
                " each id has one row, the first"
            )

    def _items(self) -> Iterator[Item]:
        progress = self._ledger.progress()
        web = web_of(self._source, self._network, self._flush)
        known = Known(self._ledger)
        state = SourceState(self._recipe.folder, known, web, progress.cursor, progress.incremental, progress.newest)
        yield from self._source.module.listing(self._source.settings, state)

    def _flush(self) -> None:
        """Records what was listed: before every list call, so that a kill never loses a page that was answered."""
        batch, self._batch = self._batch, []
        if batch:
            self._offer(self._recorder.listed(batch))

    def _offer(self, hosts: Iterable[str]) -> None:
        """Lets rows of hosts be fetched. Raises RecipeError before a public host is asked without a contact."""
        for host in hosts if self._recipe.crawl.contact is None else ():
            if not self._network.guard.allows(target(f"https://{host}")):
                raise need_contact(host)
        self._lanes.offer(hosts)

    # Fetching

    def _fetch(self) -> None:
        job = self._lanes.take(None)
        while job is not None:
            job = self._lanes.take(self._done(job))

    def _done(self, job: Job) -> Done:
        """Does one job."""
        if job.ask is None:
            self._give_up(job.host)
            return Done(None)
        visit = Visit(self._traffic, self._network.connections, job.host.name, entered=True)
        try:
            outcome = self._pictures.fetch(job.ask, visit)
            if outcome is None:
                self._lanes.put_back(job.ask, job.host.name, time.time() + COME_AGAIN_S)
            else:
                self._record(job.ask, outcome, job.host.name, visit)
        except BaseException:
            self._lanes.give_back(Done(visit.name))
            raise
        return Done(visit.name)

    def _record(self, ask: Ask, outcome: Outcome, host: str, visit: Visit) -> None:
        again = self._recorder.record(ask, outcome)
        if again is not None:
            self._lanes.put_back(replace(ask, attempts=ask.attempts + 1), host, again)
        if visit.retry_after:
            self._network.sites.remember_wait(visit.name, visit.retry_after, outcome.reason or "")

    def _give_up(self, host: Host) -> None:
        reason = host.given_up or Reason.CONNECTION_FAILED
        if host.name not in self._parted:
            self._parted.add(host.name)
            self._reporter.note(f"{host.name}: {_parting(reason)}")
        self._recorder.give_up(host.name, reason, host.back_after)


def _parting(reason: str) -> str:
    if reason in ("http_401", "http_403"):
        return f"it refuses us ({reason}); check contact and user_agent in [crawl], and the source's key"
    return f"given up for this run after too many failures, the last one {reason}"


def host_lines(hosts: list[Host]) -> list[str]:
    """One line per host for a person: the busiest first."""
    busiest = sorted(hosts, key=lambda host: (-host.busy, -host.answered))[:8]
    return [f"{host.name}: {host.answered} answers, {_state(host)}" for host in busiest]


def _state(host: Host) -> str:
    if host.given_up:
        return f"given up ({host.given_up})"
    if host.is_open:
        return f"failing, trial {host.trials}"
    slowed = f" of {host.full_rate:g}" if host.rate < host.full_rate else ""
    return f"{host.busy} under way, at most {host.rate:.3g}{slowed}/s"
