"""What a drawing's PNG says of how it was drawn: a text chunk right behind the header, so that it is read at once."""

import json
import struct
import zlib
from typing import Any

from .dataset.canonical import canonical
from .dataset.storage import storage_errors

_HEADER = 33  # bytes: the signature, and the chunk IHDR
_KIND = b"tEXt"
_KEY = b"lcpipe\0"
_LARGEST = 1 << 20


def noted(png: bytes, note: dict[str, Any]) -> bytes:
    """A PNG with a note, any JSON object. The pixels stay as they are."""
    text = _KIND + _KEY + json.dumps(json.loads(canonical(note))).encode("ascii")
    chunk = struct.pack(">I", len(text) - len(_KIND)) + text + struct.pack(">I", zlib.crc32(text))
    return png[:_HEADER] + chunk + png[_HEADER:]


def note_of(path: str) -> dict[str, Any] | None:
    """The note in the file at a path; None for a file that has none. Raises StorageError."""
    with storage_errors(path), open(path, "rb") as file:
        start = file.read(_HEADER + 8)
        size = int.from_bytes(start[_HEADER : _HEADER + 4])
        text = file.read(size) if start[_HEADER + 4 :] == _KIND and size <= _LARGEST else b""
    if not text.startswith(_KEY):
        return None
    try:
        note = json.loads(text.removeprefix(_KEY))
    except ValueError:
        return None
    return note if isinstance(note, dict) else None
