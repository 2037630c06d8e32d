"""The pictures of an evaluation: which split, which line columns, which rows, cut to one size."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from lcpipe.pipeline.dataset.decode import decode, decode_line
from lcpipe.pipeline.dataset.draws import generator
from lcpipe.pipeline.dataset.errors import DatasetError
from lcpipe.pipeline.dataset.reading import Dataset

from .hint_shapes import UInt8
from .presets import nearest
from .protocols import Protocol

AUTHENTIC = "authentic"
NO_TRUTH: UInt8 = np.zeros((0, 0, 3), np.uint8)


@dataclass(frozen=True)
class Case:
    """One drawing with its truth: line uint8 (H, W), color uint8 (H, W, 3), or (0, 0, 3) where there is none."""

    id: str
    line: UInt8
    color: UInt8


def choose_split(dataset: Dataset, protocol: Protocol, allow_overlap: bool) -> str:
    """The first split of the protocol that has rows; the training split only when overlap is allowed."""
    there = dataset.splits("pairs")
    wanted: tuple[str, ...] = protocol.splits
    for split in (*wanted, "train") if allow_overlap else wanted:
        if split in there:
            return split
    raise DatasetError(
        f"the dataset has no held-out pictures: no rows in {' or '.join(protocol.splits)}",
        where=dataset.root,
        hint="build it with `test = 0.05` under [split], or measure training pictures with --allow-overlap",
    )


def choose_columns(dataset: Dataset, protocol: Protocol, split: str) -> tuple[str, ...]:
    """The line columns to be measured, authentic lines last. Raises DatasetError for one that is not there."""
    authentic = (AUTHENTIC,) if ids_with_lines(dataset, split, AUTHENTIC) else ()
    there = (*dataset.line_columns, *authentic)
    for name in protocol.lines:
        if name not in there:
            raise DatasetError(f"no line column {name!r}", where=dataset.root, hint=nearest(name, there))
    return protocol.lines or there


def ids_with_lines(dataset: Dataset, split: str, column: str) -> frozenset[str]:
    """The rows of a split that have lines in a column, read without any picture."""
    known = "pair_score" if column == AUTHENTIC else f"line_{column}_params"
    table = dataset.table("pairs", split, ["id", known])
    pairs = zip(table["id"].to_pylist(), table[known].is_valid().to_pylist(), strict=True)
    return frozenset(id_ for id_, valid in pairs if valid)


def cases(dataset: Dataset, split: str, column: str, crop_px: int, chosen: frozenset[str]) -> Iterator[Case]:
    """The chosen rows of a split that have lines in a column, in the dataset's order."""
    for row in dataset.rows("pairs", split, ["id", "color", f"line_{column}"]):
        cell = row[f"line_{column}"]
        if cell is not None and row["id"] in chosen:
            line, color = decode_line(cell["bytes"]), decode(row["color"]["bytes"]).pixels
            yield Case(row["id"], centre_crop(line, crop_px), centre_crop(color, crop_px))


def authentic_drawings(dataset: Dataset, splits: tuple[str, ...]) -> Iterator[tuple[str, UInt8]]:
    """Every authentic drawing of some splits, with a partner and without: (id, line uint8 (H, W))."""
    for config in ("pairs", "line_art"):
        for split in (split for split in splits if split in dataset.splits(config)):
            for row in dataset.rows(config, split, ["id", "line_authentic"]):
                if row["line_authentic"] is not None:
                    yield row["id"], decode_line(row["line_authentic"]["bytes"])


def authentic_cases(dataset: Dataset, protocol: Protocol, repeat: int) -> Iterator[Case]:
    """Random crops and flips of every authentic drawing, without a truth: another draw for every repeat."""
    for id_, line in authentic_drawings(dataset, protocol.splits):
        for crop in range(crops_of(line, protocol)):
            rng = generator(protocol.seed, id_, f"evaluation crop {repeat} {crop}")
            yield Case(f"{id_}-{crop}", random_crop(line, protocol.crop_px, rng), NO_TRUTH)


def crops_of(line: UInt8, protocol: Protocol) -> int:
    """How many crops of a drawing, uint8 (H, W), are measured: one that fits into a crop is whole, and counts once."""
    return protocol.crops if max(line.shape) > protocol.crop_px else 1


def reference_colors(dataset: Dataset, protocol: Protocol, count: int) -> Iterator[UInt8]:
    """Up to `count` colour pictures of the protocol's splits, in the dataset's order: uint8 (H, W, 3)."""
    there = (split for split in protocol.splits if split in dataset.splits("pairs"))
    rows = (row for split in there for row in dataset.rows("pairs", split, ["id", "color"]))
    for row in islice(rows, count):
        yield centre_crop(decode(row["color"]["bytes"]).pixels, protocol.crop_px)


def lone_drawings(dataset: Dataset, count: int, crop_px: int) -> list[UInt8]:
    """A few drawings without a partner, uint8 (H, W) each."""
    rows: Iterator[dict[str, Any]] = (
        row for split in dataset.splits("line_art") for row in dataset.rows("line_art", split, ["id", "line_authentic"])
    )
    chosen = islice(rows, count)
    return [centre_crop(decode_line(row["line_authentic"]["bytes"]), crop_px) for row in chosen]


def centre_crop(picture: UInt8, most_px: int) -> UInt8:
    """The middle of a picture, at most so wide and high; what is smaller stays whole."""
    height, width = (min(side, most_px) for side in picture.shape[:2])
    top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
    return picture[top : top + height, left : left + width]


def random_crop(picture: UInt8, most_px: int, rng: np.random.Generator) -> UInt8:
    """A random part of a picture, at most so wide and high, half of the time mirrored."""
    height, width = (min(side, most_px) for side in picture.shape[:2])
    top = int(rng.integers(picture.shape[0] - height + 1))
    left = int(rng.integers(picture.shape[1] - width + 1))
    part = picture[top : top + height, left : left + width]
    return np.ascontiguousarray(part[:, ::-1]) if rng.random() < 0.5 else part
