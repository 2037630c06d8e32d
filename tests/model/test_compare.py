"""Two evaluations side by side: which is better, and is it sure."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from support.small_model import make_small_model
from support.tiny_dataset import make_tiny_dataset

from lcpipe.model.bradley_terry import estimate
from lcpipe.model.compare import compare, tally
from lcpipe.model.differences import Difference
from lcpipe.model.evaluate import evaluate
from lcpipe.pipeline.dataset.errors import LcpipeError

PROTOCOL = """
name = "quick"
version = 1
seed = 7
splits = ["test"]
n = 6
point_px = 4
crop_px = 64
hints = [0, 4]
metrics = ["psnr", "hint_delta_e"]
bootstrap = { draws = 50 }
grid = { rows = 1, hints = [0], cell_px = 48, line_art = 0 }
"""


@pytest.fixture(scope="module")
def evaluations(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    top = tmp_path_factory.mktemp("compare")
    dataset = make_tiny_dataset(top / "dataset", lines=("xdog_03",), splits={"train": 2, "test": 6})
    (top / "quick.toml").write_text(PROTOCOL)
    places = []
    for seed in (0, 1):
        model = make_small_model(top / f"{seed}.safetensors", seed=seed)
        evaluate(model, str(dataset), str(top / str(seed)), protocol=str(top / "quick.toml"))
        places.append(top / str(seed))
    return places[0], places[1]


def changed(place: Path, to: Path, by: float, only: int = 1000) -> Path:
    """The same evaluation with another PSNR on the first pictures."""
    document = json.loads((place / "evaluation.json").read_text())
    for group in document["groups"]:
        for number, picture in enumerate(group["pictures"]):
            for values in picture["values"].values():
                values["psnr"] += by * (1 + number / 10) if number < only else 0
        for level in group["levels"]:
            level["means"]["psnr"]["mean"] += by
    to.mkdir()
    (to / "evaluation.json").write_text(json.dumps(document))
    return to


def found(differences: Sequence[Difference], value: str) -> list[Difference]:
    return [each for each in differences if each.value == value and each.lines == "xdog_03"]


def test_an_evaluation_equals_itself(evaluations: tuple[Path, Path]) -> None:
    differences = compare(str(evaluations[0]), str(evaluations[0])).differences
    assert {each.verdict for each in differences} == {"equal"}
    assert tally(differences)["equal"] == len(differences)


def test_a_model_that_is_better_on_every_picture_is_surely_better(
    evaluations: tuple[Path, Path], tmp_path: Path
) -> None:
    better = changed(evaluations[0], tmp_path / "better", 3)
    for order, verdict in (((evaluations[0], better), "B"), ((better, evaluations[0]), "A")):
        for each in found(compare(*map(str, order)).differences, "psnr"):
            assert each.verdict == verdict
            assert abs(each.difference) == pytest.approx(3 * 1.25, abs=1e-4)
            assert each.low <= each.difference <= each.high


def test_one_picture_makes_nobody_sure(evaluations: tuple[Path, Path], tmp_path: Path) -> None:
    lucky = changed(evaluations[0], tmp_path / "lucky", 3, only=1)
    assert {each.verdict for each in found(compare(str(evaluations[0]), str(lucky)).differences, "psnr")} == {
        "not sure"
    }


def test_few_pictures_make_nobody_sure(evaluations: tuple[Path, Path], tmp_path: Path) -> None:
    """The authentic lines are of one picture, whose interval has no width at all."""
    better = changed(evaluations[0], tmp_path / "better", 3)
    few = [each for each in compare(str(evaluations[0]), str(better)).differences if each.lines == "authentic"]
    assert {each.verdict for each in few if each.value == "psnr"} == {"not sure"}
    assert {each.n for each in few} == {1}


def test_the_lower_colour_difference_is_the_better_one(evaluations: tuple[Path, Path]) -> None:
    for each in found(compare(*map(str, evaluations)).differences, "hint_delta_e_mean"):
        if each.verdict in ("A", "B"):
            assert (each.a < each.b) == (each.verdict == "A")


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("dataset", "digest"), "f" * 64, "digest"),
        (("protocol", "seed"), 8, "seed"),
        (("protocol", "hints"), [0], "hints"),
        (("protocol", "version"), 2, "the version of protocol quick: 1 and 2"),
    ],
)
def test_what_cannot_be_compared_is_refused_and_named(
    evaluations: tuple[Path, Path], tmp_path: Path, path: tuple[str, str], value: Any, says: str
) -> None:
    document = json.loads((evaluations[1] / "evaluation.json").read_text())
    document[path[0]][path[1]] = value
    (tmp_path / "other.json").write_text(json.dumps(document))
    with pytest.raises(LcpipeError, match=f"differ in {says}"):
        compare(str(evaluations[0]), str(tmp_path / "other.json"))


def test_values_of_other_weights_are_named_and_the_rest_compared(
    evaluations: tuple[Path, Path], tmp_path: Path
) -> None:
    document = json.loads((evaluations[1] / "evaluation.json").read_text())
    document["metrics"]["psnr"]["weights"] = [{"name": "a.pth", "sha256": "f" * 64}]
    (tmp_path / "other.json").write_text(json.dumps(document))
    comparison = compare(str(evaluations[0]), str(tmp_path / "other.json"))
    assert {each.value for each in comparison.differences} >= {"hint_delta_e_mean"}
    assert "psnr" not in {each.value for each in comparison.differences}
    assert comparison.notes == ["psnr is left out: each evaluation has other files of weights for it"]


def test_sets_of_other_pictures_are_not_compared_and_other_programs_are_named(
    evaluations: tuple[Path, Path], tmp_path: Path
) -> None:
    document = json.loads((evaluations[1] / "evaluation.json").read_text())
    document["environment"]["lcpipe"] = "99.0"
    for group in document["groups"]:
        group["pictures"] = group["pictures"][1:] if group["lines"] == "xdog_03" else group["pictures"]
        for picture in group["pictures"]:
            for values in picture["values"].values():
                del values["psnr"]  # as of a value that only sets have
    (tmp_path / "other.json").write_text(json.dumps(document))
    comparison = compare(str(evaluations[0]), str(tmp_path / "other.json"))
    assert {each.lines for each in comparison.differences if each.value == "psnr"} == {"authentic"}
    assert {each.n for each in found(comparison.differences, "hint_delta_e_mean")} == {5}
    (pictures, programs) = comparison.notes
    assert pictures.startswith("xdog_03: A has 6 pictures, B 5, both 5;")
    assert "and 99.0" in programs


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"groups": 1, "metrics": {}, "format": 2}', '{"format": 1}'])
def test_what_is_no_evaluation_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "evaluation.json").write_text(text)
    with pytest.raises(LcpipeError, match="evaluation"):
        compare(str(tmp_path), str(tmp_path))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("dataset",), None),
        (("model",), {}),
        (("pictures",), None),
        (("groups", 0), 1),
        (("groups", 0, "levels", 0), {}),
        (("groups", 0, "pictures", 0, "values"), {}),
        (("groups", 0, "pictures", 0, "values", "4", "psnr"), "12"),
        (("groups", 0, "pictures", 0, "values", "4", "psnr"), float("nan")),
        (("metrics", "psnr", "values", 0, "better"), "sideways"),
    ],
)
def test_an_evaluation_that_was_edited_is_refused_and_the_key_named(
    evaluations: tuple[Path, Path], tmp_path: Path, path: tuple[Any, ...], value: Any
) -> None:
    document = json.loads((evaluations[0] / "evaluation.json").read_text())
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    (tmp_path / "evaluation.json").write_text(json.dumps(document))
    with pytest.raises(LcpipeError, match=f"damaged evaluation: {path[0]}"):
        compare(str(evaluations[0]), str(tmp_path))


def test_the_estimate_of_votes_is_the_logit_of_their_share() -> None:
    assert estimate(10, 10).strength == 0
    assert estimate(5, 40).low > 0
    assert estimate(40, 5).high < 0
    few, many = estimate(2, 4), estimate(200, 400)
    assert few.low < 0 < many.low
    assert estimate(0, 12).strength < 4
    assert estimate(3, 3, 20).preferred == 0.5
