"""An evaluation from a model file and a dataset to numbers and pictures: repeatable, honest about overlap."""

import hashlib
import json
from pathlib import Path
from typing import Any

import cv2
import pytest
from support.small_model import make_small_model
from support.tiny_dataset import make_tiny_dataset

from lcpipe.model.evaluate import evaluate
from lcpipe.pipeline.dataset.errors import DatasetError, RecipeError, UsageError
from lcpipe.pipeline.dataset.reading import open_dataset

PROTOCOL = """
name = "quick"
version = 1
seed = 7
splits = ["test", "validation"]
n = 3
point_px = 4
crop_px = 64
hints = [0, 4, "full"]
metrics = ["psnr", "ssim", "lpips_alex", "hint_delta_e"]
bootstrap = { draws = 50 }
grid = { rows = 2, hints = [0, 4], cell_px = 48, line_art = 1 }
"""


@pytest.fixture
def protocol(tmp_path: Path) -> str:
    (tmp_path / "quick.toml").write_text(PROTOCOL)
    return str(tmp_path / "quick.toml")


@pytest.fixture(autouse=True)
def no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LCPIPE_WEIGHTS", str(tmp_path / "no weights"))


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    splits = {"train": 3, "validation": 2, "test": 4}
    return make_tiny_dataset(tmp_path / "dataset", lines=("xdog_03", "xdog_05"), splits=splits)


def trained_on(dataset: Path, path: Path) -> Path:
    facts = open_dataset(str(dataset))
    return make_small_model(path, dataset={"name": facts.name, "version": facts.version, "digest": facts.digest})


def test_an_evaluation_says_what_was_measured_on_what(dataset: Path, protocol: str, tmp_path: Path) -> None:
    model = trained_on(dataset, tmp_path / "model.safetensors")
    document = evaluate(model, str(dataset), str(tmp_path / "out"), protocol=protocol)
    assert json.loads((tmp_path / "out" / "evaluation.json").read_text()) == json.loads(json.dumps(document))
    assert document["model"]["sha256"] == hashlib.sha256(model.read_bytes()).hexdigest()
    assert document["model"]["run"]["step"] == 3
    assert document["dataset"]["digest"] == open_dataset(str(dataset)).digest
    assert document["dataset"]["split"] == "test"
    assert document["overlap"] == {"state": "none", "rows": 0}
    assert document["protocol"]["seed"] == 7
    assert [group["lines"] for group in document["groups"]] == ["xdog_03", "xdog_05", "authentic"]
    assert [group["n"] for group in document["groups"]] == [3, 3, 1]
    assert [group["kind"] for group in document["groups"]] == ["synthetic", "synthetic", "authentic"]


def test_every_hint_level_is_a_row_of_its_own(dataset: Path, protocol: str, tmp_path: Path) -> None:
    model = trained_on(dataset, tmp_path / "model.safetensors")
    document = evaluate(model, str(dataset), str(tmp_path / "out"), protocol=protocol)
    levels = document["groups"][0]["levels"]
    assert [level["hints"] for level in levels] == [0, 4, "full"]
    assert [level["means"]["hint_cells"]["mean"] for level in levels] == [0, 4, 256]
    assert "hint_delta_e_mean" not in levels[0]["means"]
    for name, mean in levels[1]["means"].items():
        values = [picture["values"]["4"][name] for picture in document["groups"][0]["pictures"]]
        assert mean["mean"] == pytest.approx(sum(values) / 3, abs=1e-5)
        assert mean["low"] <= mean["mean"] <= mean["high"]
        assert mean["n"] == 3


def test_two_evaluations_are_equal_byte_for_byte_and_name_no_place(
    dataset: Path, protocol: str, tmp_path: Path
) -> None:
    model = trained_on(dataset, tmp_path / "model.safetensors")
    for name in ("first", "second"):
        evaluate(model, str(dataset), str(tmp_path / name), protocol=protocol)
    written = [(tmp_path / name / "evaluation.json").read_bytes() for name in ("first", "second")]
    assert written[0] == written[1]
    assert str(tmp_path).encode() not in written[0]
    assert str(tmp_path) not in (tmp_path / "first" / "report.html").read_text()


def test_a_metric_without_weights_is_named_and_the_rest_computed(dataset: Path, protocol: str, tmp_path: Path) -> None:
    model = trained_on(dataset, tmp_path / "model.safetensors")
    document = evaluate(model, str(dataset), str(tmp_path / "out"), protocol=protocol)
    assert "weights of alexnet are missing" in document["metrics"]["lpips_alex"]["not_computed"]
    assert "not_computed" not in document["metrics"]["psnr"]
    assert "lpips_alex was not computed" in (tmp_path / "out" / "report.html").read_text()


