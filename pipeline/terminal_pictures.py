"""Small pictures in a terminal: two pixels to a character, the upper half block in the colours of both."""

from collections.abc import Mapping, Sequence
from itertools import islice

import cv2
import numpy as np
from numpy.typing import NDArray

from .dataset.decode import Pixels
from .dataset.errors import DatasetError
from .dataset.reading import Dataset
from .dataset.streaming import decoded_rows
from .markup import plain

_RESET = "\x1b[0m"
_GAP = "  "


def can_show(environment: Mapping[str, str], terminal: bool, encoding: str) -> bool:
    """True for a terminal that says it shows 24-bit colours and whose text is Unicode."""
    colors = environment.get("COLORTERM", "").lower() in ("truecolor", "24bit") and not environment.get("NO_COLOR")
    return terminal and colors and encoding.lower().replace("-", "") == "utf8"


def thumbnails(dataset: Dataset, *, rows: int = 3, side: int = 20, columns: int = 3) -> list[str]:
    """Lines of text that show a few pairs: colour and the first line columns, `side` characters wide each."""
    split = next(iter(dataset.splits("pairs")), None)
    if split is None:
        return []
    names = ["color", *(f"line_{name}" for name in dataset.line_columns)][:columns]
    try:
        shown = list(islice(decoded_rows(dataset, "pairs", split, ["id", *names], threads=1), rows))
    except DatasetError as error:
        return [f"  no pictures: {plain(error.what)}"]
    return [
        line for row in shown for line in ("", *_beside([_squared(row[name], side) for name in names]), row["id"][:12])
    ]


def _squared(pixels: Pixels | None, side: int) -> Pixels:
    """uint8 (side, side, 3): a picture in the middle of white; all white where there is none."""
    paper: NDArray[np.uint8] = np.full((side, side, 3), 255, np.uint8)
    if pixels is None:
        return paper
    height, width = (max(1, round(side * length / max(pixels.shape[:2]))) for length in pixels.shape[:2])
    small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    top, left = (side - height) // 2, (side - width) // 2
    paper[top : top + height, left : left + width] = small if small.ndim == 3 else small[..., None]
    return paper


def _beside(pictures: Sequence[Pixels]) -> list[str]:
    """Pictures of one even height next to each other."""
    rows = range(0, len(pictures[0]), 2)
    return [_GAP.join(_line(picture[row], picture[row + 1]) for picture in pictures) for row in rows]


def _line(upper: Pixels, lower: Pixels) -> str:
    """A row of half blocks: foreground above, background below."""
    cells = (
        f"\x1b[38;2;{a};{b};{c}m\x1b[48;2;{d};{e};{f}m▀" for (a, b, c), (d, e, f) in zip(upper, lower, strict=True)
    )
    return "".join(cells) + _RESET
