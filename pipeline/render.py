"""Render: only the missing (picture, column) cells — decode, working size, draw lines, shrink, encode."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from types import ModuleType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from . import plugins
from .asks import AUTHENTIC, COLOR, LINE_ART, Ask
from .cells import Cell, Key, read_cells, store, write_cells
from .dataset.canonical import canonical, sha256_hex
from .dataset.decode import decode_line
from .dataset.draws import generator
from .dataset.encode import encode_color, encode_line
from .dataset.errors import PictureError, WeightsError
from .dataset.reasons import Reason
from .engine import Engine
from .line_settings import draw
from .line_weights import weights_for
from .measure import VOLATILE
from .measures.ink_map import line_map
from .parts import Row
from .pixels import (
    Geometry,
    Original,
    Pixels,
    decode_original,
    read_original,
    reduced,
    resized,
    target_geometry,
    working_size,
)
from .progress import Reporter
from .registration import Fit, Matrix, fit, in_pixels, refined
from .settings import parse

INK = 128
MAX_SIDE_PX = 16_383  # WebP holds no more; a strip that long would need gigabytes
FINE_PX = 384  # of the line maps that place an authentic drawing
SAME_FRAME = 0.002  # of a side: a drawing that lies no farther off shows the picture's frame


@dataclass(frozen=True)
class Wanted:
    """The columns a picture is to have; `partner` is its authentic line art."""

    original: Original
    columns: tuple[str, ...]
    partner: Original | None = None

    def record(self, column: str) -> str:
        """Names the row of a cell: the picture, and for authentic lines also whose they are."""
        return f"{self.original.id}+{self.partner.id}" if column == AUTHENTIC and self.partner else self.original.id


@dataclass(frozen=True)
class Rendered:
    """All finished cells of the asks; how many were rendered in this run; pictures that could not be read today."""

    cells: dict[Key, Cell]
    count: int
    unreadable: dict[str, tuple[str, str]]


@dataclass(frozen=True)
class RenderJob:
    """Writes one part of cells per task; returns (pictures, cells, rows that must not be cached)."""

    root: str
    asks: Mapping[str, Ask]

    def run(self, task: tuple[Wanted, ...]) -> tuple[int, int, dict[str, tuple[str, str]]]:
        unreadable: dict[str, tuple[str, str]] = {}
        asked = [(self.asks[column].key, one.record(column)) for one in task for column in one.columns]
        write_cells(self.root, self._rows(task, unreadable), asked)
        return len(task), len(asked), unreadable

    def pieces(self, task: tuple[Wanted, ...]) -> Sequence[tuple[Wanted, ...]]:
        return [(one,) for one in task]

    def crashed(self, piece: tuple[Wanted, ...]) -> tuple[int, int, dict[str, tuple[str, str]]]:
        (one,) = piece
        error = PictureError("rendering it killed the worker process", reason=Reason.DECODER_CRASHED)
        rows = [_failed(self.asks[column], one.record(column), error) for column in one.columns]
        write_cells(self.root, rows, [(self.asks[column].key, one.record(column)) for column in one.columns])
        return 1, len(rows), {}

    def _rows(self, task: tuple[Wanted, ...], unreadable: dict[str, tuple[str, str]]) -> Iterator[Row]:
        for one in task:
            try:
                yield from _cells(one, self.asks)
            except PictureError as error:
                if error.reason in VOLATILE:
                    unreadable[one.original.id] = (str(error.reason), error.what)
                else:
                    yield from (_failed(self.asks[column], one.record(column), error) for column in one.columns)


def render(
    wanted: Sequence[Sequence[Wanted]], asks: Mapping[str, Ask], cache: str, engine: Engine, reporter: Reporter
) -> Rendered:
    """Renders what is missing of `wanted`, which comes in parts of the catalog. Raises StorageError."""
    root, keys = store(cache), [ask.key for ask in asks.values()]
    parts = missing(wanted, asks, read_cells(root, keys))
    most = engine.share(sum(len(part) for part in parts))
    tasks = [part[start : start + most] for part in parts for start in range(0, len(part), most)]
    count, unreadable = 0, dict[str, tuple[str, str]]()
    if tasks:
        with reporter.stage("render", sum(len(task) for task in tasks)) as stage:
            for pictures, cells, lost in engine.map(RenderJob(root, asks), tasks):
                stage.advance(pictures)
                count += cells
                unreadable |= lost
    return Rendered(read_cells(root, keys), count, unreadable)


def missing(
    wanted: Sequence[Sequence[Wanted]], asks: Mapping[str, Ask], have: Mapping[Key, Cell]
) -> list[tuple[Wanted, ...]]:
    """The same parts with only the columns that no finished cell has; empty parts left out."""
    tasks = []
    for part in wanted:
        lacking = []
        for one in part:
            columns = tuple(c for c in one.columns if (asks[c].key, one.record(c)) not in have)
            if columns:
                lacking.append(Wanted(one.original, columns, one.partner))
        if lacking:
            tasks.append(tuple(lacking))
    return tasks


def _cells(one: Wanted, asks: Mapping[str, Ask]) -> Iterator[Row]:
    """The rows of one picture: each column from one decode. Raises PictureError when it cannot be read."""
    if one.columns == (LINE_ART,):
        yield _line_art(asks[LINE_ART], one.original)
        return
    pixels = decode_original(one.original).pixels
    side = asks[COLOR].short_side
    geometry = _geometry(pixels, side)
    large: Pixels | None = None
    for column in one.columns:
        ask = asks[column]
        if column == COLOR:
            yield _color(ask, one.original.id, geometry.crop(resized(pixels, geometry.width, geometry.height)))
        elif column == AUTHENTIC:
            yield from _authentic(ask, one, pixels, geometry)
        else:
            large = _working(pixels, ask) if large is None else large
            yield _line(ask, one.original.id, large, geometry)


def _geometry(pixels: Pixels, side: int) -> Geometry:
    """How a picture comes to its target size. Raises PictureError for a strip that would be too long."""
    geometry = target_geometry(pixels.shape[1], pixels.shape[0], side)
    if max(geometry.width, geometry.height) > MAX_SIDE_PX:
        size = f"{geometry.width}x{geometry.height}"
        raise PictureError(f"at the target size it would be {size} pixels", reason=Reason.TOO_MANY_PIXELS)
    return geometry


def _working(pixels: Pixels, ask: Ask) -> Pixels:
    return resized(pixels, *working_size(pixels.shape[1], pixels.shape[0], ask.short_side, ask.oversample))


def _color(ask: Ask, record: str, pixels: Pixels) -> Row:
    data, suffix = encode_color(pixels, ask.codec, ask.quality)
    return _row(ask, record, data, suffix, pixels.shape, None)


def _line(ask: Ask, record: str, large: Pixels, geometry: Geometry) -> Row:
    """Draws lines at the working size and shrinks them to the target."""
    values = draw(ask.table, ask.seed, record, ask.column)
    try:
        (lines,) = extractor(ask.extractor, canonical(values))([large], [generator(ask.seed, record, ask.column)])
    except (ValueError, ArithmeticError, RuntimeError, cv2.error) as error:
        return _failed(ask, record, PictureError(str(error)[:200], reason=Reason.EXTRACTOR_FAILED))
    shrunk = geometry.crop(resized(lines, geometry.width, geometry.height))
    if shrunk.min() == 255:
        return _failed(ask, record, PictureError("no line was found", reason=Reason.LINE_BLANK))
    module = plugins.load("extractors", ask.extractor)
    facts = {"extractor": ask.extractor, "version": module.version, "seed": ask.seed, "settings": _full(module, values)}
    return _row(ask, record, encode_line(shrunk), ".png", shrunk.shape, facts)


@lru_cache(maxsize=64)
def extractor(name: str, values: bytes, device: str = "cpu") -> Any:
    """The draw function of an extractor for plain settings given as canonical JSON; kept for the next picture."""
    module = plugins.load("extractors", name)
    settings = parse(module.Settings, json.loads(values), f"extractor {name}")
    weights = weights_for(module, settings)
    try:
        return module.prepare(settings, weights, device)
    except ValueError as error:
        if weights is None:
            raise
        raise WeightsError(str(error), where=f"extractor {name}", hint="bring the file of this network") from None


def _full(module: ModuleType, values: Mapping[str, Any]) -> dict[str, Any]:
    """The drawn values with the extractor's defaults filled in."""
    settings = parse(module.Settings, values, "")
    return {one.name: getattr(settings, one.name) for one in fields(settings)}


