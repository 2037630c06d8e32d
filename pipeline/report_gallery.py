"""The pictures of the report: a small, repeatable sample of pairs, shrunk and encoded again.

Only a few row groups are read, one at a time, so neither time nor memory grows with the dataset.
"""

import base64
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .dataset.canonical import sha256_hex
from .dataset.decode import decode, decode_line
from .dataset.encode import encode_color, encode_line
from .dataset.errors import PictureError
from .dataset.reading import Dataset, RowGroup, read_row_group
from .overview import counts_of, smallest_hashes

Pixels = npt.NDArray[np.uint8]

THUMB_PX = 256
MAX_PICTURES = 420
MAX_CHARACTERS = 14_000_000
_QUALITY = 78
_THREADS = 4  # decoders and encoders leave the interpreter to others meanwhile
_GROUPS_PER_SPLIT = 3
_FACTS = ["id", "width", "height", "original_width", "original_height", "license", "artist", "rating", "page_url"]


@dataclass(frozen=True)
class Thumb:
    """One small picture, ready for a page, and what was measured on the full one."""

    label: str
    uri: str
    width: int
    height: int
    ink: float | None
    soft: float | None
    hues: tuple[float, ...]


@dataclass(frozen=True)
class Shown:
    """One row of the gallery: its facts, and its pictures in the order of the columns."""

    split: str
    facts: dict[str, Any]
    thumbs: tuple[Thumb, ...]


