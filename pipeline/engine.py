"""The one file that knows Dask: maps one function over tasks on worker processes or a cluster.

Picture bytes never travel through the scheduler: a task is told where to read, writes to storage, and returns a small
value. A task that kills its worker is run again in single pieces, one after the other, so that the piece that kills is
known for certain.
"""

import logging
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Generic, Protocol, Self, TypeVar

from .dataset.errors import LcpipeError, UsageError

Task = TypeVar("Task")
Result = TypeVar("Result")
Outcome = TypeVar("Outcome", covariant=True)

KEEP_FREED_BYTES = str(
    1 << 30
)  # glibc gives large buffers back after every picture and faults them in again: 1.4-1.6x slower
TASKS_PER_WORKER, SMALLEST_TASK, LARGEST_TASK = 32, 8, 64
WORKER_ENVIRONMENT = {
    "MALLOC_TRIM_THRESHOLD_": KEEP_FREED_BYTES,
    "MALLOC_MMAP_THRESHOLD_": KEEP_FREED_BYTES,
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENCV_LOG_LEVEL": "ERROR",
}


class Job(Protocol[Task, Outcome]):
    """What the engine maps: how to run a task, how to split it, and what a piece is worth that kills its worker."""

    def run(self, task: Task) -> Outcome: ...

    def pieces(self, task: Task) -> Sequence[Task]: ...

    def crashed(self, piece: Task) -> Outcome: ...


class Engine:
    """Workers for the stages after the crawl; they start with the first task, if there is one."""

    def __init__(self, workers: int | None = None, scheduler: str | None = None) -> None:
        if workers is not None and workers < 1:
            raise UsageError("at least one worker is needed", where="--workers", hint="leave it out to use every core")
        self.workers = workers or os.cpu_count() or 1
        self.scheduler = _checked(scheduler) if scheduler is not None else None
        self._client: Any = None
        self._cluster: Any = None
        self._starting: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if kind is not None and not issubclass(kind, Exception):
            return  # stopped by a signal: the workers end with this process, and an orderly farewell only delays it
        if self._starting is not None:
            self._starting.join()
        for part in (self._client, self._cluster):
            if part is not None:
                part.close()

    def start(self) -> None:
        """Lets own workers start while this process does other things; whoever maps first waits for them."""
        if self._client is None and self._starting is None and self.scheduler is None:
            self._starting = threading.Thread(target=self._try_local, daemon=True, name="lcpipe-workers")
            self._starting.start()

    def map(self, job: Job[Task, Result], tasks: Sequence[Task]) -> Iterator[Result]:
        """Results in the order in which they finish. Errors of a task end the map, except a worker's death."""
        if tasks:
            yield from _Run(self._started(), job, self._window()).results(tasks)

    def share(self, total: int) -> int:
        """How many of `total` pictures to put into one task: few enough that all workers end at about the same time."""
        return max(SMALLEST_TASK, min(LARGEST_TASK, -(-total // (TASKS_PER_WORKER * self.workers))))

    def _window(self) -> int:
        count = self.workers if self.scheduler is None else len(self._client.scheduler_info()["workers"]) or 1
        return 2 * count + 1

    def _started(self) -> Any:
        if self._starting is not None:
            self._starting.join()
        if self._client is None:
            self._client = self._join() if self.scheduler else self._local()
        return self._client

    def _try_local(self) -> None:
        """Starts workers ahead of time. What goes wrong here goes wrong again, and is told, when they are needed."""
        with suppress(Exception):
            self._client = self._local()

    def _join(self) -> Any:
        from distributed import Client

        try:
            return Client(self.scheduler, timeout="10s", set_as_default=False)
        except (OSError, ValueError) as error:
            hint = "start it with `dask scheduler`, and its workers with `dask worker`"
            raise LcpipeError(f"no scheduler answers: {error}", where=str(self.scheduler), hint=hint) from None

    def _local(self) -> Any:
        import dask
        from distributed import Client, LocalCluster

        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        settings = {
            "distributed.scheduler.allowed-failures": 0,
            "distributed.nanny.pre-spawn-environ": WORKER_ENVIRONMENT,
            "distributed.worker.memory.target": False,
            "distributed.worker.memory.spill": False,
            "distributed.worker.memory.pause": False,
            "distributed.worker.daemon": True,
            "distributed.comm.timeouts.connect": "60s",
            "distributed.worker.profile.enabled": False,  # this and the clocks below: 3 % of two cores for nothing
            "distributed.worker.memory.monitor-interval": "1s",
            "distributed.admin.system-monitor.gil.enabled": False,
            "distributed.admin.system-monitor.interval": "5s",
            "distributed.admin.tick.interval": "1s",
            "distributed.admin.tick.limit": "60s",
            "distributed.scheduler.active-memory-manager.start": False,
            "logging": {"distributed": "critical"},
        }
        with dask.config.set(settings):
            self._cluster = LocalCluster(
                n_workers=self.workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # any free port: a second build has its own
                host="127.0.0.1",
                silence_logs=logging.CRITICAL,
            )
            client = Client(self._cluster, set_as_default=False)
        client.register_plugin(_single_threaded(), name="lcpipe-single-threaded")
        return client


def _checked(address: str) -> str:
    """The address of a scheduler. Raises UsageError when it cannot be one."""
    from distributed.comm.addressing import get_address_host_port

    try:
        get_address_host_port(address)
    except ValueError as error:
        hint = "write for example tcp://10.0.0.1:8786"
        raise UsageError(f"not the address of a scheduler: {error}", where="--scheduler", hint=hint) from None
    return address


class _Run(Generic[Task, Result]):
    """One pass of a job over its tasks, with a bounded number of them in flight."""

    def __init__(self, client: Any, job: Job[Task, Result], window: int) -> None:
        self.client, self.job, self.window = client, job, window

    def results(self, tasks: Sequence[Task]) -> Iterator[Result]:
        from distributed import as_completed

        waiting = iter(tasks)
        suspects: list[Task] = []
        running = {self._submit(task): task for _, task in zip(range(self.window), waiting, strict=False)}
        finished = as_completed(list(running), loop=self.client.loop)
        for future in finished:
            task = running.pop(future)
            if _killed(future):
                suspects.append(task)
            else:
                yield future.result()
            for following in waiting:
                running[added := self._submit(following)] = following
                finished.add(added)
                break
        for task in suspects:
            yield from self._one_by_one(task)

    def _one_by_one(self, task: Task) -> Iterator[Result]:
        for piece in self.job.pieces(task):
            future = self._submit(piece)
            yield self.job.crashed(piece) if _killed(future) else future.result()

    def _submit(self, task: Task) -> Any:
        return self.client.submit(_call, self.job, task, pure=False, retries=0)


def _call(job: Job[Task, Result], task: Task) -> Result:
    return job.run(task)


def _killed(future: Any) -> bool:
    from distributed import KilledWorker

    return isinstance(future.exception(), KilledWorker)


def _single_threaded() -> Any:
    from distributed import WorkerPlugin

    class SingleThreaded(WorkerPlugin):
        """One thread for pixel work in each worker: same sums for any number of workers, and no fight over cores."""

        def setup(self, worker: Any) -> None:
            import cv2

            from . import render  # noqa: F401  the first task would import it: now others may still be crawling

            cv2.setNumThreads(1)

    return SingleThreaded()
