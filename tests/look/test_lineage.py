"""From a model file back to the sources: each link verified, not found, or a mismatch that is said aloud."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file
from support.tiny_dataset import make_tiny_dataset

from lcpipe.extractors import sketch
from lcpipe.pipeline.dataset.canonical import canonical, sha256_hex
from lcpipe.pipeline.dataset.errors import LcpipeError
from lcpipe.pipeline.dataset.manifest import read_manifest, write_manifest
from lcpipe.pipeline.dataset.reading import Dataset
from lcpipe.pipeline.line_weights import sha256_of
from lcpipe.pipeline.lineage import MISMATCH, NOT_FOUND, RECORDED, VERIFIED, lineage, lines, worst


def make_run(folder: Path, dataset: Dataset, places: dict[str, str] | None = None, changes: Any = None) -> Path:
    """A run of a dataset with its model, as the trainer leaves them."""
    folder.mkdir(parents=True)
    named = {"name": dataset.name, "version": dataset.version, "digest": dataset.digest}
    run = {"format": 1, "preset": "tiny", "seed": 7, "dataset": named, "config": {"batch": 4}}
    (folder / "run.json").write_text(json.dumps(run))
    if places:
        (folder / "places.json").write_text(json.dumps(places))
    link = {"sha256": sha256_hex((folder / "run.json").read_bytes()), "step": 10, "images": 40}
    document = {"format": 1, "preset": "tiny", "dataset": named, "run": link, "lcpipe": "0.1.0"} | (changes or {})
    save_model(folder / "model.safetensors", document)
    return folder


def save_model(path: Path, document: Any) -> None:
    """A model file that says `document` of itself."""
    save_file({"generator.a": np.zeros(3, np.float32)}, path, {"lcpipe": canonical(document).decode()})


def chain(node: dict[str, Any]) -> list[tuple[str, str]]:
    """(kind, state) from a node up, along the first branch."""
    above = node["from"]
    return [(node["kind"], node["state"]), *(chain(above[0]) if above else [])]


@pytest.mark.parametrize("cut", [None, b"PAR1"])
def test_a_dataset_that_lacks_a_shard_is_no_whole_one(tmp_path: Path, cut: bytes | None) -> None:
    root = make_tiny_dataset(tmp_path / "dataset")
    shard = next(root.rglob("train-*.parquet"))
    shard.unlink() if cut is None else shard.write_bytes(cut)
    tree = lineage(str(root))
    assert worst(tree) == MISMATCH
    assert shard.name in tree["because"]


def test_the_whole_way_is_verified(tiny: Dataset, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", tiny, {"dataset": tiny.root})
    tree = lineage(str(run / "model.safetensors"))
    assert chain(tree) == [
        ("model", VERIFIED),
        ("run", VERIFIED),
        ("dataset", VERIFIED),
        ("recipe", VERIFIED),
        ("source", RECORDED),
    ]
    assert worst(tree) == VERIFIED
    assert json.loads(json.dumps(tree)) == tree
    text = "\n".join(lines(tree))
    for word in (tiny.digest, "model.safetensors", "10 steps, 40 images", "xdog_03 (xdog)", "local (drawn)"):
        assert word in text


def test_weights_are_held_against_the_files_that_are_here(tmp_path: Path) -> None:
    root = make_tiny_dataset(tmp_path / "drawn")
    manifest = read_manifest(str(root))
    weights = {"extractors/sketch": sha256_of(sketch), "extractors/gone": "ab" * 32, "measures/tones": "cd" * 32}
    manifest["provenance"]["weights"] = weights
    write_manifest(str(root), manifest)
    recipe = lineage(str(root))["from"][0]
    states = {node["name"]: node["state"] for node in recipe["from"] if node["kind"] == "weights"}
    assert states == {"extractors/gone": NOT_FOUND, "extractors/sketch": VERIFIED, "measures/tones": RECORDED}
    manifest["provenance"]["weights"] = {"extractors/sketch": "ef" * 32, "extractors/xdog": "01" * 32}
    write_manifest(str(root), manifest)
    assert "the file here is another one" in "\n".join(lines(lineage(str(root))))


def test_a_dataset_elsewhere_is_found_where_the_caller_says(tiny: Dataset, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", tiny)
    assert chain(lineage(str(run)))[1] == ("dataset", NOT_FOUND)
    assert chain(lineage(str(run), [tiny.root]))[1] == ("dataset", VERIFIED)


def test_a_path_relative_to_the_run(tiny: Dataset, tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to(tiny.root)
    run = make_run(tmp_path / "runs" / "a", tiny, {"dataset": "../../data"})
    assert chain(lineage(str(run)))[1] == ("dataset", VERIFIED)


def test_another_dataset_in_its_place_is_a_mismatch(tiny: Dataset, hostile: Dataset, tmp_path: Path) -> None:
    named = {"name": "tiny", "version": "1.0.0", "digest": "0" * 64}
    run = make_run(tmp_path / "run", tiny, {"dataset": hostile.root})
    (run / "run.json").write_text(json.dumps({"dataset": named}))
    tree = lineage(str(run))
    assert chain(tree)[1] == ("dataset", MISMATCH)
    assert worst(tree) == MISMATCH


def test_a_changed_run_is_a_mismatch(tiny: Dataset, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", tiny, {"dataset": tiny.root})
    (run / "run.json").write_text((run / "run.json").read_text() + " ")
    tree = lineage(str(run / "model.safetensors"))
    assert chain(tree)[1:3] == [("run", MISMATCH), ("dataset", VERIFIED)]
    assert any(line.strip().startswith("MISMATCH") or "✗ run" in line for line in lines(tree))


def test_a_run_of_another_dataset_is_a_mismatch(tiny: Dataset, tmp_path: Path) -> None:
    other = {"name": "other", "version": "1", "digest": "f" * 64}
    run = make_run(tmp_path / "run", tiny, {"dataset": tiny.root}, {"dataset": other})
    assert chain(lineage(str(run / "model.safetensors")))[1] == ("run", MISMATCH)


def test_a_model_alone_still_names_its_dataset(tiny: Dataset, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", tiny)
    model = tmp_path / "alone" / "model.safetensors"
    model.parent.mkdir()
    model.write_bytes((run / "model.safetensors").read_bytes())
    assert chain(lineage(str(model))) == [("model", VERIFIED), ("run", NOT_FOUND), ("dataset", NOT_FOUND)]
    assert chain(lineage(str(model), [tiny.root]))[2] == ("dataset", VERIFIED)


@pytest.mark.parametrize("damage", [False, True])
def test_a_checkpoint_is_held_against_its_inventory(tiny: Dataset, tmp_path: Path, damage: bool) -> None:
    run = make_run(tmp_path / "run", tiny, {"dataset": tiny.root})
    checkpoint = run / "checkpoint-0000010"
    checkpoint.mkdir()
    (checkpoint / "weights.safetensors").write_bytes(b"weights")
    state = {"step": 10, "files": {"weights.safetensors": {"bytes": 7, "sha256": sha256_hex(b"weights")}}}
    (checkpoint / "state.json").write_text(json.dumps(state))
    if damage:
        (checkpoint / "weights.safetensors").write_bytes(b"wEights")
    tree = lineage(str(checkpoint))
    assert chain(tree)[:3] == [
        ("checkpoint", MISMATCH if damage else VERIFIED),
        ("run", RECORDED),
        ("dataset", VERIFIED),
    ]


@pytest.mark.parametrize("name", ["", "manifest.json"])
def test_a_dataset_and_its_manifest(tiny: Dataset, name: str) -> None:
    assert chain(lineage(str(Path(tiny.root, name))))[0] == ("dataset", VERIFIED)


def test_an_edited_manifest_is_an_error(tiny: Dataset, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps(tiny.manifest | {"digest": "0" * 64}))
    with pytest.raises(LcpipeError, match="changed"):
        lineage(str(tmp_path))


@pytest.mark.parametrize("document", [{"run": [], "dataset": 3}, {"run": {"sha256": 5}}, {"dataset": {"digest": []}}])
def test_strange_metadata_is_no_traceback(tiny: Dataset, tmp_path: Path, document: Any) -> None:
    save_model(tmp_path / "model.safetensors", document)
    assert chain(lineage(str(tmp_path / "model.safetensors")))[1] == ("run", NOT_FOUND)


def test_a_damaged_run_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(LcpipeError, match=r"run\.json is not valid"):
        lineage(str(tmp_path))


def test_what_is_none_of_these_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    for path in (tmp_path, tmp_path / "a.txt", tmp_path / "none"):
        with pytest.raises(LcpipeError, match="neither a model, a run nor a dataset"):
            lineage(str(path))


def test_hostile_names_are_plain_lines(hostile: Dataset) -> None:
    assert all(line.isprintable() and len(line) < 400 for line in lines(lineage(hostile.root)))
