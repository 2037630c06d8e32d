"""Encoding loses nothing that it promises to keep, and gives the same bytes each time."""

import io

import numpy as np
import pytest
from PIL import Image
from support.odd_pictures import drawn

from lcpipe.pipeline.dataset.decode import decode, decode_line
from lcpipe.pipeline.dataset.encode import encode_color, encode_line

LINE = np.where(drawn(64, 48)[..., 0] % 50 < 8, drawn(64, 48)[..., 1], 255).astype(np.uint8)


def test_jpeg_keeps_every_color_sample():
    data, extension = encode_color(drawn(64, 48))
    assert extension == ".jpg"
    assert Image.open(io.BytesIO(data)).layer == [(1, 1, 1, 0), (2, 1, 1, 1), (3, 1, 1, 1)]
    assert np.abs(decode(data).pixels.astype(int) - drawn(64, 48)).mean() < 2


def test_jpeg_quality_is_that_of_the_recipe():
    sizes = [len(encode_color(drawn(64, 48), quality=quality)[0]) for quality in (50, 80, 95)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2]


def test_webp_is_lossless():
    data, extension = encode_color(drawn(64, 48), codec="webp")
    assert extension == ".webp"
    np.testing.assert_array_equal(decode(data).pixels, drawn(64, 48))


@pytest.mark.parametrize("line", [LINE, np.full((16, 16), 255, np.uint8), np.zeros((1, 1), np.uint8), LINE[::2, ::3]])
def test_lines_are_gray_pngs_without_loss(line):
    data = encode_line(line)
    assert Image.open(io.BytesIO(data)).mode == "L"
    np.testing.assert_array_equal(decode_line(data), line)


def test_the_same_pixels_give_the_same_bytes():
    for codec in ("jpeg", "webp"):
        assert encode_color(drawn(), codec) == encode_color(drawn().copy(), codec)
    assert encode_line(LINE) == encode_line(np.asfortranarray(LINE))


@pytest.mark.parametrize("wrong", [drawn().astype(np.float32), drawn()[..., 0], drawn()[..., :2], drawn()[:0]])
def test_other_shapes_and_dtypes_are_refused(wrong):
    with pytest.raises(ValueError, match=r"needs uint8 \(H, W, 3\)"):
        encode_color(wrong)


def test_a_line_has_one_channel():
    with pytest.raises(ValueError, match=r"needs uint8 \(H, W\)"):
        encode_line(drawn())


def test_an_unknown_codec_names_the_known_ones():
    with pytest.raises(ValueError, match="jpeg and webp"):
        encode_color(drawn(), codec="gif")
