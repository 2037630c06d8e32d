"""`extract-lines`: files and folders in, drawings out, results kept, failures named."""

import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from support.odd_pictures import deep_png, encoded
from support.pictures import write_pictures

from lcpipe.pipeline.dataset.decode import decode
from lcpipe.pipeline.dataset.errors import PictureError, RecipeError, StorageError, UsageError
from lcpipe.pipeline.drawing_notes import note_of
from lcpipe.pipeline.engine import Engine
from lcpipe.pipeline.extract import Extracted, checked_device, extract, method, planned
from lcpipe.pipeline.extract_job import ExtractJob, drawn
from lcpipe.pipeline.extract_sheet import LABEL_PX, TILE_PX, compare, shown_methods
from lcpipe.pipeline.progress import Reporter


def run(inputs: list[Path], out: Path, *sets: str, overwrite: bool = False, **more: int) -> Extracted:
    how = method("xdog", sets, None, **more)
    with Engine(1) as engine:
        return extract(
            [str(i) for i in inputs], str(out), how, overwrite=overwrite, engine=engine, reporter=Reporter(-1)
        )


def test_folders_keep_their_names_and_bad_pictures_are_named(tmp_path: Path) -> None:
    write_pictures(tmp_path / "in" / "deep", 2)
    write_pictures(tmp_path / "in", 1, seed=1, suffix=".jpg")
    (tmp_path / "in" / "broken.png").write_bytes(b"no picture")
    done = run([tmp_path / "in"], tmp_path / "out")
    assert (done.written, done.kept) == (3, 0)
    assert [(Path(source).name, reason) for source, reason, _ in done.failed] == [("broken.png", "not_an_image")]
    names = sorted(str(f.relative_to(tmp_path / "out")) for f in (tmp_path / "out").rglob("*.png"))
    assert names == ["1-000.png", "deep/0-000.png", "deep/0-001.png"]
    line = cv2.imread(str(tmp_path / "out" / "1-000.png"), cv2.IMREAD_UNCHANGED)
    assert (line.shape, line.dtype, line.max()) == ((96, 96), np.uint8, 255)


def test_results_are_kept_unless_told_otherwise(tmp_path: Path) -> None:
    write_pictures(tmp_path / "in", 2)
    run([tmp_path / "in"], tmp_path / "out")
    file = tmp_path / "out" / "0-000.png"
    file.write_bytes(b"mine")
    assert run([tmp_path / "in"], tmp_path / "out") == Extracted(0, 2, ())
    assert file.read_bytes() == b"mine"
    assert run([tmp_path / "in"], tmp_path / "out", overwrite=True) == Extracted(2, 0, ())
    assert file.read_bytes() != b"mine"


def test_drawings_of_another_way_are_neither_kept_nor_replaced_in_silence(tmp_path: Path) -> None:
    write_pictures(tmp_path / "in", 2)
    run([tmp_path / "in"], tmp_path / "out", "sigma=0.3")
    before = {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}
    for more in ({"seed": 1}, {"size": 64}, {"oversample": 1}):
        with pytest.raises(UsageError, match="2 of the drawings there were drawn in another way"):
            run([tmp_path / "in"], tmp_path / "out", "sigma=0.3", **more)
    with pytest.raises(UsageError, match="another way"):
        run([tmp_path / "in"], tmp_path / "out", "sigma=0.9")
    assert {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()} == before
    assert run([tmp_path / "in"], tmp_path / "out", "sigma=0.9", overwrite=True) == Extracted(2, 0, ())


