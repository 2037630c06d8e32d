"""The probe sheet: the same drawings at no, few and many hints, to look at two moments of a run side by side."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import decode, decode_line
from lcpipe.pipeline.dataset.draws import generator
from lcpipe.pipeline.dataset.reading import Dataset

from .hint_draws import counted_hints
from .hint_points import full_hints
from .hints import Float32

UInt8: TypeAlias = NDArray[np.uint8]
Count: TypeAlias = int | Literal["full"]  # of hints; a colour in every cell
Paint: TypeAlias = Callable[[UInt8, Float32], UInt8]  # line (S, S) and hints (4, S/4, S/4) -> (S, S, 3)

HINT_COUNTS: tuple[Count, ...] = (0, 16, "full")
SCORED: Count = 16  # about what a person gives: full hints ask for no colouring any more
SYNTHETIC, AUTHENTIC = 4, 2  # rows of the sheet
GAP_PX = 2
SEED = 0


@dataclass(frozen=True)
class Probe:
    """One drawing: line uint8 (S, S), colours for its hints uint8 (S, S, 3), and whether these are its own."""

    line: UInt8
    color: UInt8
    own: bool


@dataclass(frozen=True)
class Sheet:
    """A painted sheet, uint8 (H, W, 3), and the mean absolute error with 16 hints, of colours in [0, 1]."""

    picture: UInt8
    error: float


def build_probes(dataset: Dataset, size: int, column: str) -> list[Probe]:
    """Drawings of a split not trained on if there is one, and authentic line art with the first picture's colours."""
    synthetic = list(islice(pairs(dataset, size, column), SYNTHETIC))
    authentic = islice(authentic_lines(dataset, size), AUTHENTIC) if synthetic else ()
    return synthetic + [Probe(line, synthetic[0].color, own=False) for line in authentic]


def pairs(dataset: Dataset, size: int, column: str) -> Iterator[Probe]:
    """The drawings of one column with their pictures, cut at the centre."""
    names = ["id", "color", f"line_{column}"]
    splits = sorted(dataset.splits("pairs"), key=("validation", "test", "train").index)
    for row in dataset.rows("pairs", splits[0], names):
        if row[f"line_{column}"] is not None:
            line = decode_line(row[f"line_{column}"]["bytes"])
            yield Probe(centre(line, size), centre(decode(row["color"]["bytes"]).pixels, size), own=True)


def authentic_lines(dataset: Dataset, size: int) -> Iterator[UInt8]:
    """Real line art without a colour partner, cut at the centre."""
    for split in dataset.splits("line_art"):
        for row in dataset.rows("line_art", split, ["id", "line_authentic"]):
            yield centre(decode_line(row["line_authentic"]["bytes"]), size)


def centre(picture: UInt8, size: int) -> UInt8:
    """The central square; white where the picture is smaller."""
    missing = [(max(size - side, 0) // 2, max(size - side + 1, 0) // 2) for side in picture.shape[:2]]
    padded = np.pad(picture, [*missing, *[(0, 0)] * (picture.ndim - 2)], constant_values=255)
    top, left = (padded.shape[0] - size) // 2, (padded.shape[1] - size) // 2
    return np.ascontiguousarray(padded[top : top + size, left : left + size])


def probe_hints(probe: Probe, number: int, count: Count) -> Float32:
    """The fixed hints of a drawing, float32 (4, S/4, S/4): the same at every step of every run."""
    if count == "full":
        return full_hints(probe.color)
    return counted_hints(generator(SEED, number, "probe hints"), probe.color, count)


def paint_sheet(paint: Paint, probes: Sequence[Probe]) -> Sheet:
    """One row a drawing: line, painted with each number of hints (the hints above), and the picture itself."""
    rows, errors = [], []
    for number, probe in enumerate(probes):
        hints = [probe_hints(probe, number, count) for count in HINT_COUNTS]
        painted = [paint(probe.line, hint) for hint in hints]
        if probe.own:
            errors.append(
                float(np.abs(painted[HINT_COUNTS.index(SCORED)].astype(np.float32) - probe.color).mean() / 255)
            )
        shown = [marked(picture, hint) for picture, hint in zip(painted, hints, strict=True)]
        last = probe.color if probe.own else np.full_like(probe.color, 255)
        rows.append(row_of([np.dstack([probe.line] * 3), *shown, last]))
    return Sheet(np.concatenate(rows), float(np.mean(errors)))


def marked(picture: UInt8, hint: Float32) -> UInt8:
    """A picture with a small copy of its hints in the corner, where there are any."""
    if not hint[3].any():
        return picture
    small = np.where(hint[3] > 0, (hint[:3] + 1) * 127.5, 255).transpose(1, 2, 0).astype(np.uint8)
    result = picture.copy()
    result[: small.shape[0] + 1, : small.shape[1] + 1] = 128
    result[: small.shape[0], : small.shape[1]] = small
    return result


def row_of(pictures: Sequence[UInt8]) -> UInt8:
    """Pictures side by side with a white gap."""
    framed = [np.pad(picture, ((0, GAP_PX), (0, GAP_PX), (0, 0)), constant_values=255) for picture in pictures]
    return np.concatenate(framed, axis=1)


def png(picture: UInt8) -> bytes:
    """A picture uint8 (H, W, 3) as PNG."""
    return bytes(cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1])
