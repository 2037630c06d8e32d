"""Weights of learned extractors: missing, wrong, foreign or broken files are one clear line, never a crash."""

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_tensors
from support.pictures import run_build, write_pictures, write_recipe

from lcpipe.extractors import sketch, sketchkeras, xdog
from lcpipe.pipeline.dataset.errors import WeightsError
from lcpipe.pipeline.extract import method
from lcpipe.pipeline.extract_job import drawn
from lcpipe.pipeline.line_settings import merged
from lcpipe.pipeline.line_weights import available, resolved, sha256_of, weights_for
from lcpipe.pipeline.provenance import line_weights


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LCPIPE_WEIGHTS", str(tmp_path))
    return tmp_path


def test_missing_weights_say_how_to_bring_them(folder: Path) -> None:
    with pytest.raises(WeightsError, match=r"sketchkeras are missing .*lcpipe weights import FILE --as sketchkeras"):
        merged(sketchkeras, None, {}, "lines.keras")
    assert not available(sketchkeras)
    assert available(xdog)


def test_a_table_records_the_digest(folder: Path) -> None:
    save_file({"a": np.zeros(3, np.float32)}, folder / sketchkeras.WEIGHTS)
    table = merged(sketchkeras, None, {}, "lines.keras")
    assert table["weights"] == sha256_of(sketchkeras)
    assert resolved(xdog, {"sigma": 1.0}) == {"sigma": 1.0}


def test_another_digest_is_refused(folder: Path) -> None:
    save_file({"a": np.zeros(3, np.float32)}, folder / sketchkeras.WEIGHTS)
    with pytest.raises(WeightsError, match="have the sha256"):
        merged(sketchkeras, None, {"weights": "00" * 32}, "lines.keras")
    with pytest.raises(WeightsError, match="have the sha256"):
        weights_for(sketchkeras, sketchkeras.Settings(weights="00" * 32))


def test_arrays_of_another_network_are_refused_before_a_picture_is_drawn(folder: Path) -> None:
    save_file({"ink.weight": np.zeros((1, 8, 1, 1), np.float32)}, folder / sketch.WEIGHTS)
    with pytest.raises(WeightsError, match="arrays are missing"):
        drawn(np.zeros((20, 20, 3), np.uint8), "a", method("sketch", (), None))


def test_a_broken_file_is_refused(folder: Path) -> None:
    (folder / sketch.WEIGHTS).write_bytes(b"\x10\x00\x00\x00\x00\x00\x00\x00 broken")
    with pytest.raises(WeightsError, match="cannot read the weights"):
        weights_for(sketch, sketch.Settings())


def test_numbers_that_numpy_has_not_are_refused(folder: Path) -> None:
    save_tensors({"ink.bias": torch.zeros(1, dtype=torch.bfloat16)}, folder / sketch.WEIGHTS)
    with pytest.raises(WeightsError, match="bfloat16") as caught:
        weights_for(sketch, sketch.Settings())
    assert "float32" in str(caught.value)


def test_weights_are_told_from_what_was_kept_with_the_lines() -> None:
    inner = json.dumps({"version": 1, "weights": "cd" * 32})
    plain = {"extractor": "xdog", "version": 1, "sigma": 0.3}
    mixed = {"extractor": "mix", "method": "sketch", "parameters": inner}
    other = {"extractor": "mix", "method": "fdog", "parameters": "{}"}
    assert line_weights([plain, other]) == {}
    assert line_weights([plain, mixed, other, {"extractor": "sketchkeras", "weights": "ab" * 32}]) == {
        "extractors/sketch": "cd" * 32,
        "extractors/sketchkeras": "ab" * 32,
    }


@pytest.mark.slow
def test_a_manifest_names_the_weights_that_drew_its_lines(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", 3)
    lines = {"own": {"extractor": "sketch"}, "hands": {"extractor": "mix", "method": {"choice": ["sketch", "xdog"]}}}
    manifest = run_build(write_recipe(tmp_path, lines=lines), workers=1).packed.manifest
    assert manifest["provenance"]["weights"] == {"extractors/sketch": sha256_of(sketch)}
