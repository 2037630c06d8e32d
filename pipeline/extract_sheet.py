"""`extract-lines --compare`: a row per picture, its colours and then every method with every preset, each labelled."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from . import plugins
from .dataset.canonical import sha256_hex
from .dataset.decode import decode
from .dataset.encode import encode_png
from .dataset.errors import PictureError
from .dataset.storage import write_bytes
from .drawing.sheet import contact_sheet
from .extract_job import Method, Work, drawn
from .line_settings import merged
from .line_weights import available
from .pixels import Pixels

PICTURES, TILE_PX, LABEL_PX = 12, 360, 28
_FONT, _TEXT_PX = cv2.FONT_HERSHEY_SIMPLEX, 12


def compare(works: Sequence[Work], out: str, how: Method) -> str:
    """Writes the sheet of the first pictures and returns its path. Raises PictureError, which names the picture."""
    columns = list(shown_methods(how))
    tiles = [tile for work in works[:PICTURES] for tile in _row(work, columns)]
    sheet = contact_sheet(tiles, 1 + len(columns), TILE_PX)
    path = str(Path(out) / "compare.png")
    write_bytes(path, encode_png(np.concatenate([labels(["picture", *(name for name, _ in columns)]), sheet])))
    return path


def _row(work: Work, columns: Sequence[tuple[str, Method]]) -> list[Pixels]:
    """A picture, uint8 (H, W, 3), and its lines by each method, uint8 (H, W). Raises PictureError."""
    try:
        data = work.read()
        pixels = decode(data).pixels
        return [pixels, *(drawn(pixels, sha256_hex(data), one) for _, one in columns)]
    except PictureError as error:
        raise PictureError(error.what, reason=error.reason, where=work.name, hint="leave it out") from None


def shown_methods(how: Method) -> list[tuple[str, Method]]:
    """Every extractor that can draw here by itself, with each of its presets."""
    found = []
    for name in plugins.names("extractors"):
        module = plugins.load("extractors", name)
        if available(module) and not hasattr(module, "inner"):
            for preset in getattr(module, "PRESETS", {"": {}}):
                table = merged(module, preset or None, {}, name)
                shown = f"{name} {preset}".strip()
                found.append((shown, Method(name, table, how.size, how.oversample, how.seed, how.device)))
    return found


def labels(names: Sequence[str]) -> Pixels:
    """A row of names in the middle of their columns, uint8 (H, W, 3)."""
    row = np.full((LABEL_PX, TILE_PX * len(names), 3), 255, np.uint8)
    scale = cv2.getFontScaleFromHeight(_FONT, _TEXT_PX)
    for number, name in enumerate(names):
        (width, height), _ = cv2.getTextSize(name, _FONT, scale, 1)
        place = number * TILE_PX + max(0, (TILE_PX - width) // 2), (LABEL_PX + height) // 2
        cv2.putText(row, name, place, _FONT, scale, (0, 0, 0), 1, cv2.LINE_AA)
    return row
