"""Paints a large drawing in tiles whose borders cannot be seen, in the memory of one tile.

Only the deep part of the generator looks far, and it works at a quarter of the size and less: it is run once over the
whole drawing. What costs memory, the encoder and the fine part at full size, looks a hundred pixels far at most: each
tile is computed with that much of its surroundings, which are then cut off. The result is that of one pass.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from .networks import SIDE_MULTIPLE, Generator
from .shares import DeepShares, FineShares, Stop, check, compose, deep_shares, fine_shares, finish

TILE_PX = 512


@dataclass(frozen=True)
class Span:
    """A part of one axis in pixels: the tile itself, and with its surroundings."""

    start: int
    stop: int
    outer_start: int
    outer_stop: int

    def cells(self, scale: int) -> slice:
        """With its surroundings, in cells of `scale` pixels."""
        return slice(self.outer_start // scale, self.outer_stop // scale)

    def inner(self, scale: int) -> slice:
        """The tile itself within its surroundings, in cells of `scale` pixels."""
        return slice((self.start - self.outer_start) // scale, (self.stop - self.outer_start) // scale)


def spans(length_px: int, reach_px: int, tile_px: int = TILE_PX) -> list[Span]:
    """Cuts an axis, a multiple of 16, into equal tiles of at most `tile_px`, each with its surroundings."""
    count = -(-length_px // tile_px)
    edges = [length_px * index // count // SIDE_MULTIPLE * SIDE_MULTIPLE for index in range(count)] + [length_px]
    around = -(-reach_px // SIDE_MULTIPLE) * SIDE_MULTIPLE
    return [
        Span(start, stop, max(start - around, 0), min(stop + around, length_px))
        for start, stop in zip(edges, edges[1:], strict=False)
    ]


@dataclass(frozen=True)
class Drawn:
    """What a drawing alone decides: the shares of the deep part, and of the fine part where one tile is all of it."""

    deep: DeepShares
    fine: FineShares | None


def prepare(generator: Generator, line: Tensor, features: Tensor | None, stop: Stop) -> Drawn:
    """The part of the work that hints do not change, of a whole drawing (1, 1, H, W). Raises Cancelled."""
    rows = []
    for y in spans(line.shape[2], generator.finish_reach_px):
        row = []
        for x in spans(line.shape[3], generator.finish_reach_px):
            check(stop)
            encoded = generator.encode(_cut(line, y, x, 1))
            row.append(encoded[2][..., y.inner(4), x.inner(4)])
        rows.append(torch.cat(row, 3))
    whole = torch.cat(rows, 2).contiguous(memory_format=torch.channels_last)
    only = encoded[2].shape == whole.shape
    return Drawn(deep_shares(generator, whole, features), fine_shares(generator, *encoded) if only else None)


def paint(
    generator: Generator, line: Tensor, drawn: Drawn, hint: Tensor, stop: Stop
) -> Iterator[tuple[Span, Span, Tensor]]:
    """The picture tile by tile: where it goes, and (3, h, w) in [-1, 1]. Raises Cancelled between blocks and tiles."""
    composed = compose(generator, drawn.deep, hint, stop)
    for y in spans(line.shape[2], generator.finish_reach_px):
        for x in spans(line.shape[3], generator.finish_reach_px):
            fine = drawn.fine or fine_shares(generator, *generator.encode(_cut(line, y, x, 1)))
            tile = finish(generator, _cut(composed, y, x, 4), fine, stop)
            yield y, x, tile[0, :, y.inner(1), x.inner(1)]


def _cut(values: Tensor, y: Span, x: Span, scale: int) -> Tensor:
    """A tile with its surroundings, in the memory order that convolutions like."""
    return values[..., y.cells(scale), x.cells(scale)].contiguous(memory_format=torch.channels_last)
