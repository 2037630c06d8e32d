"""Makes encoded pictures of every kind that crawls bring home, the ordinary and the hostile."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image, ImageCms

_P3 = {b"rXYZ": (0.51512, 0.2412, -0.00105), b"gXYZ": (0.29198, 0.69225, 0.04189), b"bXYZ": (0.1571, 0.06657, 0.78407)}


def drawn(width: int = 48, height: int = 32) -> np.ndarray:
    """A picture whose corners and sides all differ: uint8 (height, width, 3)."""
    y, x = np.mgrid[0:height, 0:width]
    red, green = 255 * x // max(1, width - 1), 255 * y // max(1, height - 1)
    blue = np.where((x - width / 3) ** 2 + (y - height / 3) ** 2 < (height / 4) ** 2, 230, 40)
    return np.stack([red, green, blue], axis=-1).astype(np.uint8)


def encoded(image: Image.Image | np.ndarray, format: str, **options: Any) -> bytes:
    """A picture as the bytes of a file, written by Pillow."""
    file = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(file, format=format, **options)
    return file.getvalue()


def png(width: int, height: int, bits: int, color_type: int, rows: bytes, *extra: tuple[bytes, bytes]) -> bytes:
    """A PNG made by hand: what Pillow would not write."""
    header = struct.pack(">IIBBBBB", width, height, bits, color_type, 0, 0, 0)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


def deep_png(pixels: np.ndarray) -> bytes:
    """uint16 (H, W) or (H, W, 2 to 4: grey and alpha, colour, colour and alpha) as a 16-bit PNG."""
    height, width = pixels.shape[:2]
    color_type = {1: 0, 2: 4, 3: 2, 4: 6}[pixels.reshape(height, width, -1).shape[2]]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    return png(width, height, 16, color_type, rows)


def bombs() -> dict[str, bytes]:
    """Small files whose headers claim 50,000 x 50,000 pixels, or as many as the format can say."""
    jpeg = bytearray(encoded(drawn(), "JPEG"))
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = struct.pack(">HH", 50_000, 50_000)
    webp = b"VP8X" + struct.pack("<IB3x", 10, 0) + (49_999).to_bytes(3, "little") * 2
    lossless = b"VP8L" + struct.pack("<IB", 5, 0x2F) + struct.pack("<I", 16_383 | 16_383 << 14) + bytes(40)
    gif = b"GIF89a" + struct.pack("<HH", 50_000, 50_000) + b"\0\0\0" + b"," + bytes(4)
    bmp = bytearray(encoded(drawn(), "BMP"))
    bmp[18:26] = struct.pack("<ii", 50_000, 50_000)
    return {
        "PNG": png(50_000, 50_000, 8, 2, bytes(100)),
        "JPEG": bytes(jpeg),
        "WEBP": b"RIFF" + struct.pack("<I", len(webp) + 4) + b"WEBP" + webp,
        "WEBP lossless": b"RIFF" + struct.pack("<I", len(lossless) + 4) + b"WEBP" + lossless,
        "GIF": gif + struct.pack("<HH", 50_000, 50_000) + b"\0\x02\x02\x44\x01\0;",
        "BMP": bytes(bmp),
    }


def srgb_profile() -> bytes:
    """The profile that changes nothing."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def display_p3_profile() -> bytes:
    """The sRGB profile with the primaries of Display P3, whose colours reach further."""
    profile = bytearray(srgb_profile())
    (count,) = struct.unpack_from(">I", profile, 128)
    for entry in range(132, 132 + 12 * count, 12):
        name, at, _ = struct.unpack_from(">4sII", profile, entry)
        if name in _P3:
            struct.pack_into(">3i", profile, at + 8, *(round(65536 * value) for value in _P3[name]))
    return bytes(profile)


def exif(orientation: int) -> bytes:
    """An EXIF block that says nothing but the orientation."""
    block = Image.Exif()
    block[0x0112] = orientation
    return block.tobytes()
