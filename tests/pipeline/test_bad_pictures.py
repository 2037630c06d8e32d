"""Every bad picture ends in the drop table with its reason, every odd one in the dataset, and nothing is lost."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from support.pictures import run_build, write_pictures, write_recipe
from support.tiny_dataset import draw_picture

from lcpipe.pipeline.asks import AUTHENTIC, COLOR, asks
from lcpipe.pipeline.cells import read_cells
from lcpipe.pipeline.dataset.canonical import sha256_hex
from lcpipe.pipeline.dataset.errors import LcpipeError, PictureError
from lcpipe.pipeline.dataset.reading import Dataset, open_dataset
from lcpipe.pipeline.pixels import Original, read_original
from lcpipe.pipeline.recipe import read_recipe
from lcpipe.pipeline.render import RenderJob, Wanted


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and has almost no data: a decompression bomb's first bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b"")
    )


def write_odd_pictures(folder: Path) -> None:
    """Pictures of unusual kinds that are to be kept."""
    pictures = [Image.fromarray(draw_picture(9, str(number), 96)[0]) for number in range(7)]
    deep = np.asarray(pictures[0]).astype(np.uint16) * 257
    cv2.imwrite(str(folder / "sixteen_bits.png"), deep[..., ::-1])
    pictures[1].convert("CMYK").save(folder / "cmyk.jpg", quality=95)
    pictures[2].quantize(64).save(folder / "palette.png")
    frames = [pictures[3], pictures[4]]
    frames[0].save(folder / "animated.gif", save_all=True, append_images=frames[1:], duration=100)
    exif = Image.Exif()
    exif[274] = 6
    wide = pictures[5].resize((128, 96))
    wide.save(folder / "turned.jpg", exif=exif, quality=95)
    pictures[6].save(folder / "really_a.jpg", format="PNG")
    pictures[6].transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(folder / "still.webp", lossless=True)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("bad")
    pictures = folder / "pictures"
    good = write_pictures(pictures, 2)
    write_odd_pictures(pictures)
    (pictures / "zero.png").write_bytes(b"")
    (pictures / "text.png").write_text("<html>not found</html>")
    (pictures / "cut.png").write_bytes(good[0].read_bytes()[:-300])
    data = good[1].read_bytes()
    (pictures / "garbled.png").write_bytes(data[:200] + bytes(200) + data[400:])
    (pictures / "bomb.png").write_bytes(png_header(60_000, 60_000))
    cv2.imwrite(str(pictures / "pixel.png"), np.full((1, 1, 3), 90, np.uint8))
    cv2.imwrite(str(pictures / "wide.png"), np.full((40, 30_000, 3), 90, np.uint8))
    report = run_build(write_recipe(folder, filters={"min_side": {"px": 32}, "aspect": {}}))
    return open_dataset(report.packed.root)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("zero.png", "not_an_image"),
        ("text.png", "not_an_image"),
        ("cut.png", "truncated"),
        ("garbled.png", "decode_failed"),
        ("bomb.png", "too_many_pixels"),
        ("pixel.png", "min_side"),
        ("wide.png", "aspect"),
    ],
)
def test_bad_pictures_have_their_reason(dataset: Dataset, name: str, reason: str) -> None:
    drops = {row["refs"][0]["native_id"]: row for row in dataset.drops().to_pylist()}
    assert drops[name]["reason"] == reason
    assert drops[name]["stage"] == ("select" if reason in ("min_side", "aspect") else "measure")


def test_nothing_else_is_dropped(dataset: Dataset) -> None:
    assert dataset.manifest["counts"]["dropped"] == 7
    assert dataset.manifest["counts"]["kept"] == 2 + 7


def test_odd_pictures_are_upright_and_in_colour(dataset: Dataset) -> None:
    rows = {r["refs"][0]["native_id"]: r for s in dataset.splits("pairs") for r in dataset.rows("pairs", s)}
    assert (rows["turned.jpg"]["original_width"], rows["turned.jpg"]["original_height"]) == (96, 128)
    assert (rows["turned.jpg"]["width"], rows["turned.jpg"]["height"]) == (48, 64)
    assert all(rows[name]["line_xdog_03"] for name in ("sixteen_bits.png", "cmyk.jpg", "palette.png", "animated.gif"))


def test_a_file_that_vanishes_or_changes_between_stages(tmp_path: Path) -> None:
    files = write_pictures(tmp_path / "pictures", 5)
    recipe = write_recipe(tmp_path)
    run_build(recipe, until="crawl")
    stat = files[0].stat()
    changed = bytearray(files[0].read_bytes())
    changed[-20] ^= 1
    files[0].write_bytes(bytes(changed))
    import os

    os.utime(files[0], ns=(stat.st_atime_ns, stat.st_mtime_ns))
    report = run_build(recipe)
    (drop,) = open_dataset(report.packed.root).drops().to_pylist()
    assert (drop["reason"], drop["stage"]) == ("source_changed", "measure")
    files[0].touch()
    assert run_build(recipe, until="select").selection.reasons() == {"decode_failed": 1}


def test_a_picture_without_lines_is_dropped_as_blank(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", 2)
    cv2.imwrite(str(tmp_path / "pictures" / "flat.png"), np.full((96, 96, 3), (200, 90, 30), np.uint8))
    report = run_build(write_recipe(tmp_path))
    (drop,) = open_dataset(report.packed.root).drops().to_pylist()
    assert (drop["reason"], drop["stage"], drop["refs"][0]["native_id"]) == ("line_blank", "render", "flat.png")


def test_a_strip_too_long_for_its_target_size_is_dropped(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", 2)
    strip = np.random.default_rng(0).integers(0, 255, (2, 3000, 3)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "pictures" / "strip.png"), strip)
    report = run_build(write_recipe(tmp_path))
    (drop,) = open_dataset(report.packed.root).drops().to_pylist()
    assert (drop["reason"], drop["stage"], drop["detail"]) == (
        "too_many_pixels",
        "render",
        "at the target size it would be 72000x48 pixels",
    )


def test_a_drop_names_no_place_of_this_machine(tmp_path: Path) -> None:
    (file, *_) = write_pictures(tmp_path / "pictures", 2)
    with pytest.raises(PictureError) as caught:
        read_original(Original("0" * 64, str(file.with_name("gone.png")), None))
    assert caught.value.reason == "source_changed"
    assert str(tmp_path) not in caught.value.what


def test_a_drawing_that_vanishes_is_looked_for_again(tmp_path: Path) -> None:
    (file,) = write_pictures(tmp_path, 1)
    data = file.read_bytes()
    picture = Original(sha256_hex(data), str(file), None)
    partner = Original(sha256_hex(b"drawing"), str(tmp_path / "gone.png"), None)
    recipe = read_recipe(write_recipe(tmp_path))
    job = RenderJob(str(tmp_path / "cells"), asks(recipe))
    assert job.run((Wanted(picture, (COLOR, AUTHENTIC), partner),))[2] == {}
    cells = read_cells(str(tmp_path / "cells"), [ask.key for ask in job.asks.values()])
    assert set(cells) == {(job.asks[COLOR].key, picture.id)}


def test_nothing_is_packed_when_every_picture_was_lost(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    cv2.imwrite(str(tmp_path / "pictures" / "flat.png"), np.full((96, 96, 3), 200, np.uint8))
    with pytest.raises(LcpipeError, match="1 by line_blank"):
        run_build(write_recipe(tmp_path))
    assert not (tmp_path / "out").exists()