def test_a_drawing_says_how_it_was_drawn_and_is_the_same_picture(tmp_path: Path) -> None:
    (file,) = write_pictures(tmp_path / "in", 1)
    run([file], tmp_path / "out", "sigma=0.3", "phi={choice = [1.0, 9.0]}", seed=4)
    target = tmp_path / "out" / file.name
    note = note_of(str(target))
    assert note is not None
    assert note["method"]["extractor"] == "xdog"
    assert note["method"]["settings"]["sigma"] == 0.3
    assert note["drawn_with"]["phi"] in (1.0, 9.0)
    assert note["picture_sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    with Image.open(target) as picture:
        assert json.loads(picture.text["lcpipe"]) == note
        lines = np.asarray(picture)
    how = method("xdog", ("sigma=0.3", f"phi={note['drawn_with']['phi']}"), None)
    np.testing.assert_array_equal(lines, drawn(decode(file.read_bytes()).pixels, note["picture_sha256"], how))


@pytest.mark.parametrize("data", [b"", b"mine", b"\x89PNG", bytes(60), bytes(33) + b"\xff\xff\xff\xfftEXtlcpipe\0{"])
def test_files_without_a_note_have_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file.png").write_bytes(data)
    assert note_of(str(tmp_path / "file.png")) is None


def test_drawings_within_the_folder_of_pictures_are_not_drawn_again(tmp_path: Path) -> None:
    write_pictures(tmp_path / "in", 2)
    assert run([tmp_path / "in"], tmp_path / "in" / "lines") == Extracted(2, 0, ())
    assert run([tmp_path / "in"], tmp_path / "in" / "lines") == Extracted(0, 2, ())


def test_a_folder_in_the_place_of_a_drawing_is_no_drawing(tmp_path: Path) -> None:
    (file,) = write_pictures(tmp_path / "in", 1)
    (tmp_path / "out" / file.name).mkdir(parents=True)
    with pytest.raises(StorageError, match="directory"):
        run([file], tmp_path / "out")


def test_no_drawing_takes_the_place_of_a_picture(tmp_path: Path) -> None:
    files = write_pictures(tmp_path / "in" / "deep", 2)
    before = files[0].read_bytes()
    for inputs, out in (([tmp_path / "in"], "in"), ([files[0]], "in/deep"), ([files[1], files[0]], "in/../in/deep")):
        with pytest.raises(UsageError, match="the pictures themselves|would replace the picture"):
            run(inputs, tmp_path / out, overwrite=True)
    (tmp_path / "link").symlink_to(tmp_path / "in")
    for one, out in ((tmp_path / "in", "link"), (files[0], "link/deep")):
        with pytest.raises(UsageError, match="the pictures themselves|would replace the picture"):
            run([one], tmp_path / out, overwrite=True)
    assert files[0].read_bytes() == before


def test_the_size_is_that_of_the_short_side(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "wide.png"), np.random.default_rng(0).integers(0, 255, (50, 100, 3), np.uint8))
    run([tmp_path / "wide.png"], tmp_path / "out", size=80)
    assert cv2.imread(str(tmp_path / "out" / "wide.png"), cv2.IMREAD_UNCHANGED).shape == (80, 160)


