"""The shipped protocols and what they add: baselines, authentic sets, gaps, painters that fail."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.small_model import make_broken_model, make_small_model
from support.tiny_dataset import make_tiny_dataset

from lcpipe.model.evaluate import evaluate
from lcpipe.model.evaluation_beside import settings_apart
from lcpipe.model.evaluation_rows import crops_of
from lcpipe.model.inception import inception_features, inception_input, remembered
from lcpipe.model.inception_v3 import InceptionV3, legacy_input
from lcpipe.model.metrics.fid import note
from lcpipe.model.protocols import load_protocol, protocol_names
from lcpipe.pipeline.dataset.errors import DatasetError, UsageError, WeightsError

QUICK = """
name = "quick"
version = 1
seed = 7
splits = ["test", "validation"]
n = 3
point_px = 4
crop_px = 64
bootstrap = { draws = 50 }
"""
GRID = "grid = { rows = 1, hints = [0], cell_px = 48, line_art = 0 }\n"


@pytest.fixture(autouse=True)
def no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LCPIPE_WEIGHTS", str(tmp_path / "no weights"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    inception_features.cache_clear()


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    splits = {"train": 3, "validation": 2, "test": 4}
    return make_tiny_dataset(tmp_path / "dataset", lines=("xdog_03",), splits=splits)


def run(tmp_path: Path, dataset: Path, text: str, **options: Any) -> dict[str, Any]:
    (tmp_path / "quick.toml").write_text(QUICK + text)
    model = make_small_model(tmp_path / "model.safetensors")
    return evaluate(model, str(dataset), str(tmp_path / "out"), protocol=str(tmp_path / "quick.toml"), **options)


def test_the_shipped_protocols_are_whole() -> None:
    assert set(protocol_names()) == {"paired", "control", "gap", "paper"}
    for name in protocol_names():
        plan = load_protocol(name)
        assert plan.name == name
        assert plan.hints == tuple(dict.fromkeys(plan.hints))


def test_baselines_stand_beside_the_model_and_obey_their_hints(dataset: Path, tmp_path: Path) -> None:
    text = 'hints = [4]\nmetrics = ["hint_delta_e", "obedience"]\n' + GRID
    document = run(tmp_path, dataset, text, baselines=("flat_fill", "propagation"))
    found = {(group["by"], group["lines"]): group for group in document["groups"]}
    assert {by for by, _ in found} == {"model", "flat_fill", "propagation"}
    for by in ("flat_fill", "propagation"):
        means = found[by, "xdog_03"]["levels"][0]["means"]
        assert means["hint_delta_e_mean"]["mean"] < 5
        assert means["obedience_gain"]["mean"] > 0.9
    assert found["model", "xdog_03"]["levels"][0]["means"]["obedience_gain"]["mean"] < 0.2
    page = (tmp_path / "out" / "report.html").read_text()
    assert "xdog_03 · flat_fill" in page
    for name in ("beside-authentic.png", "beside-xdog_03.png"):
        assert name in page
        assert name in document["sheets"]
    assert [record["name"] for record in document["baselines"]] == ["flat_fill", "propagation"]


def test_a_model_file_is_a_baseline_too(dataset: Path, tmp_path: Path) -> None:
    other = make_small_model(tmp_path / "runs" / "other.safetensors", seed=3)
    document = run(tmp_path, dataset, 'hints = [0]\nmetrics = ["psnr"]\n' + GRID, baselines=(str(other),))
    assert {group["by"] for group in document["groups"]} == {"model", "other"}
    (beside,) = document["beside"]
    assert beside["by"] == "other"
    means = {group["by"]: group["levels"][0]["means"]["psnr"]["mean"] for group in document["groups"][::2]}
    first = beside["differences"][0]
    assert first["difference"] == pytest.approx(means["other"] - means["model"], abs=1e-5)
    assert first["verdict"] in ("better", "worse", "not sure")
    assert f"{first['difference']:+.3f}"[:5] in (tmp_path / "out" / "report.html").read_text()


def test_settings_that_differ_stand_beside_each_other() -> None:
    model = {"preset": "tiny", "run": {"images": 40}, "config": {"batch": 4, "loss": {"l1_weight": 0}, "workers": 1}}
    ablated = {"sha256": "a", **model, "config": {"batch": 4, "loss": {"l1_weight": 0.5}, "workers": 3}}
    foreign = {"sha256": "b", "preset": "alacgan", "run": None, "config": None}
    assert settings_apart(model, [ablated, {"name": "flat_fill"}]) == {"loss.l1_weight": [0, 0.5]}
    assert settings_apart(model, [ablated, foreign]) == {
        "preset": ["tiny", "tiny", "alacgan"], "loss.l1_weight": [0, 0.5, "–"]
    }  # fmt: skip
    assert settings_apart(model, []) == {}


@pytest.mark.parametrize("name", ["flat_fil", "none.safetensors"])
def test_a_baseline_that_is_none_is_refused(dataset: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no baseline is called"):
        run(tmp_path, dataset, 'hints = [0]\nmetrics = ["psnr"]\n' + GRID, baselines=(name,))


def test_the_gap_is_authentic_minus_synthetic_on_the_same_pictures(dataset: Path, tmp_path: Path) -> None:
    document = run(tmp_path, dataset, 'drawings = "both"\nhints = [0, "full"]\nmetrics = ["psnr"]\n' + GRID)
    (gap,) = document["gaps"]
    groups = {group["lines"]: {p["id"]: p["values"] for p in group["pictures"]} for group in document["groups"]}
    assert groups["authentic"].keys() == groups["xdog_03"].keys()
    for level in gap["levels"]:
        name = str(level["hints"])
        expected = np.mean([
            groups["authentic"][id_][name]["psnr"] - groups["xdog_03"][id_][name]["psnr"] for id_ in groups["authentic"]
        ])  # fmt: skip
        assert level["means"]["psnr"]["mean"] == pytest.approx(expected, abs=1e-5)
    assert "What authentic lines cost" in (tmp_path / "out" / "report.html").read_text()


def test_without_authentic_lines_the_gap_is_named_and_the_rest_computed(tmp_path: Path) -> None:
    plain = make_tiny_dataset(tmp_path / "plain", lines=("xdog_03",), splits={"train": 2, "test": 3}, authentic=False)
    document = run(tmp_path, plain, 'drawings = "both"\nhints = [0]\nmetrics = ["psnr"]\n' + GRID)
    assert document["gaps"] == []
    assert document["groups"][0]["n"] == 3
    assert any("no authentic line art" in note for note in document["notes"])
    with pytest.raises(DatasetError, match="the dataset has none"):
        run(tmp_path, plain, 'drawings = "authentic"\nhints = [0]\nmetrics = ["line_f1"]\n' + GRID)


def test_the_paper_protocol_paints_crops_of_every_drawing_in_several_draws(dataset: Path, tmp_path: Path) -> None:
    text = (
        'drawings = "authentic"\ncrops = 2\nrepeats = 3\nhints = [0]\nmetrics = ["line_f1", "ink_contrast", "psnr"]\n'
    )
    document = run(tmp_path, dataset, text.replace("n = 3", "") + GRID)
    assert [group["lines"] for group in document["groups"]] == [f"authentic draw {draw}" for draw in (1, 2, 3)]
    assert all("psnr" not in group["levels"][0]["means"] for group in document["groups"])
    (record,) = document["repeats"]
    values = [group["levels"][0]["means"]["line_f1"]["mean"] for group in document["groups"]]
    assert record["draws"] == 3
    assert record["values"]["line_f1"]["mean"] == pytest.approx(np.mean(values), abs=1e-5)
    assert record["values"]["line_f1"]["std"] == pytest.approx(np.std(values, ddof=1), abs=1e-5)


@pytest.mark.parametrize(("shape", "crops"), [((512, 512), 1), ((300, 512), 1), ((512, 513), 2)])
def test_a_drawing_that_fits_into_a_crop_counts_once(shape: tuple[int, int], crops: int) -> None:
    assert crops_of(np.zeros(shape, np.uint8), load_protocol("paper")) == crops


def test_a_model_that_paints_no_numbers_is_named_and_the_rest_goes_on(dataset: Path, tmp_path: Path) -> None:
    broken = make_broken_model(tmp_path / "broken.safetensors")
    document = run(tmp_path, dataset, 'hints = [0]\nmetrics = ["psnr"]\n' + GRID, baselines=(str(broken),))
    by = {group["by"]: group for group in document["groups"] if group["lines"] == "xdog_03"}
    assert by["model"]["n"] == 3
    assert (by["broken"]["n"], len(by["broken"]["failed"])) == (0, 3)
    assert any("broken failed on 3" in note for note in document["notes"])
    assert json.loads((tmp_path / "out" / "evaluation.json").read_text())["groups"]


def test_at_few_pictures_the_bias_of_fid_is_said() -> None:
    assert "about 218 from itself" in note(20)
    assert "about 119 from itself" in note(500)
    assert note(4096) == ""


def test_a_metric_of_sets_without_its_network_is_named(dataset: Path, tmp_path: Path) -> None:
    document = run(tmp_path, dataset, 'hints = [0]\nmetrics = ["kid", "fid", "fid_legacy", "psnr"]\n' + GRID)
    for name in ("kid", "fid", "fid_legacy"):
        assert "are missing" in document["metrics"][name]["not_computed"]


def test_too_few_pictures_for_a_set_are_said(dataset: Path, tmp_path: Path, shared: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("LCPIPE_WEIGHTS", str(shared / "weights"))
    document = run(tmp_path, dataset, 'hints = [0]\nlines = ["xdog_03"]\nmetrics = ["fid"]\n' + GRID)
    assert document["groups"][0]["levels"][0]["means"].keys() == {"hint_cells"}
    assert "fid needs 8 pictures, not 3" in document["notes"]
    (value,) = document["metrics"]["fid"]["values"]
    assert value["name"] == "fid@inception-3edbf2b9"


def test_a_file_of_inception_that_nobody_vouched_for_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "no weights").mkdir()
    (tmp_path / "no weights" / "inception-2015-12-05.pt").write_bytes(b"a program")
    with pytest.raises(WeightsError, match="not a known one"):
        inception_features("cpu")


def test_features_are_computed_once_for_equal_pictures(tmp_path: Path) -> None:
    asked: list[int] = []

    def compute(picture: Any) -> Any:
        asked.append(1)
        return np.full(2048, picture.mean(), np.float32)

    one, other = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 9, np.uint8)
    for _ in range(2):  # a second program finds the files of the first
        features = remembered(compute, tmp_path / "features")
        for picture in (one, other, one, other):
            assert features(picture)[0] == picture.mean()
    assert len(asked) == 2
    for kept in (tmp_path / "features").rglob("*.f32"):
        kept.write_bytes(b"cut short")
    assert remembered(compute, tmp_path / "features")(other)[0] == 9


def test_features_are_computed_where_none_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    features = remembered(lambda picture: np.full(2048, 3, np.float32), tmp_path / "file" / "features")
    assert features(np.zeros((4, 4, 3), np.uint8))[0] == 3


def test_pictures_reach_inception_in_its_own_range() -> None:
    white = inception_input(np.full((40, 64, 3), 255, np.uint8))
    assert white.shape == (3, 299, 299)
    assert np.allclose(white, 1)
    assert np.allclose(inception_input(np.zeros((500, 400, 3), np.uint8)), -1)


def test_the_released_fid_looked_at_another_range() -> None:
    black, white = torch.zeros(1, 3, 512, 512), torch.ones(1, 3, 512, 512)
    for picture, wanted in ((black, (-0.030, -0.088, -0.188)), (white, (0.428, 0.360, 0.262))):
        assert legacy_input(picture)[0, :, 0, 0].tolist() == pytest.approx(wanted, abs=5e-4)
    assert sum(parameter.numel() for parameter in InceptionV3().parameters()) == 21_785_568


def test_a_metric_without_a_value_is_named(dataset: Path, tmp_path: Path) -> None:
    document = run(tmp_path, dataset, 'hints = [0]\nmetrics = ["obedience", "psnr"]\n' + GRID)
    assert [note for note in document["notes"] if "no value" in note] == [
        "obedience has no value here: its own description says what it needs"
    ]
