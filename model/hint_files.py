"""Reads hints from a file: strokes as JSON, a project of the page, or an RGBA picture of the drawing's size."""

import base64
import binascii
import io
import json
import warnings
from typing import Any

import numpy as np
from PIL import Image

from lcpipe.pipeline.dataset.decode import decode_line
from lcpipe.pipeline.dataset.errors import LcpipeError
from lcpipe.pipeline.dataset.storage import read_bytes

from .hint_json import parse_hints
from .hint_shapes import UInt8
from .hints import Float32, cell_map, hint_map

MAX_BYTES = 256 * 2**20


def read_hints(path: str, line: UInt8) -> Float32:
    """The hint map of a file for a drawing, uint8 (H, W). Raises LcpipeError where the two do not fit together."""
    data = read_bytes(path)
    if len(data) > MAX_BYTES:
        raise LcpipeError("the file of hints is too large", where=path, hint=f"at most {MAX_BYTES} bytes are read")
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return _from_json(data, line, path)
    return cell_map(_rgba(data, line, path))


def _from_json(data: bytes, line: UInt8, path: str) -> Float32:
    """Strokes, or a project that holds strokes and its drawing."""
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise LcpipeError(f"not valid JSON: {error}", where=path, hint="save the hints again") from None
    try:
        return hint_map(parse_hints(_strokes_of(document, line)), line.shape[0], line.shape[1], line)
    except LcpipeError as error:
        place = f"{path}: {error.where}" if error.where else path
        raise LcpipeError(error.what, where=place, hint=error.hint) from None


def _strokes_of(document: Any, line: UInt8) -> Any:
    """The part of a document that holds strokes; a project's drawing must have the size of the one to be painted."""
    if not isinstance(document, dict) or "hints" not in document:
        return document
    if unknown := sorted(document.keys() - {"drawing", "hints"}):
        raise LcpipeError(f"unknown key {unknown[0]!r}", where="project", hint="a project has drawing and hints")
    if "drawing" in document:
        _check_size(decode_line(data_url(document["drawing"])).shape, line, "project's drawing")
    return document["hints"]


def data_url(text: object) -> bytes:
    """The bytes of a base64 data URL."""
    head, _, body = str(text).partition(",")
    if not isinstance(text, str) or not head.startswith("data:") or not head.endswith(";base64"):
        raise LcpipeError("the drawing is no base64 data URL", where="project", hint="save the project again")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise LcpipeError(f"the drawing is damaged: {error}", where="project", hint="save the project again") from None


def _rgba(data: bytes, line: UInt8, path: str) -> UInt8:
    """An RGBA picture; its size is checked before its pixels are read."""
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data)) as picture:
            warnings.simplefilter("ignore")  # of large pictures: the drawing itself is as large
            _check_size((picture.height, picture.width), line, "picture of hints")
            transparent = "A" in picture.getbands() or "transparency" in picture.info
            canvas = np.asarray(picture.convert("RGBA"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        what = f"neither strokes as JSON nor a readable picture: {error}"
        raise LcpipeError(what, where=path, hint="give strokes, a project, or an RGBA picture") from None
    except LcpipeError as error:
        raise LcpipeError(error.what, where=path, hint=error.hint) from None
    if not transparent:
        raise LcpipeError(
            "the picture of hints has no transparency, so all of it would be a hint",
            where=path,
            hint="save it with an alpha channel: only pixels with alpha >= 128 are hints",
        )
    return canvas


def _check_size(found: tuple[int, ...], line: UInt8, name: str) -> None:
    if found != line.shape:
        raise LcpipeError(
            f"the {name} is {found[1]} x {found[0]} pixels, the drawing {line.shape[1]} x {line.shape[0]}",
            hint="give hints that were made for this drawing",
        )
