"""What `verify` finds: one problem, in one file, if it can be told in one row group."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa

from .errors import LcpipeError


@dataclass(frozen=True)
class Problem:
    """Something that is not as the manifest says; `file` is relative to the dataset's folder."""

    file: str
    row_group: int | None
    what: str

    def __str__(self) -> str:
        place = self.file if self.row_group is None else f"{self.file}, row group {self.row_group}"
        return f"{place}: {self.what}"


@contextmanager
def collected(problems: list[Problem], file: str, row_group: int | None = None) -> Iterator[None]:
    """Adds what a damaged file makes its readers raise to the problems, and goes on behind the block."""
    try:
        yield
    except LcpipeError as error:
        problems.append(Problem(file, row_group, error.what))
    except (pa.ArrowException, ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
        problems.append(Problem(file, row_group, f"cannot be read: {error}"))
    except OSError as error:
        if error.errno is not None:  # the disk's, not the file's
            raise
        problems.append(Problem(file, row_group, f"is damaged: {error}"))
