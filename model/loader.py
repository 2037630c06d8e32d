"""From Parquet shards to batches: position -> row -> decoded, cropped, hinted sample, whatever the number of threads.

OpenCV decodes in threads (it releases the interpreter lock), which beats handing tensors over from other processes.
"""

from collections import deque
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch
from numpy.typing import NDArray
from torch import Tensor

from lcpipe.pipeline.dataset.draws import generator
from lcpipe.pipeline.dataset.errors import DatasetError, PictureError
from lcpipe.pipeline.dataset.reading import Dataset, read_row_group
from lcpipe.pipeline.dataset.stored import stored_color, stored_line

from .augment import crop_and_flip, recolored, scaled, sketched
from .hint_draws import mixed_hints, painted_hints, stroke_hints
from .hint_points import full_hints
from .hints import Float32, no_hints, published_hints
from .order import Order, Window
from .presets import RunConfig, nearest
from .team import Team

UInt8 = NDArray[np.uint8]

SPLIT = "train"
STEPS_AHEAD = 3
AUTHENTIC = "authentic"  # real line art is for evaluation: training sees it only where it is asked for by name


@dataclass(frozen=True)
class Batch:
    """Line (B, 1, S, S) with paper +1, colour (B, 3, S, S), hints (B, 4, S/4, S/4); all float32 in [-1, 1]."""

    line: Tensor
    color: Tensor
    hint: Tensor

    def to(self, device: str, memory_format: torch.memory_format) -> "Batch":
        """The batch on a device, in the layout that the networks run in."""
        line, color, hint = (
            part.to(device, memory_format=memory_format) for part in (self.line, self.color, self.hint)
        )
        return Batch(line, color, hint)

    def parts(self, count: int) -> "list[Batch]":
        """The batch cut into equal ones."""
        chunks = (part.chunk(count) for part in (self.line, self.color, self.hint))
        return [Batch(*pieces) for pieces in zip(*chunks, strict=True)]


@dataclass(frozen=True)
class Cells:
    """The encoded pictures of one row: its colours, and its line drawings by column."""

    id: str
    color: bytes
    lines: Mapping[str, bytes]


class Loader:
    """Batches of a dataset's training pairs; a step has one for the critic and one for the generator."""

    def __init__(self, dataset: Dataset, config: RunConfig, team: Team | None = None) -> None:
        """Raises DatasetError where the dataset cannot be trained on with these settings."""
        self.team = team or Team()
        self.dataset = dataset
        self.config = config
        self.weights = line_weights(dataset, config.lines)
        check_sizes(dataset, config.size)
        self.groups = dataset.row_groups("pairs", SPLIT)
        self.order = Order(config.seed, tuple(group.rows for group in self.groups), config.data.window)
        self._read_groups: dict[int, Future[list[Cells]]] = {}
        self._current: tuple[Window | None, list[Cells]] = (None, [])

    def steps(self, start: int) -> Generator[tuple[Batch, Batch]]:
        """(critic's batch, generator's batch) of every step from `start` on; one and the same where they share."""
        ahead: deque[list[Future[Sample]]] = deque()
        with ThreadPoolExecutor(1, "read") as reader, ThreadPoolExecutor(self.config.workers or 1, "decode") as pool:
            for step in count(start):
                ahead.append(self._submit(step, reader, pool))
                if len(ahead) > (STEPS_AHEAD if self.config.workers else 0):
                    yield self._batches([future.result() for future in ahead.popleft()])

    def _submit(self, step: int, reader: ThreadPoolExecutor, pool: ThreadPoolExecutor) -> "list[Future[Sample]]":
        """Starts the decoding of a step's samples."""
        batch, mine = self.config.batch, self.config.batch // self.team.size
        batches = 2 if self.config.data.separate_batches else 1
        starts = [(step * batches + number) * batch + self.team.rank * mine for number in range(batches)]
        positions = [position for start in starts for position in range(start, start + mine)]
        cells = [(self._cells(position, reader), position) for position in positions]
        return [pool.submit(make_sample, row, position, self.config, self.weights) for row, position in cells]

    def _batches(self, samples: "list[Sample]") -> tuple[Batch, Batch]:
        """A step's samples as the critic's and the generator's batch."""
        if not self.config.data.separate_batches:
            shared = stack(samples)
            return shared, shared
        half = len(samples) // 2
        return stack(samples[:half]), stack(samples[half:])

    def _cells(self, position: int, reader: ThreadPoolExecutor) -> Cells:
        """The row of a position; a row without a drawing is replaced by another one of its window."""
        window, row = self.order.place(position)
        if self._current[0] != window:
            self._read_ahead(window, reader)
            cells = [cells for group in window.groups for cells in self._read_groups[group].result()]
            self._current = window, usable(cells, self.weights, self.dataset.root)
        rows = self._current[1]
        return rows[row % len(rows)]

    def _read_ahead(self, window: Window, reader: ThreadPoolExecutor) -> None:
        """Starts to read this window and the next, and forgets the row groups of neither."""
        wanted = {*window.groups, *self.order.following(window).groups}
        for past in self._read_groups.keys() - wanted:
            del self._read_groups[past]
        for group in (*window.groups, *sorted(wanted)):
            if group not in self._read_groups:
                self._read_groups[group] = reader.submit(self._read, group)

    def _read(self, group: int) -> "list[Cells]":
        """The rows of a row group, of which only the needed columns are read."""
        columns = ["id", "color", *(f"line_{name}" for name in self.weights)]
        return list(table_cells(read_row_group(self.groups[group], columns), tuple(self.weights)))


