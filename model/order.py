"""The order of samples as a pure function of (seed, position): row groups permuted, then mixed through a window.

Nothing is remembered, so a run that starts at any position sees what an undisturbed one would see there.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.draws import generator


@dataclass(frozen=True)
class Window:
    """Row groups that are read and mixed together in one epoch."""

    epoch: int
    number: int
    groups: tuple[int, ...]


@dataclass(frozen=True)
class Order:
    """Every row once an epoch; `sizes` are the rows of each row group, `width` how many groups make a window."""

    seed: int
    sizes: tuple[int, ...]
    width: int

    @property
    def rows(self) -> int:
        """Rows in an epoch."""
        return sum(self.sizes)

    def place(self, position: int) -> tuple[Window, int]:
        """The window of a position, and the row in it, counted through the window's groups one after the other."""
        epoch, offset = divmod(position, self.rows)
        groups, ends = _epoch(self.seed, self.sizes, self.width, epoch)
        number = bisect_right(ends, offset)
        start = ends[number - 1] if number else 0
        row = _mixed(self.seed, epoch, number, ends[number] - start)[offset - start]
        return Window(epoch, number, groups[number]), int(row)

    def following(self, window: Window) -> Window:
        """The window after this one."""
        _, ends = _epoch(self.seed, self.sizes, self.width, window.epoch)
        return self.place(window.epoch * self.rows + ends[window.number])[0]


@lru_cache(4)
def _epoch(
    seed: int, sizes: Sequence[int], width: int, epoch: int
) -> tuple[tuple[tuple[int, ...], ...], tuple[int, ...]]:
    """The windows' groups of an epoch, and the offset at which each window ends."""
    shuffled = [int(group) for group in generator(seed, epoch, "order of row groups").permutation(len(sizes))]
    windows = tuple(tuple(shuffled[start : start + width]) for start in range(0, len(shuffled), width))
    return windows, tuple(accumulate(sum(sizes[group] for group in groups) for groups in windows))


@lru_cache(4)
def _mixed(seed: int, epoch: int, window: int, rows: int) -> NDArray[np.int64]:
    """The order of the rows of a window."""
    return generator(seed, f"{epoch}/{window}", "order in a window").permutation(rows)
