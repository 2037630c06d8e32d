"""The one decode: right pixels from every kind of file, a reason for every bad one, and never anything else."""

import io
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from support.odd_pictures import bombs, deep_png, display_p3_profile, drawn, encoded, exif, png, srgb_profile

from lcpipe.pipeline.dataset.decode import Limits, decode, decode_line
from lcpipe.pipeline.dataset.errors import PictureError

COLOR = drawn()
GRAY = cv2.cvtColor(COLOR, cv2.COLOR_RGB2GRAY)
LOSSLESS = {
    "PNG": {}, "BMP": {}, "TIFF": {"compression": "tiff_lzw"}, "WEBP": {"lossless": True},
    "JPEG2000": {"irreversible": False},
}  # fmt: skip
LOSSY = {"JPEG": {"quality": 95, "subsampling": 0}, "AVIF": {"quality": 95, "subsampling": "4:4:4"}}
VALID = {
    **{name: encoded(COLOR, name, **options) for name, options in (LOSSLESS | LOSSY).items()},
    "GIF": encoded(Image.fromarray(COLOR).quantize(32), "GIF"),
    "progressive": encoded(COLOR, "JPEG", progressive=True),
    "palette": encoded(Image.fromarray(COLOR).quantize(32), "PNG"),
    "alpha": encoded(np.dstack([COLOR, GRAY]), "PNG"),
    "deep": deep_png(COLOR.astype(np.uint16) * 257),
    "CMYK": encoded(Image.fromarray(COLOR).convert("CMYK"), "JPEG"),
}
FLIPS = st.tuples(st.floats(0, 1), st.integers(1, 255))  # where, as a share of the file, and what changes there


def reason(data: bytes, limits: Limits = Limits()) -> str:  # noqa: B008 - frozen
    with pytest.raises(PictureError) as caught:
        decode(data, limits)
    return caught.value.reason


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_formats_give_the_pixels_back(name):
    picture = decode(VALID[name])
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.flags.c_contiguous
    np.testing.assert_array_equal(picture.pixels, COLOR)
    assert (picture.facts.format, picture.facts.width, picture.facts.height) == (name, 48, 32)


@pytest.mark.parametrize("name", [*LOSSY, "progressive", "CMYK"])
def test_lossy_formats_come_close(name):
    assert np.abs(decode(VALID[name]).pixels.astype(int) - COLOR).mean() < 6


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "progressive"])
def test_pixels_are_those_of_opencv(name):
    theirs = cv2.imdecode(np.frombuffer(VALID[name], np.uint8), cv2.IMREAD_COLOR_RGB)
    np.testing.assert_array_equal(decode(VALID[name]).pixels, theirs)


@pytest.mark.parametrize("name", ["PNG", "BMP", "TIFF", "JPEG"])
def test_gray_pictures_have_three_equal_channels_and_their_own_luma(name):
    data = encoded(GRAY, name)
    picture = decode(data)
    assert picture.facts.mode == "L"
    np.testing.assert_array_equal(picture.pixels[..., 0], picture.pixels[..., 2])
    np.testing.assert_array_equal(decode_line(data), picture.pixels[..., 1])


def test_a_line_drawing_is_the_luma_of_any_picture():
    np.testing.assert_array_equal(decode_line(VALID["PNG"]), GRAY)
    assert decode_line(encoded(Image.new("RGBA", (4, 3), (0, 0, 0, 0)), "PNG")).tolist() == [[255] * 4] * 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["PNG", "WEBP", "TIFF", "JPEG", "AVIF"])
def test_pictures_are_turned_as_exif_says(name, orientation):
    data = encoded(COLOR, name, exif=exif(orientation), **(LOSSLESS | LOSSY)[name])
    picture = decode(data)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    np.testing.assert_array_equal(picture.pixels, expected)
    assert picture.facts.orientation == orientation
    assert (picture.facts.height, picture.facts.width) == picture.pixels.shape[:2]
    assert (picture.facts.height > picture.facts.width) == (orientation >= 5)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL.TiffImagePlugin")