def test_pictures_lie_beside_the_numbers(dataset: Path, protocol: str, tmp_path: Path) -> None:
    model = trained_on(dataset, tmp_path / "model.safetensors")
    document = evaluate(model, str(dataset), str(tmp_path / "out"), protocol=protocol)
    assert document["sheets"] == [
        "cases-xdog_03.png", "cases-xdog_05.png",
        "grid-authentic.png", "grid-line_art.png", "grid-xdog_03.png", "grid-xdog_05.png",
    ]  # fmt: skip
    page = (tmp_path / "out" / "report.html").read_text()
    for name in document["sheets"]:
        assert cv2.imread(str(tmp_path / "out" / name)) is not None
        assert name in page
    assert page.count("data:image/jpeg;base64,") == 6


def test_a_foreign_dataset_is_measured_with_overlap_unknown(dataset: Path, protocol: str, tmp_path: Path) -> None:
    model = make_small_model(tmp_path / "model.safetensors", dataset={"name": "x", "version": "1", "digest": "0" * 64})
    document = evaluate(model, str(dataset), str(tmp_path / "out"), protocol=protocol)
    assert document["overlap"] == {"state": "unknown", "rows": None}
    assert "Overlap unknown" in (tmp_path / "out" / "report.html").read_text()


@pytest.fixture
def overlapping(tmp_path: Path) -> tuple[Path, Path]:
    """A model beside its run's places, and another dataset whose test split has pictures of its training split."""
    first = make_tiny_dataset(tmp_path / "first", splits={"train": 2, "test": 1})
    second = make_tiny_dataset(tmp_path / "second", splits={"train": 1, "test": 3})
    ids = {name: row_ids(path, split) for name, path, split in (("a", first, "test"), ("b", second, "test"))}
    assert ids["a"] & ids["b"]  # both draw the picture test/0
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "places.json").write_text(json.dumps({"dataset": str(tmp_path / "turned")}))
    turned = turn_splits(first, tmp_path / "turned")
    return trained_on(turned, tmp_path / "run" / "model.safetensors"), second


def row_ids(dataset: Path, split: str) -> set[str]:
    return {row["id"] for row in open_dataset(str(dataset)).rows("pairs", split, ["id"])}


def turn_splits(dataset: Path, target: Path) -> Path:
    """The same rows with what was the test split as the training split."""
    from lcpipe.pipeline.dataset.manifest import write_manifest
    from lcpipe.pipeline.dataset.shards import shard_path, write_shard

    source = open_dataset(str(dataset))
    schema = source.schema("pairs")
    assert schema is not None
    files: list[dict[str, Any]] = []
    for split, becomes in (("test", "train"), ("train", "test")):
        uri = str(target / shard_path("pairs", becomes, 0, 1))
        facts = write_shard(uri, schema, source.rows("pairs", split), config="pairs", split=becomes, number=0, of=1)
        place = {"config": "pairs", "split": becomes, "rows": facts.rows}
        files.append({"path": facts.path, "bytes": facts.bytes, "sha256": facts.sha256, **place})
    write_manifest(str(target), source.manifest | {"files": files, "digest": "f" * 64})
    return target


def test_pictures_that_were_trained_on_are_left_out(
    overlapping: tuple[Path, Path], protocol: str, tmp_path: Path
) -> None:
    model, second = overlapping
    document = evaluate(model, str(second), str(tmp_path / "out"), protocol=protocol)
    assert document["overlap"] == {"state": "left_out", "rows": 1}
    measured = {picture["id"] for picture in document["groups"][0]["pictures"]}
    assert measured == row_ids(second, "test") - row_ids(tmp_path / "first", "test")


def test_overlap_can_be_allowed_and_is_then_said(overlapping: tuple[Path, Path], protocol: str, tmp_path: Path) -> None:
    model, second = overlapping
    document = evaluate(model, str(second), str(tmp_path / "out"), protocol=protocol, allow_overlap=True)
    assert document["overlap"] == {"state": "allowed", "rows": 1}
    assert document["groups"][0]["n"] == 3
    assert "were trained on" in (tmp_path / "out" / "report.html").read_text()


def test_validation_is_measured_where_there_is_no_test_split(protocol: str, tmp_path: Path) -> None:
    dataset = make_tiny_dataset(tmp_path / "dataset", splits={"train": 2, "validation": 2})
    model = trained_on(dataset, tmp_path / "model.safetensors")
    document = evaluate(model, str(dataset), str(tmp_path / "out"), protocol=protocol, limit=1)
    assert document["dataset"]["split"] == "validation"
    assert document["groups"][0]["n"] == 1
    assert "chose the model" in (tmp_path / "out" / "report.html").read_text()