def test_a_size_that_no_picture_may_have_fails_that_picture_alone(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, shape in {"strip": (1, 2000, 3), "square": (40, 40, 3)}.items():
        cv2.imwrite(str(tmp_path / "in" / f"{name}.png"), np.full(shape, 90, np.uint8))
    done = run([tmp_path / "in"], tmp_path / "out", size=256)
    assert done.written == 1
    assert [(Path(name).stem, reason) for name, reason, _ in done.failed] == [("strip", "too_many_pixels")]


@pytest.mark.parametrize("shape", [(1, 1), (300, 20_000), (1, 500)])
@pytest.mark.parametrize("value", [0, 255])
def test_flat_pictures_of_any_shape_become_white_paper(shape: tuple[int, int], value: int) -> None:
    lines = drawn(np.full((*shape, 3), value, np.uint8), "record", method("xdog", (), None))
    assert lines.shape == shape
    assert lines.min() == 255


def test_files_of_every_kind_are_drawn_as_their_picture_is(tmp_path: Path) -> None:
    """Transparent, deep, palette and grey files of one picture give one drawing."""
    ring = np.full((60, 70, 3), 255, np.uint8)
    cv2.circle(ring, (35, 30), 18, (60, 60, 60), 2)
    gray = ring[..., 0]
    ink = np.where(gray < 255, 255, 0).astype(np.uint8)
    (tmp_path / "in").mkdir()
    kinds = {
        "plain": encoded(ring, "PNG"),
        "deep": deep_png(ring.astype(np.uint16) * 257),
        "gray": encoded(gray, "PNG"),
        "palette": encoded(Image.fromarray(gray).convert("P"), "PNG"),
        "transparent": encoded(np.dstack([np.full_like(ring, 60), ink]), "PNG"),
        "pixel": encoded(ring[:1, :1], "PNG"),
    }
    for name, data in kinds.items():
        (tmp_path / "in" / f"{name}.png").write_bytes(data)
    works = tuple(planned([str(tmp_path / "in")], str(tmp_path / "out")))
    assert ExtractJob(method("xdog", ("sigma=0.4", "phi=4"), None)).run(works) == [None] * len(kinds)
    lines = {name: cv2.imread(str(tmp_path / "out" / f"{name}.png"), cv2.IMREAD_UNCHANGED) for name in kinds}
    assert (lines["pixel"] == 255).all()
    assert lines["plain"].min() < 100
    for name in kinds.keys() - {"pixel"}:
        np.testing.assert_array_equal(lines[name], lines["plain"], name)


def test_the_contact_sheet_has_every_preset(tmp_path: Path) -> None:
    files = write_pictures(tmp_path / "in", 2)
    how = method("xdog", (), None)
    shown = [name for name, _ in shown_methods(how)]
    path = compare(planned([str(file) for file in files], str(tmp_path / "out")), str(tmp_path / "out"), how)
    sheet = cv2.imread(path)
    assert sheet.shape == (LABEL_PX + 2 * TILE_PX, (1 + len(shown)) * TILE_PX, 3)
    columns = np.split(sheet[:LABEL_PX], 1 + len(shown), axis=1)
    assert all(column.min() < 128 for column in columns)  # each has its name
    assert {"xdog late", "xdog alacgan", "xdog tag2pix", "fdog late"} <= set(shown)


def test_the_contact_sheet_names_a_picture_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    works = planned([str(tmp_path / "broken.png")], str(tmp_path / "out"))
    with pytest.raises(PictureError) as caught:
        compare(works, str(tmp_path / "out"), method("xdog", (), None))
    assert caught.value.where == str(tmp_path / "broken.png")


def test_a_device_gets_batches_with_the_same_results(tmp_path: Path) -> None:
    """What feeds a GPU, fed to the CPU under another name: read ahead, together, in the order of the task."""
    files = write_pictures(tmp_path / "in", 9)
    files[4].write_bytes(b"no picture")
    works = tuple(planned([str(tmp_path / "in")], str(tmp_path / "out")))
    alone = ExtractJob(method("sketch", (), None, size=32)).run(works)
    good = [work.target for work in works if work.source != str(files[4])]
    before = [cv2.imread(target, cv2.IMREAD_UNCHANGED).astype(int) for target in good]
    together = ExtractJob(method("sketch", (), None, size=32, device="cpu:0")).run(works)
    assert together == alone
    assert [failure is not None for failure in together] == [number == 4 for number in range(9)]
    for target, line in zip(good, before, strict=True):
        assert np.abs(cv2.imread(target, cv2.IMREAD_UNCHANGED) - line).max() <= 1


@pytest.mark.parametrize("device", ["cuda:77", "gpu", ""])
def test_a_device_that_is_not_there_is_said_at_once(device: str) -> None:
    with pytest.raises(UsageError, match="cannot be used"):
        checked_device(device)


@pytest.mark.parametrize(
    ("sets", "error", "says"),
    [
        (["sigma"], UsageError, "KEY=VALUE"),
        (["sigma=0.3\nk = 2.0"], UsageError, "more than one"),
        (["sgima=0.3"], RecipeError, "did you mean 'sigma'"),
        (["sigma=0"], RecipeError, "sigma"),
        (["sigma=nan"], RecipeError, "sigma"),
        (["sigma=wide"], RecipeError, "sigma"),
    ],
)
def test_wrong_settings_are_named(sets: list[str], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        method("xdog", sets, None)


@pytest.mark.parametrize(("preset", "given"), [("late", "tau"), ("tag2pix", "p")])
def test_either_form_takes_the_place_of_a_presets_other(preset: str, given: str) -> None:
    table = method("xdog", [f"{given}=0.9"], preset).table
    assert [table.get("p"), table.get("tau")] == ([None, 0.9] if given == "tau" else [0.9, None])
    with pytest.raises(RecipeError, match="give one of them"):
        method("xdog", ["p=9", "tau=0.9"], preset)


def test_inputs_that_are_not_there_or_would_meet_are_refused(tmp_path: Path) -> None:
    write_pictures(tmp_path / "a", 1)
    write_pictures(tmp_path / "b", 1)
    with pytest.raises(UsageError, match="no such file"):
        run([tmp_path / "c"], tmp_path / "out")
    with pytest.raises(UsageError, match="two pictures would become"):
        run([tmp_path / "a", tmp_path / "b"], tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no pictures there"):
        run([tmp_path / "empty"], tmp_path / "out")
