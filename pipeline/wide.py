"""Wide columns, such as thumbnails: they stay where they lie, and only the rows that are asked for are read."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Bytes = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Wide:
    """A row of bytes per picture: `chunks`, each uint8 (n, width), and where each row lies in them, −1 for nowhere."""

    chunks: Sequence[Bytes]
    at: Rows

    @property
    def has(self) -> Mask:
        """Which rows there are, bool (N,)."""
        return np.asarray(self.at >= 0)

    def reordered(self, rows: Rows) -> "Wide":
        """The rows of these numbers, where −1 stands for a row that is not there."""
        if not len(self.at):
            return Wide(self.chunks, np.full(len(rows), -1))
        return Wide(self.chunks, np.where(rows < 0, -1, self.at[rows]))

    def __len__(self) -> int:
        return len(self.at)

    def __getitem__(self, rows: Rows) -> Bytes:
        """Rows that are there, uint8 (n, width), read in the order in which they lie."""
        at = self.at[rows]
        found = np.empty((len(at), self.chunks[0].shape[1] if self.chunks else 0), np.uint8)
        order = np.argsort(at, kind="stable")
        chunk = np.searchsorted(self._ends, at[order], side="right")
        edges = np.flatnonzero(np.diff(chunk, prepend=-1, append=len(self.chunks)))
        for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            number, places = int(chunk[start]), order[start:stop]
            found[places] = self.chunks[number][at[places] - (self._ends[number - 1] if number else 0)]
        return found

    @cached_property
    def _ends(self) -> Rows:
        return np.cumsum([len(one) for one in self.chunks], dtype=np.int64)


def wide(column: pa.ChunkedArray) -> Wide:
    """A column of fixed-size binary as it lies in memory; nulls are rows that are not there."""
    chunks = [fixed_bytes(one) for one in column.chunks]
    valid = column.is_valid().to_numpy().astype(bool)
    return Wide(chunks, np.where(valid, np.arange(len(column)), -1))


def fixed_bytes(values: pa.Array) -> Bytes:
    """An array of fixed-size binary as uint8 (n, width), not copied; what stands for a null means nothing."""
    width = values.type.byte_width
    data = np.frombuffer(values.buffers()[1], np.uint8)
    return data[values.offset * width : (values.offset + len(values)) * width].reshape(len(values), width)
