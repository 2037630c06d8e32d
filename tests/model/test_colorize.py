"""Painting files: names are checked before any work, results appear whole, nothing is overwritten unasked."""

import io
import json
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from support.small_model import make_small_model

from lcpipe.model.colorize import Job, colorize, plan_jobs, shipped_model
from lcpipe.pipeline.dataset.errors import LcpipeError, UsageError, WeightsError

HINTS = {"strokes": [{"kind": "point", "color": "#ff0000", "size": 30, "points": [[30, 20]]}]}


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(make_small_model(tmp_path / "model.safetensors"))


def draw(path: Path, width: int = 70, height: int = 50, mode: str = "L") -> str:
    line = np.full((height, width), 255, np.uint8)
    line[height // 2] = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(line).convert(mode).save(path)
    return str(path)


def pixels(path: Path) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(path.read_bytes())))


@pytest.mark.parametrize(("name", "mode"), [("a.png", "L"), ("a.jpg", "RGB"), ("a.webp", "RGBA"), ("a.png", "P")])
def test_a_drawing_of_any_format_becomes_a_png_of_its_size(name: str, mode: str, model: str, tmp_path: Path) -> None:
    drawing = draw(tmp_path / name, mode=mode)
    jobs = colorize([drawing], str(tmp_path / "deep" / "out.png"), model=model)
    assert jobs == [Job(drawing, str(tmp_path / "deep" / "out.png"))]
    assert pixels(tmp_path / "deep" / "out.png").shape == (50, 70, 3)


def test_several_drawings_go_into_a_folder_under_their_names(model: str, tmp_path: Path) -> None:
    drawings = [draw(tmp_path / "a.png"), draw(tmp_path / "b.jpg", 33, 17)]
    seen: list[Job] = []
    colorize(drawings, str(tmp_path / "out"), model=model, on_painted=seen.append)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "b.png"]
    assert pixels(tmp_path / "out" / "b.png").shape == (17, 33, 3)
    assert [job.drawing for job in seen] == drawings


def test_hints_change_what_is_painted(model: str, tmp_path: Path) -> None:
    drawing = draw(tmp_path / "a.png")
    (tmp_path / "hints.json").write_text(json.dumps(HINTS))
    colorize([drawing], str(tmp_path / "plain.png"), model=model)
    colorize([drawing], str(tmp_path / "hinted.png"), model=model, hints=str(tmp_path / "hints.json"))
    assert (pixels(tmp_path / "plain.png") != pixels(tmp_path / "hinted.png")).any()


def test_nothing_is_overwritten_unasked(model: str, tmp_path: Path) -> None:
    drawing = draw(tmp_path / "a.png")
    (tmp_path / "out.png").write_bytes(b"mine")
    with pytest.raises(UsageError, match="there is a file already"):
        colorize([drawing], str(tmp_path / "out.png"), model=model)
    assert (tmp_path / "out.png").read_bytes() == b"mine"
    colorize([drawing], str(tmp_path / "out.png"), model=model, overwrite=True)
    assert pixels(tmp_path / "out.png").shape == (50, 70, 3)


def test_a_drawing_is_never_replaced_by_its_picture(model: str, tmp_path: Path) -> None:
    drawing = draw(tmp_path / "a.png")
    for out in (drawing, str(tmp_path)):
        with pytest.raises(UsageError, match="would replace its drawing"):
            colorize([drawing], out, model=model, overwrite=True)


def test_a_broken_drawing_does_not_keep_the_others_from_being_painted(model: str, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    drawings = [str(tmp_path / "broken.png"), draw(tmp_path / "a.png"), str(tmp_path / "absent.png")]
    with pytest.raises(LcpipeError, match="2 of 3 drawings could not be painted.*broken.png"):
        colorize(drawings, str(tmp_path / "out"), model=model)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.png"]


def test_what_is_wrong_with_the_only_drawing_is_said_with_its_name(model: str, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(LcpipeError, match="not a picture.*broken.png"):
        colorize([str(tmp_path / "broken.png")], str(tmp_path / "out.png"), model=model)


@pytest.mark.parametrize(
    ("drawings", "out", "message"),
    [
        (["a.png"], "out.jpg", "written as PNG"),
        (["a.png", "b.png"], "out.png", "several drawings cannot go into one file"),
        (["x/a.png", "y/a.jpg"], "out", "x/a.png and y/a.jpg would have one name"),
    ],
)
def test_names_that_cannot_be_are_refused(drawings: list[str], out: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        plan_jobs(drawings, out)


@pytest.mark.parametrize("out", ["pictures", "pictures/", "pictures.v2/"])
def test_a_folder_takes_one_drawing_too(out: str) -> None:
    assert plan_jobs(["x/a.jpg"], out) == [Job("x/a.jpg", out.rstrip("/") + "/a.png")]


def test_hints_belong_to_one_drawing(model: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="hints belong to one drawing"):
        colorize(["a.png", "b.png"], str(tmp_path / "out"), model=model, hints="hints.json")


def test_without_a_shipped_model_training_is_advised(tmp_path: Path) -> None:
    if any((resources.files("lcpipe.manifests") / "models").glob("*.safetensors")):  # type: ignore[attr-defined]
        assert Path(shipped_model()).is_file()
    else:
        with pytest.raises(WeightsError, match="lcpipe train"):
            colorize([draw(tmp_path / "a.png")], str(tmp_path / "out.png"))
