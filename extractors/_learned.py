"""What extractors with weights share: filling a network, and running it over pictures of any size, in tiles."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Picture = NDArray[np.uint8]
Float32 = NDArray[np.float32]
Forward = Callable[[Tensor], Tensor]

BATCH_PIXELS = 1 << 20  # of a batch of tiles: what a network holds in between is some hundred times as much
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Tiling:
    """How a picture is cut: tiles of `side_px` with `halo_px` around them, padded to multiples of `multiple_px`."""

    side_px: int
    halo_px: int
    multiple_px: int


@dataclass(frozen=True)
class Whole:
    """How a picture is shown as a whole: its short side `side_px`, sides multiples of `multiple_px`, in [low, 1]."""

    side_px: int
    multiple_px: int
    low: float

    def size(self, picture: Picture) -> tuple[int, int]:
        """(width, height) that a picture is shown at; a long strip is not shown longer than four times its width."""
        height, width = picture.shape[:2]
        scale = min(self.side_px / min(height, width), 4 * self.side_px / max(height, width))
        columns, rows = (max(1, round(side * scale / self.multiple_px)) * self.multiple_px for side in (width, height))
        return columns, rows


def usable(device: str) -> torch.device:
    """The device of this name. ValueError where torch knows none, or cannot use it here."""
    try:
        found = torch.device(device)
        torch.empty(1, device=found)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"the device '{device}' cannot be used: {str(error).splitlines()[0][:120]}") from None
    return found


def filled(make: Callable[[], nn.Module], weights: object, device: str) -> nn.Module:
    """The network with these arrays by name, ready to draw. ValueError where one is missing or of another shape, or
    where there is no such device.
    """
    if not isinstance(weights, Mapping):
        raise ValueError("this extractor needs weights")
    with torch.device("meta"):  # shapes alone: drawing millions of numbers only to replace them takes seconds
        network = make()
    wanted = network.state_dict()
    missing = sorted(name for name in wanted.keys() - weights.keys() if not name.endswith("num_batches_tracked"))
    if missing:
        raise ValueError(f"{len(missing)} arrays are missing in the weights, the first is {missing[0]}")
    for name in wanted.keys() & weights.keys():
        array = np.asarray(weights[name])
        if tuple(array.shape) != tuple(wanted[name].shape):
            shapes = f"{tuple(array.shape)} instead of {tuple(wanted[name].shape)}"
            raise ValueError(f"{name} in the weights has the shape {shapes}")
        if not np.isfinite(array).all():
            raise ValueError(f"{name} in the weights holds values that are no numbers")
        wanted[name] = torch.from_numpy(np.array(array)).to(wanted[name].dtype)
    counters = {name: torch.zeros((), dtype=torch.int64) for name in wanted.keys() - weights.keys()}
    network.load_state_dict(wanted | counters, assign=True)
    frozen: Any = network.eval().requires_grad_(False)
    moved: nn.Module = frozen.to(usable(device), memory_format=torch.channels_last)
    return moved


def drawn(planes: Sequence[Float32], tiling: Tiling, forward: Forward, device: str) -> list[Float32]:
    """`forward` (B, C, h, w) -> (B, 1, h, w) over pictures (C, H, W): float32 (H, W) each.

    Tiles of one size go through the network together, whichever pictures they are of.
    """
    results = [np.empty(one.shape[1:], np.float32) for one in planes]
    groups: dict[tuple[int, ...], list[_Tile]] = {}
    for number, one in enumerate(planes):
        for tile in _tiles(number, one.shape[1], one.shape[2], tiling):
            groups.setdefault(tile.padded, []).append(tile)
    for padded, tiles in groups.items():
        most = max(1, BATCH_PIXELS // (padded[0] * padded[1]))
        for start in range(0, len(tiles), most):
            _run(tiles[start : start + most], planes, results, forward, device)
    return results


def whole(pictures: Sequence[Picture], look: Whole, forward: Forward, device: str) -> list[Float32]:
    """`forward` over pictures, each brought to its size as a whole and its paper, float32 (H, W), back to the old one.

    Those that come to the same size go through the network together.
    """
    smalls = [_resized(picture, *look.size(picture)) for picture in pictures]
    groups: dict[tuple[int, ...], list[int]] = {}
    for number, small in enumerate(smalls):
        groups.setdefault(small.shape, []).append(number)
    papers: dict[int, Float32] = {}
    for shape, numbers in groups.items():
        most = max(1, BATCH_PIXELS // (shape[0] * shape[1]))
        for start in range(0, len(numbers), most):
            some = numbers[start : start + most]
            papers |= dict(zip(some, _paper([smalls[one] for one in some], look.low, forward, device), strict=True))
    return [_resized(papers[number], *picture.shape[1::-1]) for number, picture in enumerate(pictures)]


def as_lines(paper: Float32) -> Picture:
    """Paper of [0, 1], float32 (H, W), as uint8 with 255 for paper."""
    return np.asarray(np.rint(255 * np.clip(paper, 0, 1)), np.uint8)


@contextmanager
def inference() -> Iterator[None]:
    """No gradients, and sums in one order: one thread at a time runs a network."""
    with _ONE_AT_A_TIME, torch.inference_mode():
        yield


@dataclass(frozen=True)
class _Tile:
    """A part of a picture: what it gives, what it sees, and the size it is padded to."""

    picture: int
    gives: tuple[slice, slice]
    sees: tuple[slice, slice]
    padded: tuple[int, int]


def _tiles(number: int, height: int, width: int, tiling: Tiling) -> Iterator[_Tile]:
    for gives_rows, sees_rows in _spans(height, tiling):
        for gives_columns, sees_columns in _spans(width, tiling):
            sides = (sees_rows.stop - sees_rows.start, sees_columns.stop - sees_columns.start)
            rows, columns = (-(-side // tiling.multiple_px) * tiling.multiple_px for side in sides)
            yield _Tile(number, (gives_rows, gives_columns), (sees_rows, sees_columns), (rows, columns))


def _spans(length: int, tiling: Tiling) -> Iterator[tuple[slice, slice]]:
    """Starts are multiples of `multiple_px`, so that every tile halves at the same places as the whole picture."""
    step, halo, multiple = tiling.side_px, tiling.halo_px, tiling.multiple_px
    for start in range(0, length, step):
        low = max(0, start - halo) // multiple * multiple
        yield slice(start, min(length, start + step)), slice(low, min(length, start + step + halo))


def _run(
    tiles: Sequence[_Tile], planes: Sequence[Float32], results: list[Float32], forward: Forward, device: str
) -> None:
    rows, columns = tiles[0].padded
    batch = np.empty((len(tiles), len(planes[tiles[0].picture]), rows, columns), np.float32)
    for index, tile in enumerate(tiles):
        seen = planes[tile.picture][:, tile.sees[0], tile.sees[1]]
        padding = (0, rows - seen.shape[1]), (0, columns - seen.shape[2])
        batch[index] = np.pad(seen, ((0, 0), *padding), mode="symmetric")
    with inference():
        moved = torch.from_numpy(batch).to(device, memory_format=torch.channels_last)
        answer = forward(moved)[:, 0].float().cpu().numpy()
    for tile, one in zip(tiles, answer, strict=True):
        top, left = (gives.start - sees.start for gives, sees in zip(tile.gives, tile.sees, strict=True))
        height, width = (gives.stop - gives.start for gives in tile.gives)
        results[tile.picture][tile.gives] = one[top : top + height, left : left + width]


def _paper(smalls: Sequence[Picture], low: float, forward: Forward, device: str) -> list[Float32]:
    """Of pictures of one size: (H, W) in [0, 1], 1 paper."""
    planes = np.stack([small.transpose(2, 0, 1) for small in smalls]).astype(np.float32)
    planes = planes / np.float32(255 / (1 - low)) + np.float32(low)
    with inference():
        answer = forward(torch.from_numpy(planes).to(device))[:, 0].float().cpu().numpy()
    return list(np.clip((answer - np.float32(low)) / np.float32(1 - low), 0, 1).astype(np.float32))


def _resized(picture: Any, width: int, height: int) -> Any:
    if picture.shape[:2] == (height, width):
        return picture
    shrinks = width <= picture.shape[1] and height <= picture.shape[0]
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
