"""Copies arrive whole or do not look whole, send only what is missing, and overwrite nothing."""

import fcntl
import json
import shutil
from pathlib import Path

import pytest

from lcpipe.pipeline.dataset.copying import copy, missing_bytes
from lcpipe.pipeline.dataset.errors import DatasetError, StorageError
from lcpipe.pipeline.dataset.manifest import read_manifest, seal, write_manifest
from lcpipe.pipeline.dataset.reading import open_dataset
from lcpipe.pipeline.dataset.verify import verify

TRAIN = "data/pairs/train-00000-of-00001.parquet"


@pytest.fixture
def source(tiny_dataset: Path, tmp_path: Path) -> Path:
    """A dataset of the test's own."""
    return Path(shutil.copytree(tiny_dataset, tmp_path / "source"))


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def size_of(root: Path) -> int:
    return sum(entry["bytes"] for entry in read_manifest(str(root))["files"])


def test_a_copy_is_the_same_dataset(source: Path, tmp_path: Path):
    target, told = tmp_path / "deep" / "target", []
    done = copy(str(source), f"{target}/", advance=told.append)
    assert contents(target) == contents(source)
    assert (done.files, done.bytes, done.kept) == (6, size_of(source), 0)
    assert sum(told) == done.bytes
    assert verify(str(target), full=True) == []
    again = copy(str(source), str(target))
    assert (again.files, again.bytes, again.kept) == (0, 0, 6)


def test_only_what_is_missing_is_sent(source: Path, tmp_path: Path):
    target = tmp_path / "target"
    copy(str(source), str(target))
    (target / "manifest.json").unlink()
    (target / TRAIN).rename(target / f"{TRAIN}.part")
    missing = (source / TRAIN).stat().st_size
    assert missing_bytes(str(source), str(target)) == missing
    done = copy(str(source), str(target))
    assert (done.files, done.bytes) == (1, missing)
    assert contents(target) == contents(source)


def test_a_target_that_lacks_files_stops_looking_whole_before_it_is_mended(source: Path, tmp_path: Path):
    target = tmp_path / "target"
    copy(str(source), str(target))
    (target / TRAIN).unlink()
    shutil.move(source / TRAIN, source / "away")
    with pytest.raises(StorageError, match="no such file"):
        copy(str(source), str(target))
    assert not (target / "manifest.json").exists()
    shutil.move(source / "away", source / TRAIN)
    copy(str(source), str(target))
    assert contents(target) == contents(source)


def test_what_lies_in_the_target_is_never_overwritten(source: Path, tmp_path: Path):
    target = tmp_path / "target"
    target.mkdir()
    (target / "thesis.txt").write_text("mine")
    with pytest.raises(DatasetError, match=r"holds other files: thesis\.txt"):
        copy(str(source), str(target))
    assert contents(target) == {"thesis.txt": b"mine"}
    (target / "thesis.txt").rename(target / "README.md")
    with pytest.raises(DatasetError, match="another file lies there"):
        copy(str(source), str(target))
    assert contents(target) == {"README.md": b"mine"}


def test_another_dataset_in_the_target_is_named(source: Path, tmp_path: Path):
    target = tmp_path / "target"
    shutil.copytree(source, target)
    write_manifest(str(target), seal(read_manifest(str(target)) | {"version": "9.9"}))
    with pytest.raises(DatasetError, match=r"another dataset lies there: tiny 9\.9"):
        copy(str(source), str(target))
    with pytest.raises(DatasetError, match="same place"):
        copy(str(source), str(source))
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="a file lies where the folder should be"):
        copy(str(source), str(tmp_path / "file"))


def test_a_damaged_source_is_noticed_where_it_arrives(source: Path, tmp_path: Path):
    data = bytearray((source / TRAIN).read_bytes())
    data[1000] ^= 1
    (source / TRAIN).write_bytes(data)
    with pytest.raises(DatasetError, match=r"the source is damaged.*train-00000"):
        copy(str(source), str(tmp_path / "target"))
    assert not (tmp_path / "target" / "manifest.json").exists()
    assert not (tmp_path / "target" / TRAIN).exists()
    with pytest.raises(DatasetError, match="the source is damaged"):
        copy(str(source), "memory://damaged/target")


def test_a_manifest_that_leads_outside_writes_nothing(source: Path, tmp_path: Path):
    manifest = json.loads((source / "manifest.json").read_text())
    manifest["files"][0]["path"] = "../../outside"
    write_manifest(str(source), manifest)
    with pytest.raises(DatasetError, match="names a file outside"):
        copy(str(source), str(tmp_path / "deep" / "target"))
    assert not (tmp_path / "outside").exists()
    assert not (tmp_path / "deep").exists()


def test_two_copies_to_one_place_do_not_mix(source: Path, tmp_path: Path):
    part = tmp_path / "target" / f"{TRAIN}.part"
    part.parent.mkdir(parents=True)
    with part.open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        other.write(b"theirs")
        other.flush()
        with pytest.raises(StorageError, match="another copy is writing there"):
            copy(str(source), str(tmp_path / "target"))
        assert part.read_bytes() == b"theirs"
    copy(str(source), str(tmp_path / "target"))
    assert contents(tmp_path / "target") == contents(source)


def test_what_is_no_dataset_is_not_copied(tmp_path: Path):
    with pytest.raises(DatasetError, match="not a dataset"):
        copy(str(tmp_path), str(tmp_path / "target"))


def test_stores_are_all_alike(source: Path, tmp_path: Path):
    copy(str(source), "memory://copies/one")
    copy("memory://copies/one", "memory://copies/two")
    copy("memory://copies/two", str(tmp_path / "back"))
    assert contents(tmp_path / "back") == contents(source)
    assert open_dataset("memory://copies/two").digest == open_dataset(str(source)).digest
