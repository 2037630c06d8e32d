"""Exports are read by the tools they are for, say what they hold, and are the same every time."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.tiny_dataset import PARAMS, make_tiny_dataset

from lcpipe.pipeline.dataset.decode import decode, decode_line
from lcpipe.pipeline.dataset.errors import DatasetError, UsageError
from lcpipe.pipeline.dataset.manifest import seal
from lcpipe.pipeline.dataset.reading import Dataset, open_dataset
from lcpipe.pipeline.dataset.schema import pairs_schema
from lcpipe.pipeline.dataset.shards import write_shard
from lcpipe.pipeline.export import Exported, export
from lcpipe.pipeline.progress import Reporter

TRAIN_TAR = "train/train-00000-of-00001.tar"


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    root = tmp_path_factory.mktemp("export") / "d"
    return open_dataset(str(make_tiny_dataset(root, lines=("a", "b"))))


def exported(dataset: Dataset, to: str, out: Path, splits=(), lines=()) -> Exported:
    return export(dataset, to, str(out), splits=splits, lines=lines, reporter=Reporter(-1))


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_webdataset_reads_the_export(dataset: Dataset, tmp_path: Path):
    wds = pytest.importorskip("webdataset")
    exported(dataset, "webdataset", tmp_path / "w")
    ours = {row["id"]: row for row in dataset.rows()}
    samples = list(wds.WebDataset(str(tmp_path / "w" / TRAIN_TAR), shardshuffle=False).decode("rgb8"))
    assert [sample["__key__"] for sample in samples] == list(ours)
    for sample in samples:
        row = ours[sample["__key__"]]
        np.testing.assert_array_equal(sample["color.jpg"], decode(row["color"]["bytes"]).pixels)
        np.testing.assert_array_equal(sample["line_a.png"][..., 0], decode_line(row["line_a"]["bytes"]))
        assert ("line_authentic.png" in sample) == (row["line_authentic"] is not None)
        assert sample["json"]["license"] == row["license"]
        assert sample["json"]["phash"] == row["phash"].hex()
        assert sample["json"]["line_b_params"] == row["line_b_params"]


def test_folders_hold_the_same_names_everywhere(dataset: Dataset, tmp_path: Path):
    done = exported(dataset, "folder", tmp_path / "f")
    names = {split: {row["id"] for row in dataset.rows(split=split)} for split in dataset.splits()}
    for split, ids in names.items():
        for folder in ("color", "0", "1"):
            assert {path.stem for path in (tmp_path / "f" / split / folder).glob("*.png")} == ids
    row = next(dataset.rows())
    folder = tmp_path / "f" / "train"
    np.testing.assert_array_equal(
        np.asarray(Image.open(folder / "color" / f"{row['id']}.png")), decode(row["color"]["bytes"]).pixels
    )
    np.testing.assert_array_equal(
        np.asarray(Image.open(folder / "1" / f"{row['id']}.png")), decode_line(row["line_b"]["bytes"])
    )
    told = [json.loads(line) for line in (folder / "rows.jsonl").read_text().splitlines()]
    assert {row["id"] for row in told} == names["train"]
    assert all(row["license"] and row["refs"] for row in told)
    assert done.manifest["lines"] == {"0": "a", "1": "b"}
    assert done.manifest["rows"] == {"train": 6, "validation": 1, "test": 1}
    assert len(list((folder / "authentic").iterdir())) == 1


@pytest.mark.parametrize("to", ["folder", "webdataset"])
def test_an_export_is_the_same_every_time_and_checks_itself(dataset: Dataset, tmp_path: Path, to: str):
    first, second = (exported(dataset, to, tmp_path / name) for name in ("one", "two"))
    assert first == second
    files = contents(tmp_path / "one")
    assert files == contents(tmp_path / "two")
    assert seal(json.loads(files["export.json"])) == json.loads(files["export.json"])
    sums = dict(reversed(line.split("  ", 1)) for line in files["SHA256SUMS"].decode().splitlines())
    listed = {name: data for name, data in files.items() if name not in ("export.json", "SHA256SUMS")}
    assert sums == {name: hashlib.sha256(data).hexdigest() for name, data in listed.items()}
    assert first.manifest["dataset"]["digest"] == dataset.digest
    again = exported(dataset, to, tmp_path / "one")
    assert (again.fresh, again.manifest) == (False, first.manifest)


def test_splits_and_lines_are_chosen(dataset: Dataset, tmp_path: Path):
    exported(dataset, "folder", tmp_path / "f", splits=["test"], lines=["b"])
    assert {path.name for path in (tmp_path / "f").iterdir()} == {"test", "export.json", "SHA256SUMS"}
    assert {path.name for path in (tmp_path / "f" / "test").iterdir()} == {"color", "0", "authentic", "rows.jsonl"}
    exported(dataset, "webdataset", tmp_path / "w", lines=["b"])
    assert b".line_a." not in (tmp_path / "w" / TRAIN_TAR).read_bytes()
    with pytest.raises(UsageError, match="no split 'tset'.*did you mean 'test'"):
        exported(dataset, "folder", tmp_path / "x", splits=["tset"])
    with pytest.raises(UsageError, match="no line column 'c'"):
        exported(dataset, "folder", tmp_path / "x", lines=["c"])


def test_rows_without_a_line_are_left_out_of_folders_and_counted(tmp_path: Path):
    rows = list(open_dataset(str(make_tiny_dataset(tmp_path / "d"))).rows())[:3]
    rows[1] = rows[1] | {"line_xdog_03": None}
    place = {"config": "pairs", "split": "train", "number": 0, "of": 1}
    facts = write_shard(str(tmp_path / "x.parquet"), pairs_schema({"xdog_03": PARAMS}), rows, **place)
    head = {"name": "x", "version": "1", "digest": "0" * 64, "schema_version": "1.0.0"}
    files = [{"path": "x.parquet", "rows": facts.rows, "config": "pairs", "split": "train"}]
    draft = Dataset(str(tmp_path), head | {"files": files})
    done = exported(draft, "folder", tmp_path / "f")
    assert (done.manifest["rows"], done.manifest["left_out"]) == ({"train": 2}, {"train": 1})
    assert len(list((tmp_path / "f" / "train" / "color").iterdir())) == 2
    assert exported(draft, "webdataset", tmp_path / "w").manifest["left_out"] == {"train": 0}


def test_nothing_is_overwritten(dataset: Dataset, tmp_path: Path):
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "mine.txt").write_text("mine")
    with pytest.raises(DatasetError, match=r"holds other files: mine\.txt"):
        exported(dataset, "folder", tmp_path / "f")
    assert contents(tmp_path / "f") == {"mine.txt": b"mine"}
    exported(dataset, "webdataset", tmp_path / "w")
    with pytest.raises(DatasetError, match="another export lies there"):
        exported(dataset, "folder", tmp_path / "w")
    (tmp_path / "w" / "export.json").write_text("{}")
    with pytest.raises(DatasetError, match="manifest was changed"):
        exported(dataset, "webdataset", tmp_path / "w")


def test_an_interrupted_export_is_written_anew(dataset: Dataset, tmp_path: Path):
    exported(dataset, "folder", tmp_path / "f")
    whole = contents(tmp_path / "f")
    (tmp_path / "f" / "export.json").unlink()
    next((tmp_path / "f" / "train" / "0").iterdir()).write_bytes(b"half")
    assert exported(dataset, "folder", tmp_path / "f").fresh
    assert contents(tmp_path / "f") == whole


def test_the_command_says_what_it_wrote(dataset: Dataset, tmp_path: Path):
    command = [sys.executable, "-m", "lcpipe.pipeline", "export", dataset.root, str(tmp_path / "f"), "--to", "folder"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "written   8 rows" in done.stdout
    assert "lines     0 is line_a" in done.stdout