@pytest.mark.parametrize("block", [b"", b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", exif(6)[:20], b"MM\0*" * 9])
def test_damaged_exif_leaves_a_picture_as_it_is(block):
    picture = decode(encoded(COLOR, "JPEG", exif=block))
    assert picture.facts.orientation == 1
    assert picture.pixels.shape == COLOR.shape


def test_sixteen_bits_are_rounded_to_eight():
    deep = np.arange(0, 65536, 64, dtype=np.uint16).reshape(32, 32)
    eight = np.round(deep / 257).astype(np.uint8)
    picture = decode(deep_png(deep))
    np.testing.assert_array_equal(picture.pixels[..., 0], eight)
    assert (picture.facts.bits, picture.facts.mode) == (16, "I;16")
    color = np.dstack([deep, deep[::-1], deep.T])
    np.testing.assert_array_equal(decode(deep_png(color)).pixels, np.round(color / 257).astype(np.uint8))
    assert decode(deep_png(color)).facts.bits == 16
    np.testing.assert_array_equal(decode(encoded(Image.fromarray(deep), "TIFF")).pixels[..., 1], eight)


def test_sixteen_bits_with_alpha_lie_on_white():
    gray_alpha = np.dstack([np.zeros((2, 2), np.uint16), np.array([[0, 65535], [32768, 65535]], np.uint16)])
    picture = decode(deep_png(gray_alpha))
    assert picture.pixels[..., 0].tolist() == [[255, 0], [127, 0]]
    assert picture.facts.alpha_share == 0.5
    assert decode(deep_png(np.full((2, 2, 4), 65535, np.uint16))).facts.alpha_share == 0.0


def test_transparency_lies_on_white_and_its_share_is_told():
    rgba = np.zeros((2, 4, 4), np.uint8)
    rgba[:, :, 0], rgba[0, :, 3], rgba[1, :2, 3] = 200, 255, 128
    picture = decode(encoded(rgba, "PNG"))
    assert picture.facts.alpha_share == 0.5
    np.testing.assert_array_equal(picture.pixels[0], [[200, 0, 0]] * 4)
    np.testing.assert_array_equal(picture.pixels[1, 0], [227, 127, 127])
    np.testing.assert_array_equal(picture.pixels[1, 3], [255, 255, 255])


def test_every_color_of_every_opacity_is_rounded_to_the_nearest():
    color, alpha = np.meshgrid(np.arange(256), np.arange(256))
    rgba = np.tile(np.stack([color, color[::-1], 255 - color, alpha], axis=-1).astype(np.uint8), (3, 1, 1))
    rgba[256:512, :, 3] = 255  # a strip without transparency between two with it
    exact = (rgba[..., :3] * (rgba[..., 3:] / 255)) + 255 * (1 - rgba[..., 3:] / 255)
    np.testing.assert_array_equal(decode(encoded(rgba, "PNG")).pixels, np.round(exact))


@pytest.mark.parametrize("shape", [(33, 17), (1, 1), (2500, 2000), (3000, 3001)])
def test_pictures_that_pillow_keeps_in_pieces_are_the_same(shape):
    pixels = drawn(shape[1], shape[0])
    for image in (pixels, pixels[..., 0], np.dstack([pixels, np.full(shape, 255, np.uint8)])):
        picture = decode(encoded(image, "PNG", compress_level=1))
        expected = image[..., :3] if image.ndim == 3 else np.dstack([image] * 3)
        np.testing.assert_array_equal(picture.pixels, expected)
        assert picture.pixels.flags.writeable
        assert picture.pixels.flags.owndata or picture.pixels.base.flags.owndata


@pytest.mark.parametrize(
    "image",
    [
        Image.fromarray(np.dstack([GRAY, np.zeros_like(GRAY)])),
        Image.new("RGBA", (48, 32), (9, 9, 9, 0)),
    ],
)
def test_all_of_a_transparent_picture_is_white(image):
    picture = decode(encoded(image, "PNG"))
    assert picture.facts.alpha_share == 1.0
    assert (picture.pixels == 255).all()


def test_palettes_with_transparent_entries():
    palette = Image.fromarray(np.array([[0, 1], [2, 1]], np.uint8), "P")
    palette.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    picture = decode(encoded(palette, "PNG", transparency=b"\xff\x00\x80"))
    assert picture.pixels.tolist() == [[[255, 0, 0], [255, 255, 255]], [[127, 127, 255], [255, 255, 255]]]
    assert picture.facts.alpha_share == 0.75
    assert picture.facts.mode == "P"


def test_one_bit_pictures():
    picture = decode(encoded(Image.fromarray(GRAY > 128), "PNG"))
    assert (picture.facts.bits, picture.facts.mode) == (1, "1")
    assert set(np.unique(picture.pixels)) == {0, 255}


def test_animations_show_their_first_frame():
    frames = [Image.new("RGB", (8, 6), color) for color in ((200, 0, 0), (0, 200, 0), (0, 0, 200))]
    for name, options in (("GIF", {}), ("PNG", {}), ("WEBP", {"lossless": True}), ("TIFF", {})):
        picture = decode(encoded(frames[0], name, save_all=True, append_images=frames[1:], **options))
        assert picture.facts.frames == 3, name
        assert picture.pixels.reshape(-1, 3).tolist() == [[200, 0, 0]] * 48, name


def test_a_profile_brings_its_colors_to_srgb():
    red_of_srgb = np.full((4, 4, 3), (234, 51, 35), np.uint8)
    picture = decode(encoded(red_of_srgb, "PNG", icc_profile=display_p3_profile()))
    assert picture.facts.has_icc
    assert np.abs(picture.pixels[0, 0].astype(int) - (255, 0, 0)).max() <= 3
    half = np.dstack([red_of_srgb, np.full((4, 4), 128, np.uint8)])
    with_alpha = decode(encoded(half, "PNG", icc_profile=display_p3_profile()))
    assert np.abs(with_alpha.pixels[0, 0].astype(int) - (255, 127, 127)).max() <= 3
    jpeg = decode(encoded(red_of_srgb, "JPEG", icc_profile=display_p3_profile(), quality=100, subsampling=0))
    assert np.abs(jpeg.pixels[0, 0].astype(int) - (255, 0, 0)).max() <= 3


@pytest.mark.parametrize("profile", [srgb_profile(), b"not a profile", display_p3_profile()[:300], b"\0" * 200])
def test_a_profile_of_srgb_or_of_nothing_leaves_pixels_alone(profile):
    np.testing.assert_array_equal(decode(encoded(COLOR, "PNG", icc_profile=profile)).pixels, COLOR)
    np.testing.assert_array_equal(decode(encoded(GRAY, "PNG", icc_profile=profile)).pixels[..., 0], GRAY)


def test_a_profile_of_another_color_space_is_ignored():
    data = encoded(Image.fromarray(COLOR).convert("CMYK"), "JPEG", icc_profile=display_p3_profile())
    np.testing.assert_array_equal(decode(data).pixels, decode(VALID["CMYK"]).pixels)


def test_extreme_shapes():
    assert decode(encoded(drawn(1, 1), "PNG")).pixels.shape == (1, 1, 3)
    assert decode(encoded(drawn(30_000, 8), "JPEG")).pixels.shape == (8, 30_000, 3)
    assert decode(encoded(drawn(8, 30_000), "PNG")).pixels.shape == (30_000, 8, 3)


@pytest.mark.parametrize("name", bombs())
def test_headers_that_claim_too_much_are_refused_unread(name):
    assert reason(bombs()[name]) == "too_many_pixels"


def test_limits_hold_and_their_border_is_allowed():
    data = VALID["PNG"]
    assert decode(data, Limits(max_pixels=48 * 32, max_bytes=len(data))).facts.width == 48
    assert reason(data, Limits(max_pixels=48 * 32 - 1)) == "too_many_pixels"
    assert reason(data, Limits(max_bytes=len(data) - 1)) == "too_large"


def test_no_own_limit_of_pillow_is_in_the_way():
    wide = png(20_000, 10_000, 1, 0, (b"\0" + bytes(2_500)) * 10_000)
    assert decode_line(wide, Limits(max_pixels=200_000_000)).shape == (10_000, 20_000)


@pytest.mark.parametrize("data", [b"", b"hello", b"<html>" * 99, b"%PDF-1.7", b"BM and words" * 9, b"RIFF\0\0\0\0WAVE"])
def test_what_is_no_picture(data):
    assert reason(data) == "not_an_image"


@pytest.mark.parametrize("name", VALID)
@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_cut_files_are_noticed(name, share, capfd):
    data = encoded(drawn(200, 150), "JPEG", progressive=True) if name == "progressive" else VALID[name]
    found = reason(data[: int(len(data) * share)])
    assert found == "truncated" or (found == "decode_failed" and name in ("AVIF", "JPEG2000", "TIFF"))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["PNG", "deep", "alpha", "palette"])
def test_a_png_with_one_wrong_byte_in_its_pixels_is_refused(name):
    data = bytearray(VALID[name])
    data[data.index(b"IDAT") + 20] ^= 4
    assert reason(bytes(data)) == "decode_failed"


def test_threads_decode_side_by_side():
    p3 = encoded(COLOR, "PNG", icc_profile=display_p3_profile())
    files = [*VALID.values(), p3] * 20
    alone = [decode(data).pixels for data in files]
    with ThreadPoolExecutor(8) as pool:
        together = [picture.pixels for picture in pool.map(decode, files)]
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


def test_damage_inside_is_silent_on_stderr(capfd):
    data = encoded(drawn(300, 200), "JPEG")
    middle = len(data) // 2
    damaged = data[:middle] + bytes(60) + data[middle + 60 :]
    decode(damaged)  # a JPEG has no checksum, so this may be a picture
    assert capfd.readouterr() == ("", "")


def test_bytes_behind_the_end_do_no_harm():
    for name in ("JPEG", "PNG", "WEBP", "GIF"):
        np.testing.assert_array_equal(decode(VALID[name] + b"trailing" * 50).pixels, decode(VALID[name]).pixels)


def test_floating_point_pictures_have_no_range():
    assert reason(encoded(Image.fromarray(np.zeros((4, 4), np.float32)), "TIFF")) == "decode_failed"


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@settings(max_examples=150)
@given(st.binary(max_size=400), st.sampled_from([b"", *(data[:16] for data in VALID.values())]))
def test_random_bytes_are_a_picture_or_a_reason(tail, head):
    decodes_or_says_why(head + tail)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@settings(max_examples=400)
@given(st.sampled_from(sorted(VALID)), st.lists(FLIPS, min_size=1, max_size=4))
def test_flipped_bytes_are_a_picture_or_a_reason(name, flips):
    data = bytearray(VALID[name])
    for place, change in flips:
        data[int(place * (len(data) - 1))] ^= change
    decodes_or_says_why(bytes(data))


def decodes_or_says_why(data: bytes) -> None:
    try:
        picture = decode(data)
    except PictureError as error:
        found = error.reason
    else:
        found = "a picture"
        assert picture.pixels.shape == (picture.facts.height, picture.facts.width, 3)
    assert found in {"a picture", "not_an_image", "too_many_pixels", "truncated", "decode_failed"}


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("subsampling", [0, 1, 2, "4:1:1"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_usual_jpeg_has_the_pixels_that_pillow_gives(mode: str, subsampling: int | str, progressive: bool) -> None:
    for width, height in ((1, 1), (61, 47), (64, 48)):
        noise = np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8)
        file = io.BytesIO()
        how = {"quality": 70, "progressive": progressive, "subsampling": subsampling}
        Image.fromarray(noise).convert(mode).save(file, "JPEG", **how)
        assert np.array_equal(decode(file.getvalue()).pixels, np.asarray(Image.open(file).convert("RGB")))