def line_weights(dataset: Dataset, asked: Mapping[str, float]) -> dict[str, float]:
    """The weight of each line column that is drawn from, all synthetic ones equally by default. Raises DatasetError."""
    known = sorted({*dataset.line_columns, *asked.keys() & {AUTHENTIC}})
    for name in asked:
        if name not in known:
            raise DatasetError(f"no line column {name!r}", where=dataset.root, hint=nearest(name, known))
    weights = {name: asked.get(name, 0.0 if asked else 1.0) for name in known}
    chosen = {name: weight for name, weight in weights.items() if weight > 0}
    if not chosen:
        raise DatasetError("no line column to train on", where=dataset.root, hint="add a [lines.NAME] to the recipe")
    return chosen


def check_sizes(dataset: Dataset, size: int) -> None:
    """Refuses an empty split and pictures smaller than the crop. Raises DatasetError."""
    if not dataset.count("pairs", SPLIT):
        hint = "lower the shares of validation and test in the recipe, or add pictures"
        raise DatasetError("no pictures to train on: the train split is empty", where=dataset.root, hint=hint)
    sizes = dataset.table("pairs", SPLIT, ["width", "height"])
    shortest = min(pc.min(sizes["width"]).as_py(), pc.min(sizes["height"]).as_py())
    if shortest < size:
        what = f"pictures have sides of {shortest} px, less than the crop of {size}"
        hint = f"train with --set size={shortest // 16 * 16}, or build with a larger short_side"
        raise DatasetError(what, where=dataset.root, hint=hint)


def table_cells(table: pa.Table, lines: tuple[str, ...]) -> Iterator[Cells]:
    """The encoded pictures of every row; a null cell is left out."""
    columns = [table[f"line_{name}"] for name in lines]
    for row in range(table.num_rows):
        drawings = {name: column[row].as_py() for name, column in zip(lines, columns, strict=True)}
        present = {name: cell["bytes"] for name, cell in drawings.items() if cell is not None}
        yield Cells(table["id"][row].as_py(), table["color"][row].as_py()["bytes"], present)