def test_a_dataset_with_nothing_held_out_is_refused_unless_allowed(protocol: str, tmp_path: Path) -> None:
    dataset = make_tiny_dataset(tmp_path / "dataset", splits={"train": 3})
    model = trained_on(dataset, tmp_path / "model.safetensors")
    with pytest.raises(DatasetError, match="no held-out pictures"):
        evaluate(model, str(dataset), str(tmp_path / "out"), protocol=protocol)
    assert not (tmp_path / "out").exists()
    document = evaluate(model, str(dataset), str(tmp_path / "out"), protocol=protocol, allow_overlap=True)
    assert document["overlap"] == {"state": "allowed", "rows": 3}


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (("n = 3", 'lines = ["xdog_3"]\nn = 3'), DatasetError, "no line column 'xdog_3'.*did you mean xdog_03"),
        (('"psnr"', '"pnsr"'), RecipeError, "no metric is called 'pnsr'.*did you mean psnr"),
        (("n = 3", "count = 3"), RecipeError, "n: Field required|count"),
        (("n = 3", "n = 0"), RecipeError, "^n: "),
        (('[0, 4, "full"]', "[0, -4]"), RecipeError, "hints"),
        (('"test", "validation"', '"train"'), RecipeError, "splits"),
        (("n = 3", "n ="), RecipeError, "not valid TOML"),
        (("draws = 50", "draws = 1_000_000_000_000"), RecipeError, "^bootstrap.draws: "),
        (("n = 3", "n = 3\nrepeats = 1_000_000_000"), RecipeError, "^repeats: "),
        (("n = 3", 'n = 3\ndrawings = "authentic"'), RecipeError, "^hints: authentic drawings have no colours"),
        (('[0, 4, "full"]', "[0, 4, 4]"), RecipeError, "^hints: 4 is named twice"),
        (("hints = [0, 4]", 'hints = ["full", "full"]'), RecipeError, "^grid.hints: full is named twice"),
        (("n = 3", 'lines = ["xdog_03", "xdog_03"]\nn = 3'), RecipeError, "^lines: xdog_03 is named twice"),
        (('"psnr", "ssim"', '"psnr", "psnr"'), RecipeError, "^metrics: psnr is named twice"),
        (('"test", "validation"', '"test", "test"'), RecipeError, "^splits: test is named twice"),
    ],
)
def test_a_bad_protocol_is_named_before_any_work(
    change: tuple[str, str], error: type[Exception], message: str, dataset: Path, tmp_path: Path
) -> None:
    (tmp_path / "bad.toml").write_text(PROTOCOL.replace(*change))
    model = trained_on(dataset, tmp_path / "model.safetensors")
    with pytest.raises(error, match=message):
        evaluate(model, str(dataset), str(tmp_path / "out"), protocol=str(tmp_path / "bad.toml"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("out", ["", "file", "file/folder"])
def test_a_place_that_is_no_folder_is_refused_before_any_work(
    out: str, dataset: Path, protocol: str, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    model, done = trained_on(dataset, tmp_path / "model.safetensors"), list[int]()
    place = str(tmp_path / out) if out else out
    with pytest.raises(UsageError, match="not a folder"):
        evaluate(model, str(dataset), place, protocol=protocol, on_picture=lambda number, total: done.append(number))
    assert not done


def test_a_folder_of_other_things_is_refused_and_left_as_it_is(dataset: Path, protocol: str, tmp_path: Path) -> None:
    model = trained_on(dataset, tmp_path / "model.safetensors")
    before = {path: path.read_bytes() for path in dataset.rglob("*") if path.is_file()}
    with pytest.raises(UsageError, match=r"other things: .*data"):
        evaluate(model, str(dataset), str(dataset), protocol=protocol)
    assert {path: path.read_bytes() for path in dataset.rglob("*") if path.is_file()} == before


def test_an_older_evaluation_is_replaced_whole(dataset: Path, protocol: str, tmp_path: Path) -> None:
    model, out = trained_on(dataset, tmp_path / "model.safetensors"), tmp_path / "out"
    document = evaluate(model, str(dataset), str(out), protocol=protocol)
    stale = out / "pictures" / "xdog_99" / "0" / "old.png"
    stale.parent.mkdir(parents=True)
    stale.touch()
    (out / "cases-xdog_99.png").touch()
    assert evaluate(model, str(dataset), str(out), protocol=protocol) == document
    files = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert files == {"evaluation.json", "report.html", *document["sheets"], *document["pictures"]}


def test_names_from_outside_are_escaped_in_the_report(dataset: Path, protocol: str, tmp_path: Path) -> None:
    script = "<script>alert(1)</script>"
    facts = {"name": script, "version": script, "digest": script}
    model = make_small_model(tmp_path / "model.safetensors", dataset=facts, preset=script, substitutes={script: script})
    evaluate(model, str(dataset), str(tmp_path / "out"), protocol=protocol)
    assert "<script" not in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize("metadata", [{}, {"run": None, "dataset": None}])
def test_a_model_of_unknown_origin_is_measured(
    metadata: dict[str, Any], dataset: Path, protocol: str, tmp_path: Path
) -> None:
    model = make_small_model(tmp_path / "model.safetensors", **metadata)
    document = evaluate(model, str(dataset), str(tmp_path / "out"), protocol=protocol)
    assert document["overlap"]["state"] == "unknown"
