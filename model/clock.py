"""How fast a run is, and how much of its time the networks wait for pictures."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Images a second since the last log line, and the share of that time spent waiting for batches."""

    def __init__(self, batch: int) -> None:
        self._batch = batch
        self._restart()

    def _restart(self) -> None:
        self._began, self._images, self._waited = time.perf_counter(), 0, 0.0

    @property
    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Counts the time of a block as waiting."""
        began = time.perf_counter()
        yield
        self._waited += time.perf_counter() - began

    def count(self) -> None:
        """One step is done."""
        self._images += self._batch

    @property
    def images_per_s(self) -> float:
        """The rate since the last log line."""
        return self._images / max(time.perf_counter() - self._began, 1e-9)

    def read(self) -> dict[str, float]:
        """The rates for a log line; counting starts again."""
        seconds = max(time.perf_counter() - self._began, 1e-9)
        rates = {"images_per_s": round(self.images_per_s, 3), "waiting_share": round(self._waited / seconds, 4)}
        self._restart()
        return rates
