"""The size that the first bytes of a picture claim is the size that its decoder finds."""

import io

import numpy as np
import pytest
from PIL import Image

from lcpipe.pipeline.dataset.headers import format_of
from lcpipe.pipeline.network.sizes import size_of


@pytest.mark.parametrize(
    "how",
    [
        {"format": "PNG"},
        {"format": "JPEG"},
        {"format": "JPEG", "progressive": True, "exif": b"Exif\x00\x00" + bytes(3000)},
        {"format": "GIF"},
        {"format": "BMP"},
        {"format": "WEBP"},
        {"format": "WEBP", "lossless": True},
    ],
)
def test_sizes_of_files(how: dict[str, object]) -> None:
    file = io.BytesIO()
    Image.fromarray(np.arange(37 * 53 * 3, dtype=np.uint8).reshape(37, 53, 3)).save(file, **how)
    head = file.getvalue()[:4096]
    assert size_of(str(format_of(head)), head) == (53, 37)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "AVIF", "TIFF"])
@pytest.mark.parametrize(
    "head", [b"", b"\xff\xd8\xff", b"\xff\xd8" + b"\xff" * 99, b"\xff\xd8\xff\xe0\x00\x00" * 9, bytes(20)]
)
def test_too_little_says_nothing_and_breaks_nothing(kind: str, head: bytes) -> None:
    size_of(kind, head)