def _authentic(ask: Ask, one: Wanted, pixels: Pixels, geometry: Geometry) -> list[Row]:
    """Lays the authentic drawing onto the picture's frame, and scores how much ink lies on its lines.

    No row where the drawing cannot be read today: it may be there tomorrow.
    """
    record = one.record(AUTHENTIC)
    try:
        drawing = decode_line(read_original(_partner(one)))
    except PictureError as error:
        return [] if error.reason in VOLATILE else [_failed(ask, record, error)]
    found = _registered(drawing, pixels)
    if found is None:
        why = "the drawing has no ink" if drawing.min() >= INK else "the drawing cannot be laid onto the picture"
        reason = Reason.LINE_BLANK if drawing.min() >= INK else Reason.ALIGN_FAILED
        return [_failed(ask, record, PictureError(why, reason=reason))]
    laid, transform = _laid(drawing, found, geometry)
    facts = {"score": found.score, "transform": transform}
    return [_row(ask, record, encode_line(laid), ".png", laid.shape, facts)]


def _registered(drawing: Pixels, color: Pixels) -> Fit | None:
    """How `drawing` (H, W) lies on `color` (H, W, 3): scored as select scores it, and then placed more finely."""
    grey = np.asarray(cv2.cvtColor(reduced(color, 2 * FINE_PX), cv2.COLOR_RGB2GRAY), np.uint8)
    ours = reduced(drawing, 2 * FINE_PX)
    found = fit(line_map(ours), line_map(grey), searched=True)
    if found is None:
        return None
    return replace(found, matrix=refined(line_map(ours, FINE_PX), line_map(grey, FINE_PX), found.matrix))


