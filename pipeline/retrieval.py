"""Finds, for each line drawing, the pictures whose stored descriptors say that they may have its lines."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt

BLOCK = 8192  # descriptors of pictures held as floats at a time
Bytes = npt.NDArray[np.uint8]


class Descriptors(Protocol):
    """Descriptors of all pictures, uint8 (N, D), in memory or not."""

    def __getitem__(self, rows: npt.NDArray[np.int64], /) -> Bytes: ...

    def __len__(self) -> int: ...


def nearest(
    drawings: Bytes, pictures: Descriptors, most: int, least: float
) -> Iterator[tuple[int, list[tuple[int, float]]]]:
    """(drawing, its `most` most similar pictures as (picture, cosine ≥ `least`), best first) for each drawing.

    Exact: every drawing is held against every picture. Descriptors are uint8 (N, D), square roots of what they stand
    for. Equal similarities are ordered by picture.
    """
    ours = unit(drawings)
    best = np.full((len(ours), most), -1.0, np.float32)
    who = np.full((len(ours), most), -1, np.int64)
    for start in range(0, len(pictures), BLOCK):
        alike = ours @ unit(pictures[np.arange(start, min(start + BLOCK, len(pictures)))]).T
        keep = min(most, alike.shape[1])
        top = np.sort(np.argpartition(-alike, keep - 1, axis=1)[:, :keep], axis=1)
        values = np.concatenate([best, np.take_along_axis(alike, top, axis=1)], axis=1)
        rows = np.concatenate([who, top + start], axis=1)
        order = np.argsort(-values, axis=1, kind="stable")[:, :most]
        best, who = np.take_along_axis(values, order, axis=1), np.take_along_axis(rows, order, axis=1)
    for drawing, (likes, found) in enumerate(zip(best.tolist(), who.tolist(), strict=True)):
        yield drawing, [(row, like) for row, like in zip(found, likes, strict=True) if row >= 0 and like >= least]


def unit(descriptors: Bytes) -> npt.NDArray[np.float32]:
    """Vectors of length 1, float32 (N, D); zero where nothing was described."""
    values = descriptors.astype(np.float32) ** 2
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / np.maximum(length, 1.0), np.float32)