def usable(cells: list[Cells], weights: Mapping[str, float], where: str) -> list[Cells]:
    """The rows that have a drawing. Raises DatasetError where there are none at all."""
    drawn = [row for row in cells if row.lines]
    if not drawn:
        what = f"{len(cells)} rows in a row have no drawing in {', '.join(weights)}"
        raise DatasetError(what, where=where, hint="train on other line columns by --set lines.NAME=1")
    return drawn


@dataclass(frozen=True)
class Sample:
    """One training sample: line float32 (1, S, S), colour float32 (3, S, S), hints float32 (4, S/4, S/4)."""

    line: Float32
    color: Float32
    hint: Float32


def make_sample(cells: Cells, position: int, config: RunConfig, weights: Mapping[str, float]) -> Sample:
    """Decodes, crops, flips, jitters and hints one row, as a function of (seed, position). Raises DatasetError."""
    name = drawn_column(generator(config.seed, position, "line column"), cells, weights)
    try:
        color, line = stored_color(cells.color), stored_line(cells.lines[name])
    except PictureError as error:
        raise DatasetError(f"a picture cannot be read: {error.what}", where=cells.id, hint=_VERIFY) from error
    if color.shape[:2] != line.shape:
        raise DatasetError(f"line_{name} is not of the colour picture's size", where=cells.id, hint=_VERIFY)
    color, line = scaled(generator(config.seed, position, "scale"), color, line, config.data.scale, config.size)
    rng = generator(config.seed, position, "crop, flip, ink")
    color, line = crop_and_flip(rng, color, line, config.size)
    ink = rng.uniform(*config.data.ink)
    dye = generator(config.seed, position, "dye")
    if hinted(position, config) and dye.random() < config.data.recolored:
        color = recolored(dye, color)
    hint = drawn_hints(generator(config.seed, position, "hints"), color, line, position, config)
    hand = generator(config.seed, position, "hand")
    if hand.random() < config.data.sketched:
        line = sketched(hand, line)
    return Sample(jittered(line, ink)[None], signed(color).transpose(2, 0, 1), hint)


_VERIFY = "run `lcpipe verify --full` on the dataset"


def drawn_column(rng: np.random.Generator, cells: Cells, weights: Mapping[str, float]) -> str:
    """One of the line columns that the row has, by weight."""
    names = sorted(cells.lines)
    shares = np.array([weights[name] for name in names])
    return names[int(rng.choice(len(names), p=shares / shares.sum()))]


def jittered(line: UInt8, ink: float) -> Float32:
    """x * r + 1 - r on [0, 1], then to [-1, 1]; written so that paper stays +1 exactly while ink becomes paler."""
    return (signed(line) - np.float32(1)) * np.float32(ink) + np.float32(1)


def signed(picture: UInt8) -> Float32:
    """uint8 as float32 in [-1, 1]."""
    return picture.astype(np.float32) / np.float32(127.5) - np.float32(1)


def hinted(position: int, config: RunConfig) -> bool:
    """Whether a sample gets hints: the last ones of every batch have none."""
    return position % config.batch < round(config.batch * (1 - config.hints.unhinted))


def drawn_hints(rng: np.random.Generator, color: UInt8, line: UInt8, position: int, config: RunConfig) -> Float32:
    """The hints of a sample."""
    settings = config.hints
    if not hinted(position, config):
        return no_hints(*color.shape[:2])
    if settings.kind in ("published", "full"):
        return published_hints(rng, color) if settings.kind == "published" else full_hints(color)
    if rng.random() < settings.painted:
        return painted_hints(rng, color)
    if settings.kind == "strokes":
        return stroke_hints(rng, color, settings.most)
    return mixed_hints(rng, color, line, settings.most, regions=settings.regions, shifted=settings.shifted)


def stack(samples: list[Sample]) -> Batch:
    """Samples as a batch of tensors."""
    line, color, hint = (
        torch.from_numpy(np.stack([getattr(sample, part) for sample in samples])) for part in ("line", "color", "hint")
    )
    return Batch(line, color, hint)