def _laid(drawing: Pixels, found: Fit, geometry: Geometry) -> tuple[Pixels, list[float]]:
    """The drawing in the stored picture's frame, paper where it shows nothing; and its pixels' way there, (2, 3) flat.

    A drawing that already shows the frame is only scaled: bending it by a fraction of a pixel would blur its lines.
    """
    if found.stray <= SAME_FRAME:
        scale = (geometry.width / drawing.shape[1], geometry.height / drawing.shape[0])
        laid = geometry.crop(resized(drawing, geometry.width, geometry.height))
        return laid, [scale[0], 0.0, float(-geometry.crop_x), 0.0, scale[1], float(-geometry.crop_y)]
    size, corner = (geometry.width, geometry.height), np.array([geometry.crop_x, geometry.crop_y], np.float64)
    whole = _cropped(in_pixels(found.matrix, (drawing.shape[1], drawing.shape[0]), size), corner)
    shrink = max(1.0, float(np.sqrt(abs(np.linalg.det(whole[:, :2])))))
    small = resized(drawing, max(1, round(drawing.shape[1] / shrink)), max(1, round(drawing.shape[0] / shrink)))
    matrix = _cropped(in_pixels(found.matrix, (small.shape[1], small.shape[0]), size), corner)
    frame, how = (geometry.crop_width, geometry.crop_height), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(small, matrix, frame, flags=how, borderMode=cv2.BORDER_CONSTANT, borderValue=255.0)
    return np.asarray(warped, np.uint8), [round(x, 9) for x in cv2.invertAffineTransform(whole).reshape(-1).tolist()]


def _cropped(matrix: Matrix, corner: NDArray[np.float64]) -> Matrix:
    """A transform from a picture's pixels as one from those of its crop that begins at `corner`."""
    return np.column_stack([matrix[:, :2], matrix[:, 2] + matrix[:, :2] @ corner])


def _partner(one: Wanted) -> Original:
    if one.partner is None:
        raise PictureError("has no partner", reason=Reason.ALIGN_FAILED)
    return one.partner


def _line_art(ask: Ask, original: Original) -> Row:
    """An unpartnered drawing at target size, as it is."""
    drawing = decode_line(read_original(original))
    geometry = _geometry(drawing, ask.short_side)
    shrunk = geometry.crop(resized(drawing, geometry.width, geometry.height))
    if shrunk.min() == 255:
        return _failed(ask, original.id, PictureError("the drawing has no ink", reason=Reason.LINE_BLANK))
    return _row(ask, original.id, encode_line(shrunk), ".png", shrunk.shape, None)


def _row(
    ask: Ask, record: str, data: bytes, suffix: str, shape: tuple[int, ...], facts: Mapping[str, Any] | None
) -> Row:
    values = {
        "ask": ask.key,
        "record": record,
        "sha256": sha256_hex(data),
        "suffix": suffix,
        "width": shape[1],
        "height": shape[0],
    }
    text = canonical(_plain(facts)).decode() if facts is not None else None
    return {**values, "facts": text, "reason": None, "detail": None}, data


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return value.item() if isinstance(value, np.generic) else value


def _failed(ask: Ask, record: str, error: PictureError) -> Row:
    empty = dict.fromkeys(("sha256", "suffix", "width", "height", "facts"))
    return {"ask": ask.key, "record": record, **empty, "reason": str(error.reason), "detail": error.what}, None
