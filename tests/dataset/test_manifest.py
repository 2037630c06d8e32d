"""The manifest seals itself, and says in one line when it is not what it was."""

import json
from pathlib import Path

import pytest
from support.tiny_dataset import make_tiny_dataset

from lcpipe.pipeline.dataset.errors import DatasetError
from lcpipe.pipeline.dataset.manifest import manifest_bytes, read_manifest, seal, write_manifest


def test_a_manifest_is_read_as_it_was_written(tiny_dataset: Path):
    manifest = read_manifest(str(tiny_dataset))
    assert manifest["counts"]["found"] == sum(manifest["counts"][key] for key in ("kept", "paired", "dropped"))
    assert (tiny_dataset / "manifest.json").read_bytes() == manifest_bytes(manifest)


def test_the_seal_is_over_all_other_keys_in_any_order():
    sealed = seal({"b": [1, "ü"], "a": {"x": 1.5}})
    assert seal(sealed) == sealed
    assert seal(dict(reversed(sealed.items())))["sha256"] == sealed["sha256"]
    assert seal(sealed | {"b": [1]})["sha256"] != sealed["sha256"]


def edited(root: Path, change) -> str:
    path = root / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))
    return str(root)


def test_a_changed_manifest_is_refused(tmp_path: Path):
    root = make_tiny_dataset(tmp_path)
    edited(root, lambda manifest: manifest["counts"].update(found=99))
    with pytest.raises(DatasetError, match=r"changed after it was written .*manifest\.json"):
        read_manifest(str(root))


def test_a_reformatted_manifest_is_accepted(tmp_path: Path):
    root = edited(make_tiny_dataset(tmp_path), lambda manifest: None)
    assert read_manifest(root)["name"] == "tiny"


@pytest.mark.parametrize("change", [{"format": 2}, {"schema_version": "2.0.0"}])
def test_a_later_format_says_what_can_be_read(tmp_path: Path, change):
    root = make_tiny_dataset(tmp_path)
    write_manifest(str(root), read_manifest(str(root)) | change)
    with pytest.raises(DatasetError, match="this lcpipe reads format 1, schema 1"):
        read_manifest(str(root))


def test_a_later_minor_version_is_read(tmp_path: Path):
    root = make_tiny_dataset(tmp_path)
    write_manifest(str(root), read_manifest(str(root)) | {"schema_version": "1.7.0"})
    assert read_manifest(str(root))["schema_version"] == "1.7.0"


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b'{"format": 1}', b"\xff", b"[" * 100_000])
def test_what_is_no_manifest(tmp_path: Path, text):
    (tmp_path / "manifest.json").write_bytes(text)
    with pytest.raises(DatasetError, match="the manifest is not"):
        read_manifest(str(tmp_path))


@pytest.mark.parametrize(
    ("key", "value"), [("files", {}), ("files", [{"path": 1}]), ("counts", {"found": "x"}), ("digest", None)]
)
def test_keys_of_another_type_are_named(tmp_path: Path, key, value):
    root = make_tiny_dataset(tmp_path)
    write_manifest(str(root), read_manifest(str(root)) | {key: value})
    with pytest.raises(DatasetError, match="is missing or not of type"):
        read_manifest(str(root))


def test_a_folder_without_a_manifest_is_no_dataset(tmp_path: Path):
    with pytest.raises(DatasetError, match="not a dataset: no such file"):
        read_manifest(str(tmp_path))