def gallery(dataset: Dataset, pairs: pa.Table, limit: int = 60) -> list[Shown]:
    """Up to `limit` of the `pairs` (their light columns), spread over the splits; those with authentic lines first."""
    columns = ["color", *(f"line_{name}" for name in dataset.line_columns), "line_authentic"]
    quotas = _quotas(dict(counts_of(pairs.column("split"))), min(limit, max(6, MAX_PICTURES // len(columns))))
    shown = []
    for split, quota in quotas.items():
        rows = pairs.filter(pc.equal(pairs.column("split"), split))
        partners = frozenset(rows.filter(rows.column("pair_score").is_valid()).column("id").to_pylist())
        groups = _by_group(dataset.row_groups("pairs", split), rows.column("id").to_pylist())
        shown += _all_shown(split, columns, _rows(groups, columns, _chosen(groups, partners, quota)))
    return within(sorted(shown, key=lambda row: (len(row.thumbs) < len(columns), _order(row.facts["id"]))))


def within(rows: Sequence[Shown], budget: int = MAX_CHARACTERS) -> list[Shown]:
    """The first rows whose pictures together fit into so many characters of a page: noise hardly shrinks."""
    sizes = accumulate(sum(len(thumb.uri) for thumb in row.thumbs) for row in rows)
    return [row for row, size in zip(rows, sizes, strict=True) if size <= budget]


def loose_line_art(dataset: Dataset, limit: int = 12) -> list[Shown]:
    """Authentic drawings without a colour partner, for the strip below the pairs."""
    shown: list[Shown] = []
    for split in dataset.splits("line_art"):
        ids = dataset.table("line_art", split, ["id"]).column("id").to_pylist()
        groups = _by_group(dataset.row_groups("line_art", split), ids)
        chosen = _chosen(groups, frozenset(), limit - len(shown))
        shown += _all_shown(split, ["line_authentic"], _rows(groups, ["line_authentic"], chosen))
    return shown


def _quotas(sizes: dict[str, int], shown: int) -> dict[str, int]:
    """How many rows of each split to show: by size, but a few of every one."""
    total = max(sum(sizes.values()), 1)
    few = max(1, shown // 6)
    wanted = {split: min(size, max(few, shown * size // total)) for split, size in sizes.items()}
    over = max(sum(wanted.values()) - shown, 0)
    largest = max(wanted, key=lambda split: wanted[split], default="")
    return {split: count - over if split == largest else count for split, count in wanted.items()}


Group = tuple[RowGroup, list[str]]


def _by_group(groups: Sequence[RowGroup], ids: list[str]) -> list[Group]:
    """Each row group with the ids of its rows."""
    ends = list(accumulate(group.rows for group in groups))
    return [(group, ids[end - group.rows : end]) for group, end in zip(groups, ends, strict=True)]


def _rows(groups: list[Group], columns: list[str], chosen: list[tuple[int, list[int]]]) -> Iterator[dict[str, Any]]:
    for group, rows in chosen:
        yield from read_row_group(groups[group][0], [*_FACTS, *columns]).take(rows).to_pylist()


def _chosen(groups: list[Group], partners: frozenset[str], quota: int) -> list[tuple[int, list[int]]]:
    """Which rows to take from which row groups: by id hash, and half of them with partners, if there are so many."""
    with_partners = [min(sum(id in partners for id in ids), quota) for _, ids in groups]
    order = sorted(range(len(groups)), key=lambda number: (-with_partners[number], number))
    places = [(group, row) for group in order[:_GROUPS_PER_SPLIT] for row in range(len(groups[group][1]))]
    ids = [groups[group][1][row] for group, row in places]
    ranked = smallest_hashes(ids, len(ids))
    paired = [position for position in ranked if ids[position] in partners][: max(quota // 2, 1)]
    chosen = [*paired, *(position for position in ranked if position not in paired)][:quota]
    taken: dict[int, list[int]] = {}
    for position in sorted(chosen):
        taken.setdefault(places[position][0], []).append(places[position][1])
    return sorted(taken.items())


def _all_shown(split: str, columns: list[str], rows: Iterable[dict[str, Any]]) -> list[Shown]:
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(lambda row: _shown(split, row, columns), rows))


def _shown(split: str, row: dict[str, Any], columns: list[str]) -> Shown:
    thumbs = (_thumb(column, row[column]) for column in columns if row[column] is not None)
    facts = {name: row[name] for name in _FACTS}
    return Shown(split, facts, tuple(thumb for thumb in thumbs if thumb is not None))


def _thumb(column: str, cell: dict[str, Any]) -> Thumb | None:
    """A thumbnail of an image cell; None when its bytes are damaged: a report is no place to fail for that."""
    try:
        if column == "color":
            pixels: Pixels = decode(cell["bytes"]).pixels
            return _encoded(column, pixels, None, None, _hues(pixels))
        line: Pixels = decode_line(cell["bytes"])
    except PictureError:
        return None
    counts = cv2.calcHist([line], [0], None, [256], [0, 256]).ravel().astype(np.float64)
    ink = float(counts @ (1 - np.arange(256) / 255)) / line.size
    soft = float(counts[17:240].sum() / max(counts[:240].sum(), 1.0))
    return _encoded(column, line, ink, soft, ())


def _encoded(label: str, pixels: Pixels, ink: float | None, soft: float | None, hues: tuple[float, ...]) -> Thumb:
    height, width = pixels.shape[:2]
    scale = min(1.0, THUMB_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    if small.ndim == 3:
        kind, data = "jpeg", encode_color(np.asarray(small, np.uint8), quality=_QUALITY)[0]
    else:
        kind, data = "png", encode_line(np.asarray(small, np.uint8))
    uri = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    return Thumb(label, uri, size[0], size[1], ink, soft, hues)


def _hues(pixels: Pixels) -> tuple[float, ...]:
    """The share of colour in each of 24 sectors of the hue circle, weighted by chroma; all 0 for greys."""
    small = cv2.resize(pixels, (64, 64), interpolation=cv2.INTER_AREA)
    hsv = cv2.cvtColor(small, cv2.COLOR_RGB2HSV).astype(np.float64)
    weights = hsv[..., 1] * hsv[..., 2]
    sums = np.bincount((hsv[..., 0] * 24 / 180).astype(int).ravel() % 24, weights.ravel(), minlength=24)
    total = float(sums.sum())
    return tuple(float(value) / total if total else 0.0 for value in sums)


def _order(id: str) -> str:
    return sha256_hex(f"look/{id}".encode())
