"""A run's log for those who watch in TensorBoard: the numbers of log.jsonl and the sample sheets."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lcpipe.pipeline.dataset.errors import RunError

from .samples import UInt8

FOLDER = "tensorboard"  # in a run; nothing reads it but TensorBoard
UNSHOWN = ("step", "images")


def check_tensorboard(wanted: bool) -> None:
    """Raises RunError, before any work, where event files are asked for and nothing here can write them."""
    if wanted and find_spec("tensorboard") is None:
        hint = "pip install 'lcpipe[tensorboard]', or leave output.tensorboard off: log.jsonl has the same numbers"
        raise RunError("tensorboard is not installed", where="--set output.tensorboard", hint=hint)


@dataclass(frozen=True)
class Board:
    """Where numbers and pictures go; nowhere without a writer."""

    writer: Any = None

    def numbers(self, entry: Mapping[str, Any]) -> None:
        """A line of the log."""
        if self.writer is not None:
            for name in entry.keys() - UNSHOWN:
                self.writer.add_scalar(name, entry[name], entry["step"])

    def picture(self, picture: UInt8, step: int) -> None:
        """A sample sheet, uint8 (H, W, 3)."""
        if self.writer is not None:
            self.writer.add_image("samples", picture, step, dataformats="HWC")


@contextmanager
def opened_board(run: Path, wanted: bool, start: int) -> Iterator[Board]:
    """The board of a run that goes on after `start` steps: what was shown of later ones before is taken back."""
    if not wanted:
        yield Board()
        return
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(run / FOLDER, purge_step=start + 1) as writer:
        yield Board(writer)
