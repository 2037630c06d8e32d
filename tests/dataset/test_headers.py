"""What a file's first bytes tell, before anything is decoded."""

import pytest
from support.odd_pictures import bombs, drawn, encoded, exif, png

from lcpipe.pipeline.dataset.errors import PictureError
from lcpipe.pipeline.dataset.headers import check_whole, claimed_size, exif_orientation, format_of


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000"])
def test_formats_are_known_by_their_bytes(name):
    data = encoded(drawn(), name)
    assert format_of(data) == name
    check_whole(name, data)
    assert format_of(data[:3]) in (None, "JPEG")


@pytest.mark.parametrize("data", [b"", b"BM", b"BM" + bytes(40), b"RIFF1234WAVE", b"<svg>", b"GIF88a", bytes(64)])
def test_other_bytes_have_no_format(data):
    assert format_of(data) is None


@pytest.mark.parametrize(
    ("options", "size"), [({}, (48, 32)), ({"lossless": True}, (48, 32)), ({"exif": exif(6)}, (48, 32))]
)
def test_the_size_of_every_kind_of_webp(options, size):
    assert claimed_size("WEBP", encoded(drawn(), "WEBP", **options)) == size
    assert claimed_size("PNG", encoded(drawn(), "PNG")) is None
    assert claimed_size("WEBP", bombs()["WEBP"][:20]) is None


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientations(orientation):
    block = exif(orientation)
    assert exif_orientation(block) == exif_orientation(b"Exif\0\0" + block.removeprefix(b"Exif\0\0")) == orientation


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_orientations_that_do_not_exist(value):
    assert exif_orientation(exif(value)) == 1


def test_a_chunk_with_a_wrong_checksum_is_named():
    data = bytearray(png(1, 1, 8, 0, b"\0\0", (b"gAMA", b"\0\0\0\1")))
    whole = bytes(data)
    data[-16] ^= 1
    with pytest.raises(PictureError, match="chunk IDAT at byte 49"):
        check_whole("PNG", bytes(data))
    ancillary = bytearray(whole)
    ancillary[43] ^= 1
    check_whole("PNG", bytes(ancillary))
