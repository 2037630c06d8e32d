"""The engine: every result arrives, and a task that kills its worker costs its own piece alone."""

import os
import signal
from collections.abc import Sequence

import pytest

from lcpipe.pipeline.dataset.errors import LcpipeError, UsageError
from lcpipe.pipeline.engine import Engine


class Squares:
    """Squares numbers; 13 kills the process that meets it, and -1 is refused."""

    def run(self, task: tuple[int, ...]) -> list[int]:
        if 13 in task:
            os.kill(os.getpid(), signal.SIGKILL)
        if -1 in task:
            raise LcpipeError("no root", where="-1")
        return [number * number for number in task]

    def pieces(self, task: tuple[int, ...]) -> Sequence[tuple[int, ...]]:
        return [(number,) for number in task]

    def crashed(self, piece: tuple[int, ...]) -> list[int]:
        return [-piece[0]]


def tasks(count: int) -> list[tuple[int, ...]]:
    return [tuple(range(start, start + 5)) for start in range(0, count, 5)]


def test_a_piece_that_kills_its_worker_costs_itself_alone() -> None:
    with Engine(2) as engine:
        found = sorted(number for part in engine.map(Squares(), tasks(60)) for number in part)
    assert found == sorted([number * number for number in range(60) if number != 13] + [-13])


def test_an_error_of_a_task_arrives_with_all_its_parts() -> None:
    with Engine(1) as engine, pytest.raises(LcpipeError) as caught:
        list(engine.map(Squares(), [(-1,)]))
    assert (caught.value.what, caught.value.where) == ("no root", "-1")


def test_nothing_to_do_starts_no_workers() -> None:
    with Engine(2) as engine:
        assert list(engine.map(Squares(), [])) == []
        assert engine._client is None


def test_workers_that_start_ahead_of_time_are_those_that_work() -> None:
    with Engine(1) as engine:
        engine.start()
        engine.start()
        assert list(engine.map(Squares(), [(2, 3)])) == [[4, 9]]
        assert len(engine._client.scheduler_info()["workers"]) == 1


def test_workers_that_nobody_needed_are_sent_home() -> None:
    with Engine(1) as engine:
        engine.start()
    assert engine._cluster.status.name == "closed"


def test_a_joined_cluster_has_its_workers_already() -> None:
    with Engine(scheduler="tcp://127.0.0.1:9") as engine:
        engine.start()
        assert engine._starting is None


def test_no_workers_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        Engine(0)


@pytest.mark.parametrize("address", ["", "nonsense", "tcp://127.0.0.1", "tcp://127.0.0.1:x", "zork://127.0.0.1:1"])
def test_what_is_no_address_is_refused_at_once(address: str) -> None:
    with pytest.raises(UsageError, match="not the address"):
        Engine(scheduler=address)


def test_two_engines_run_side_by_side_without_a_warning() -> None:
    with Engine(1) as first, Engine(1) as second:
        assert [*first.map(Squares(), [(2,)]), *second.map(Squares(), [(3,)])] == [[4], [9]]


def test_a_scheduler_that_does_not_answer_is_named() -> None:
    with Engine(scheduler="tcp://127.0.0.1:9") as engine, pytest.raises(LcpipeError, match="no scheduler answers"):
        list(engine.map(Squares(), tasks(5)))


def test_a_cluster_is_joined_by_its_address() -> None:
    from distributed import LocalCluster

    with LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        with Engine(scheduler=cluster.scheduler_address) as engine:
            assert sum(len(part) for part in engine.map(Squares(), [(1, 2), (3, 4)])) == 4
