"""What the command line gives every command to print with, and what several commands share."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from lcpipe.pipeline.dataset.errors import LcpipeError


class Stage(Protocol):
    """Something that counts towards a total."""

    def advance(self, count: int = 1) -> None: ...
    def show(self, lines: Sequence[str]) -> None: ...


class Reporter(Protocol):
    """Bars on a terminal, log lines otherwise."""

    def stage(self, name: str, total: int | None = None, unit: str = "pictures") -> AbstractContextManager[Stage]: ...


class Console(Protocol):
    """What the command line gives every command to print with."""

    @property
    def reporter(self) -> Reporter: ...
    def result(self, value: dict[str, Any], lines: Sequence[str]) -> None: ...
    def note(self, text: str) -> None: ...


@contextmanager
def needs_torch() -> Iterator[None]:
    """Says which extra is missing, instead of a traceback, on a machine that only builds datasets."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("torch", "safetensors", "skimage", "scipy"):
            raise
        what = f"this command needs {error.name}, which is not installed"
        raise LcpipeError(what, hint="pip install 'lcpipe[torch]'") from None


@contextmanager
def needs_studio() -> Iterator[None]:
    """Says which extra is missing, instead of a traceback, where nothing can serve a page."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("starlette", "uvicorn", "anyio"):
            raise
        what = f"this command needs {error.name}, which is not installed"
        raise LcpipeError(what, hint="pip install 'lcpipe[studio,torch]'") from None


@contextmanager
def counter(console: Console, name: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """A callback of (done, total) that opens a bar when the total is known."""
    opened: list[tuple[AbstractContextManager[Stage], Stage]] = []
    last = [0]

    def count(done: int, total: int) -> None:
        if not opened:
            context = console.reporter.stage(name, total, unit)
            opened.append((context, context.__enter__()))
        opened[0][1].advance(done - last[0])
        last[0] = done

    try:
        yield count
    finally:
        for context, _ in opened:
            context.__exit__(None, None, None)
