"""What a worker of `extract-lines` does: reads pictures, draws their lines larger and shrinks them, writes them."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

import cv2

from . import plugins
from .dataset.canonical import canonical, sha256_hex
from .dataset.decode import Limits, decode
from .dataset.draws import generator
from .dataset.encode import encode_line
from .dataset.errors import PictureError
from .dataset.reasons import Reason
from .dataset.storage import read_bytes, write_bytes
from .drawing_notes import noted
from .extract_rows import Row, read_row
from .line_settings import draw
from .pixels import Pixels, resized, working_size
from .render import extractor

LARGEST_SHORT_SIDE_PX = 2048
CPU = "cpu"
FEEDERS, TOGETHER = 6, 8  # of another device: threads that read for it and write, and pictures it draws together
Failure = tuple[str, str, str]  # source, reason, detail


@dataclass(frozen=True)
class Method:
    """An extractor with its table of settings, of which some may be drawn anew for each picture."""

    extractor: str
    table: dict[str, Any]
    size: int | None = None  # short side of the result in pixels; None keeps each picture's own
    oversample: int = 2
    seed: int = 0
    device: str = CPU

    def note(self) -> dict[str, Any]:
        """What drawings say of it; where it ran is no part of how they look."""
        version = plugins.load("extractors", self.extractor).version
        own = {"extractor": self.extractor, "version": version, "settings": self.table}
        return own | {"size": self.size, "oversample": self.oversample, "seed": self.seed}


@dataclass(frozen=True)
class Work:
    """One picture to draw: where it is, in which row if that is a Parquet file, and where its lines go."""

    source: str
    target: str
    row: Row | None = None

    @property
    def name(self) -> str:
        """What a message calls it."""
        return self.source if self.row is None else f"{self.source}, {self.row.name}"

    def read(self) -> bytes:
        """The encoded picture. Raises PictureError, StorageError, DatasetError."""
        return read_bytes(self.source) if self.row is None else read_row(self.source, self.row)


@dataclass(frozen=True)
class Ready:
    """A picture to be drawn: uint8 (H, W, 3) at its working size, its name, the size and the settings of its lines."""

    large: Pixels
    record: str
    width: int
    height: int
    settings: bytes


@dataclass(frozen=True)
class ExtractJob:
    """Draws the pictures of a task; returns for each None, or why it failed.

    While one drawing is on its way to the disk the next is made; compressing it is the worker's own work, so that it
    keeps one core busy and not more. A device that is not the CPU gets pictures that were read ahead, several at once.
    """

    method: Method

    def run(self, task: tuple[Work, ...]) -> list[Failure | None]:
        alone = self.method.device == CPU
        with ThreadPoolExecutor(1 if alone else FEEDERS) as pool:
            read = map(self._read, task) if alone else pool.map(self._read, task)
            pairs = zip(task, read, strict=True)
            batches = iter(lambda: list(islice(pairs, 1 if alone else TOGETHER)), [])
            ended = [one for batch in batches for one in self._ends(batch, pool)]
            return [one.result() if isinstance(one, Future) else one for one in ended]

    def pieces(self, task: tuple[Work, ...]) -> Sequence[tuple[Work, ...]]:
        return [(work,) for work in task]

    def crashed(self, piece: tuple[Work, ...]) -> list[Failure | None]:
        return [(piece[0].name, str(Reason.DECODER_CRASHED), "drawing it killed the worker process")]

    def _read(self, work: Work) -> Ready | PictureError:
        try:
            data = work.read()
            return ready(decode(data).pixels, sha256_hex(data), self.method)
        except PictureError as error:
            return error

    def _ends(
        self, batch: Sequence[tuple[Work, Ready | PictureError]], pool: ThreadPoolExecutor
    ) -> Iterator["Future[None] | Failure"]:
        """What becomes of each picture of a batch: it is being written, or why not."""
        lines = iter(lines_of([one for _, one in batch if isinstance(one, Ready)], self.method))
        for work, one in batch:
            ended = self._encoded(one, next(lines)) if isinstance(one, Ready) else one
            if isinstance(ended, PictureError):
                yield work.name, ended.reason, ended.what
            else:
                yield pool.submit(write_bytes, work.target, ended)

    def _encoded(self, one: Ready, lines: Pixels | PictureError) -> bytes | PictureError:
        """The drawing as PNG, which says how it was drawn."""
        if isinstance(lines, PictureError):
            return lines
        note = {"method": self.method.note(), "drawn_with": json.loads(one.settings), "picture_sha256": one.record}
        return noted(encode_line(lines), note)


def drawn(pixels: Pixels, record: str, how: Method) -> Pixels:
    """The lines of a picture uint8 (H, W, 3) as uint8 (H, W), drawn larger and shrunk. Raises PictureError."""
    (lines,) = lines_of([ready(pixels, record, how)], how)
    if isinstance(lines, PictureError):
        raise lines
    return lines


def ready(pixels: Pixels, record: str, how: Method) -> Ready:
    """A picture, uint8 (H, W, 3), brought to its working size, with settings drawn for it.

    Raises PictureError for a size at which it would have more pixels than a picture may have.
    """
    height, width = pixels.shape[:2]
    if how.size is not None:
        scale = how.size / min(width, height)
        width, height = max(1, round(width * scale)), max(1, round(height * scale))
        if width * height > Limits().max_pixels:
            raise PictureError(f"its lines would be {width}x{height} pixels", reason=Reason.TOO_MANY_PIXELS)
    large = _working(pixels, min(width, height), how.oversample)
    return Ready(large, record, width, height, canonical(draw(how.table, how.seed, record, "extract-lines")))


def lines_of(pictures: Sequence[Ready], how: Method) -> list[Pixels | PictureError]:
    """The lines of each picture at its final size, or why there are none; those of the same settings go together."""
    found: dict[str, Pixels | PictureError] = {}
    for settings in dict.fromkeys(one.settings for one in pictures):
        group = [one for one in pictures if one.settings == settings]
        found |= dict(zip((one.record for one in group), _together(group, how), strict=True))
    return [found[one.record] for one in pictures]


def _together(group: Sequence[Ready], how: Method) -> list[Pixels | PictureError]:
    """Lines of pictures with the same settings; where these fail together, each is drawn by itself."""
    draws = extractor(how.extractor, group[0].settings, how.device)
    rngs = [generator(how.seed, one.record, "extract-lines") for one in group]
    try:
        lines = draws([one.large for one in group], rngs)
    except (ValueError, ArithmeticError, RuntimeError, cv2.error) as error:
        if len(group) > 1:
            return [line for one in group for line in _together([one], how)]
        return [PictureError(str(error)[:200], reason=Reason.EXTRACTOR_FAILED)]
    return [resized(line, one.width, one.height) for line, one in zip(lines, group, strict=True)]


def _working(pixels: Pixels, target_short_px: int, oversample: int) -> Pixels:
    """The picture at its working size: `oversample` × the target, at most 2048 px or the target itself."""
    height, width = pixels.shape[:2]
    wanted = min(oversample * target_short_px, max(LARGEST_SHORT_SIDE_PX, target_short_px))
    return resized(pixels, *working_size(width, height, wanted, 1))
