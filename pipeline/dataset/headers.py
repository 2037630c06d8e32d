"""What the bytes of a picture say before it is decoded: its format, its size, whether it is whole, how it is turned."""

import struct
import zlib

from .errors import PictureError
from .reasons import Reason

_PNG = b"\x89PNG\r\n\x1a\n"
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)  # the sizes of info headers that exist


def format_of(data: bytes) -> str | None:
    """The name of the picture format that the first bytes show, whatever the file is called."""
    head = data[:32]
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:12] in (b"ftypavif", b"ftypavis"):
        return "AVIF"
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    return None


_MAGIC = (
    (b"\xff\xd8\xff", "JPEG"),
    (_PNG, "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
)


def claimed_size(kind: str, data: bytes) -> tuple[int, int] | None:
    """Width and height where opening the file would already allocate memory for them (WebP), else None."""
    if kind != "WEBP" or len(data) < 30:
        return None
    if data[12:16] == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if data[12:16] == b"VP8L":
        sides = int.from_bytes(data[21:25], "little")
        return (sides & 0x3FFF) + 1, (sides >> 14 & 0x3FFF) + 1
    return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF


def check_whole(kind: str, data: bytes) -> None:
    """Raises PictureError for a file that ends early or fails its own checksums, as far as its container tells.

    Decoders fill the missing part of such files with grey, some of them without a word.
    """
    if kind == "PNG":
        _check_png(data)
    elif kind == "WEBP" and int.from_bytes(data[4:8], "little") + 8 > len(data):
        raise _cut(kind)


def _check_png(data: bytes) -> None:
    """Walks the chunks of a PNG: all there up to IEND, the critical ones with the right checksum."""
    view = memoryview(data)
    at, name = len(_PNG), b""
    while name != b"IEND":
        if at + 12 > len(data):
            raise _cut("PNG")
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 8 + length
        if end + 4 > len(data):
            raise _cut("PNG")
        critical = not name[0] & 0x20
        if critical and zlib.crc32(view[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            chunk = name.decode("ascii", "replace")
            raise PictureError(f"the PNG file is damaged: chunk {chunk} at byte {at}", reason=Reason.DECODE_FAILED)
        at = end + 4


def _cut(kind: str) -> PictureError:
    return PictureError(f"the {kind} file ends early", reason=Reason.TRUNCATED, hint="get the file again")


def exif_orientation(exif: bytes) -> int:
    """The orientation, 1 to 8, in an EXIF block; 1 where it has none or is damaged.

    Read here because Pillow's reader of the whole block warns about any damage in it.
    """
    tiff = exif.removeprefix(b"Exif\x00\x00")
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for at in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind, value = struct.unpack_from(f"{order}HH4xH", tiff, at)
            if (tag, kind) == (0x0112, 3):
                return value if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1
