"""The queue is fair between visitors, quick for previews, and the latest of each visitor wins."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest

from lcpipe.model.shares import Cancelled
from lcpipe.model.studio.queue import MAX_VISITORS, Busy, FairQueue, Stale


@dataclass
class Bench:
    """A queue that is being served, whose first job holds the worker until `go` is set."""

    queue: FairQueue = field(default_factory=FairQueue)
    go: threading.Event = field(default_factory=threading.Event)
    order: list[str] = field(default_factory=list)

    def ask(
        self, visitor: str, kind: str = "full", turn: int = 1, left: Awaitable[object] | None = None
    ) -> "asyncio.Task[str]":
        name = f"{visitor}/{kind}/{turn}"

        def work(stop: Callable[[], bool]) -> str:
            self.order.append(name)
            return name

        return asyncio.create_task(self.queue.run(visitor, kind, turn, work, left or asyncio.Event().wait()))

    async def hold(self) -> "asyncio.Task[str]":
        """A job that runs until `go` is set."""
        started = threading.Event()

        def work(stop: Callable[[], bool]) -> str:
            started.set()
            self.go.wait()
            return "held"

        task = asyncio.create_task(self.queue.run("holder", "export", 1, work, asyncio.Event().wait()))
        await asyncio.to_thread(started.wait)
        return task


def on_bench(test: Callable[[Bench], Coroutine[Any, Any, None]]) -> None:
    """Runs a test with a served queue, in its own loop and thread."""

    async def run() -> None:
        bench = Bench()
        worker = asyncio.create_task(bench.queue.serve())
        try:
            await test(bench)
        finally:
            bench.go.set()
            worker.cancel()

    failures: list[BaseException] = []

    def whole() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=whole)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def test_the_newest_of_a_visitor_takes_the_place_of_the_older() -> None:
    async def check(bench: Bench) -> None:
        held = await bench.hold()
        tasks = [bench.ask("a", turn=turn) for turn in (1, 2, 3)]
        await asyncio.sleep(0)
        bench.go.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(result) for result in results[:2]] == [Stale, Stale]
        assert results[2] == "a/full/3"
        assert await held == "held"
        assert bench.order == ["a/full/3"]

    on_bench(check)


def test_a_turn_that_comes_late_is_stale() -> None:
    async def check(bench: Bench) -> None:
        await bench.hold()
        newer, older = bench.ask("a", turn=7), bench.ask("a", turn=6)
        await asyncio.sleep(0)
        bench.go.set()
        with pytest.raises(Stale):
            await older
        assert await newer == "a/full/7"

    on_bench(check)


def test_everyone_has_a_turn_and_previews_go_first() -> None:
    async def check(bench: Bench) -> None:
        await bench.hold()
        tasks = [bench.ask(visitor, kind) for visitor in "abc" for kind in ("full", "preview")]
        await asyncio.sleep(0)
        bench.go.set()
        await asyncio.gather(*tasks)
        assert bench.order == [f"{visitor}/{kind}/1" for kind in ("preview", "full") for visitor in "abc"]

    on_bench(check)


def test_ten_who_draw_all_the_time_starve_nobody() -> None:
    async def check(bench: Bench) -> None:
        await bench.hold()
        tasks = [bench.ask(f"v{number}", "preview") for number in range(10)] + [bench.ask("patient")]
        await asyncio.sleep(0)
        bench.go.set()
        await asyncio.gather(*tasks)
        assert bench.order.index("patient/full/1") == 4

    on_bench(check)


def test_who_leaves_is_not_painted_for() -> None:
    async def check(bench: Bench) -> None:
        await bench.hold()
        gone = asyncio.Event()
        leaving, staying = bench.ask("a", left=gone.wait()), bench.ask("b")
        await asyncio.sleep(0)
        gone.set()
        with pytest.raises(Cancelled):
            await leaving
        bench.go.set()
        await staying
        assert bench.order == ["b/full/1"]

    on_bench(check)


def test_what_runs_is_told_when_nobody_waits_any_more() -> None:
    async def check(bench: Bench) -> None:
        started, stopped = threading.Event(), threading.Event()

        def work(stop: Callable[[], bool]) -> None:
            started.set()
            while not stop():
                pass
            stopped.set()
            raise Cancelled

        first = asyncio.create_task(bench.queue.run("a", "full", 1, work, asyncio.Event().wait()))
        await asyncio.to_thread(started.wait)
        second = bench.ask("a", turn=2)
        with pytest.raises(Stale):
            await first
        assert stopped.is_set()
        assert await second == "a/full/2"

    on_bench(check)


def test_a_job_that_fails_ends_only_itself() -> None:
    async def check(bench: Bench) -> None:
        def work(stop: Callable[[], bool]) -> None:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await bench.queue.run("a", "full", 1, work, asyncio.Event().wait())
        assert await bench.ask("a") == "a/full/1"

    on_bench(check)


def test_more_visitors_than_there_is_room_for_are_told_so() -> None:
    async def check(bench: Bench) -> None:
        await bench.hold()
        tasks = [bench.ask(f"v{number}") for number in range(MAX_VISITORS)]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await bench.ask("one more")
        bench.go.set()
        await asyncio.gather(*tasks)

    on_bench(check)
