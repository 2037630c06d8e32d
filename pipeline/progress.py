"""Progress that is visible: a live bar with rate and ETA on a terminal, log lines otherwise."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

LOG_EVERY_S = 10.0


class Stage(Protocol):
    """Something that counts towards a total."""

    def advance(self, count: int = 1) -> None: ...

    def show(self, lines: Sequence[str]) -> None:
        """What goes on now, under the bar or after the next log line."""
        ...


class Reporter:
    """Says on stderr what goes on; `level` is -1 for quiet, 0 for normal, 1 for verbose."""

    def __init__(self, level: int = 0, *, terminal: bool | None = None) -> None:
        self.level = level
        self.terminal = sys.stderr.isatty() if terminal is None else terminal

    def note(self, text: str, *, level: int = 0) -> None:
        """One line for a person, unless quieter than `level`."""
        if self.level >= level:
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()

    @contextmanager
    def stage(self, name: str, total: int | None = None, unit: str = "pictures") -> Iterator[Stage]:
        """Counts the work of one stage and reports its rate."""
        if self.level < 0:
            yield _Counter(self, name, total, unit, silent=True)
        elif self.terminal:
            yield from self._bar(name, total, unit)
        else:
            counter = _Counter(self, name, total, unit, silent=False)
            yield counter
            counter.close()

    def _bar(self, name: str, total: int | None, unit: str) -> Iterator[Stage]:
        from rich.console import Console, Group
        from rich.live import Live
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
        from rich.text import Text

        columns = (
            TextColumn("{task.description:<18}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
        )
        console, below = Console(stderr=True), Text("")
        progress = Progress(*columns, TimeRemainingColumn(), console=console)
        with Live(Group(progress, below), console=console, refresh_per_second=5):
            task = progress.add_task(name, total=total, rate="")
            yield _Bar(progress, task, unit, below)
            below.plain = ""


class _Counter:
    def __init__(self, reporter: Reporter, name: str, total: int | None, unit: str, *, silent: bool) -> None:
        self.reporter, self.name, self.total, self.unit, self.silent = reporter, name, total, unit, silent
        self.done = 0
        self.lines: Sequence[str] = ()
        self.started = self.said = time.monotonic()

    def advance(self, count: int = 1) -> None:
        self.done += count
        if not self.silent and time.monotonic() - self.said >= LOG_EVERY_S:
            self.said = time.monotonic()
            self._say()

    def show(self, lines: Sequence[str]) -> None:
        self.lines = lines

    def close(self) -> None:
        self.lines = ()
        if self.done:
            self._say()

    def _say(self) -> None:
        rate = self.done / max(time.monotonic() - self.started, 1e-9)
        of = f"/{self.total}" if self.total is not None else ""
        self.reporter.note(f"{self.name}: {self.done}{of} {self.unit}, {rate:.1f}/s")
        for line in self.lines:
            self.reporter.note(f"  {line}")


class _Bar:
    def __init__(self, progress: object, task: object, unit: str, below: object) -> None:
        self.progress, self.task, self.unit, self.below = progress, task, unit, below
        self.done = 0
        self.started = time.monotonic()

    def advance(self, count: int = 1) -> None:
        self.done += count
        rate = self.done / max(time.monotonic() - self.started, 1e-9)
        self.progress.update(self.task, advance=count, rate=f"{rate:.1f} {self.unit}/s")  # type: ignore[attr-defined]

    def show(self, lines: Sequence[str]) -> None:
        self.below.plain = "\n".join(f"  {line}" for line in lines)  # type: ignore[attr-defined]
