"""The drawings that people have opened: kept in memory under the sha256 of their pixels, the oldest unused go first."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

import cv2
import numpy as np

from lcpipe.pipeline.dataset.decode import Limits, decode
from lcpipe.pipeline.dataset.encode import encode_line
from lcpipe.pipeline.dataset.errors import PictureError
from lcpipe.pipeline.dataset.reasons import Reason

from ..hint_shapes import UInt8
from ..painter import MAX_PIXELS
from .answers import AnswerError
from .guard import MAX_BODY_BYTES

LIMITS = Limits(max_bytes=MAX_BODY_BYTES, max_pixels=MAX_PIXELS)
KEPT_BYTES = 256 * 2**20
COLORFUL_CHROMA = 12  # of 255: the mean difference between the channels of a picture that is more than yellowed paper
GREY_SHARE = 0.35  # of the pixels: more middle greys than this are shading or a photograph, not lines


@dataclass(frozen=True)
class Drawing:
    """A line drawing, uint8 (H, W), and the sha256 of its size and pixels."""

    id: str
    line: UInt8

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.line.shape[1], self.line.shape[0]

    def png(self) -> bytes:
        """The drawing as a file whose pixels are exactly these."""
        return encode_line(self.line)


def drawing_of(line: UInt8) -> Drawing:
    """A drawing under its name."""
    return Drawing(hashlib.sha256(f"{line.shape}".encode() + line.tobytes()).hexdigest(), line)


def read_picture(data: bytes) -> UInt8:
    """The pixels of an uploaded picture, uint8 (H, W, 3). Raises PictureError."""
    pixels = decode(data, LIMITS).pixels
    if min(pixels.shape[:2]) < 1:
        raise PictureError("the picture has no pixels", reason=Reason.NOT_AN_IMAGE)
    return pixels


def line_of(pixels: UInt8) -> UInt8:
    """The luma of a picture, as `decode_line` gives it: what `lcpipe colorize` paints of the same file."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def looks_drawn(pixels: UInt8) -> bool:
    """Whether a picture is a line drawing on paper, and not a coloured picture or a photograph."""
    small = cv2.resize(pixels, (256, 256), interpolation=cv2.INTER_AREA).astype(np.int16)
    chroma = (small.max(axis=2) - small.min(axis=2)).mean()
    grey = small.mean(axis=2)
    middle = ((grey > 40) & (grey < np.percentile(grey, 90) - 40)).mean()
    return bool(chroma < COLORFUL_CHROMA and middle < GREY_SHARE)


@dataclass
class Shelf:
    """Keeps drawings by id, at most so many bytes of them; safe to use from several threads."""

    kept_bytes: int = KEPT_BYTES
    _drawings: OrderedDict[str, Drawing] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, drawing: Drawing) -> None:
        """Keeps a drawing, and lets go of the ones that were longest unused; the new one stays in any case."""
        with self._lock:
            self._drawings[drawing.id] = drawing
            self._drawings.move_to_end(drawing.id)
            while len(self._drawings) > 1 and sum(one.line.nbytes for one in self._drawings.values()) > self.kept_bytes:
                self._drawings.popitem(last=False)

    def get(self, id: str) -> Drawing:
        """The drawing of an id. Raises AnswerError (404), upon which the page sends it again."""
        with self._lock:
            if id not in self._drawings:
                raise AnswerError(404, "this drawing is not here any more", where=id[:12], hint="open it again")
            self._drawings.move_to_end(id)
            return self._drawings[id]
