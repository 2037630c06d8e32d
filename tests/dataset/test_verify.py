"""Verify finds every damage, says where it is, and never breaks on what it finds."""

import json
import os
import random
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.pictures import run_build, write_pictures, write_recipe
from support.tiny_dataset import make_tiny_dataset

from lcpipe.pipeline.dataset.canonical import sha256_hex
from lcpipe.pipeline.dataset.digest import dataset_digest
from lcpipe.pipeline.dataset.encode import encode_line
from lcpipe.pipeline.dataset.errors import DatasetError
from lcpipe.pipeline.dataset.manifest import MANIFEST, read_manifest, write_manifest
from lcpipe.pipeline.dataset.problems import Problem
from lcpipe.pipeline.dataset.reading import open_dataset
from lcpipe.pipeline.dataset.shards import write_drops, write_shard
from lcpipe.pipeline.dataset.verify import verify

TRAIN = "data/pairs/train-00000-of-00001.parquet"
TEST = "data/pairs/test-00000-of-00001.parquet"


@pytest.fixture
def root(tiny_dataset: Path, tmp_path: Path) -> Path:
    """A dataset of the test's own, to damage."""
    return Path(shutil.copytree(tiny_dataset, tmp_path / "dataset"))


def found(root: Path, *, full: bool = True) -> list[str]:
    return [str(problem) for problem in verify(str(root), full=full)]


def reseal(root: Path, **changes) -> None:
    """Writes the manifest anew, as someone would who changes a dataset and knows how."""
    manifest = read_manifest(str(root)) | changes
    for entry in manifest["files"]:
        data = (root / entry["path"]).read_bytes()
        entry |= {"bytes": len(data), "sha256": sha256_hex(data)}
    write_manifest(str(root), manifest)


def rewrite(root: Path, split: str, change) -> None:
    """Writes the shard of a split anew with changed rows, and seals that."""
    dataset = open_dataset(root)
    rows = change(list(dataset.rows(split=split)))
    (uri,) = dataset.shards(split=split)
    write_shard(uri, dataset.schema("pairs").remove_metadata(), rows, config="pairs", split=split, number=0, of=1)
    reseal(root)


@pytest.mark.parametrize("full", [False, True])
def test_a_whole_dataset_has_no_problems(tiny_dataset, full):
    assert verify(str(tiny_dataset), full=full) == []


def test_a_dataset_that_dropped_everything_is_whole(root):
    shutil.rmtree(root / "data")
    manifest = read_manifest(str(root))
    files = [entry for entry in manifest["files"] if "config" not in entry]
    counts = manifest["counts"] | {"found": 3, "kept": 0, "paired": 0, "splits": {}}
    write_manifest(
        str(root), manifest | {"files": files, "counts": counts, "licenses": {}, "digest": dataset_digest({})}
    )
    assert verify(str(root), full=True) == []
    assert open_dataset(root).line_columns == ()


def test_a_problem_says_where_it_is():
    assert str(Problem("a.parquet", 3, "is wet")) == "a.parquet, row group 3: is wet"
    assert str(Problem("a.parquet", None, "is wet")) == "a.parquet: is wet"


def test_a_folder_without_a_manifest_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match="not a dataset"):
        verify(str(tmp_path))


@pytest.mark.parametrize("full", [False, True])
def test_a_flipped_bit_in_a_picture_is_found_in_its_row_group(tmp_path, full):
    root = make_tiny_dataset(tmp_path / "d", side=16, splits={"train": 250})
    path = root / TRAIN
    data = bytearray(path.read_bytes())
    at = pq.read_metadata(path).row_group(1).column(1).data_page_offset + 500
    data[at] ^= 1
    path.write_bytes(data)
    problems = verify(str(root), full=full)
    assert [(problem.file, problem.row_group) for problem in problems] == [(TRAIN, None), (TRAIN, 1)]
    assert "CRC" in problems[1].what


def test_a_manifest_edited_by_hand(root):
    path = root / "manifest.json"
    path.write_text(path.read_text().replace('"name": "tiny"', '"name": "tony"'))
    assert found(root) == ["manifest.json: was changed after it was written: its sha256 differs"]
    path.write_text("{")
    assert found(root)[0].startswith("manifest.json: the manifest is not JSON")
    path.write_text("[]")
    assert found(root)[0].startswith("manifest.json: the manifest is not one")


def test_a_manifest_with_other_bytes_of_the_same_content(root):
    path = root / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text())))
    assert found(root) == ["manifest.json: was written anew by something else: same content, other bytes"]


def test_missing_additional_and_foreign_files(root):
    (root / "README.md").unlink()
    (root / "notes.txt").write_text("mine")
    (root / "data" / "pairs" / ".hidden.tmp").write_text("left over")
    assert found(root) == [
        "README.md: is missing",
        "data/pairs/.hidden.tmp: is not in the manifest",
        "notes.txt: is not in the manifest",
    ]


def test_a_missing_shard(root):
    (root / TEST).unlink()
    assert f"{TEST}: is missing" in found(root)


@pytest.mark.parametrize("size", [0, 3, 100, -1, -8, -500])
def test_a_cut_shard(root, size):
    path = root / TRAIN
    path.write_bytes(path.read_bytes()[:size])
    assert all(problem.startswith((TRAIN, "manifest.json")) for problem in found(root))
    assert f"{TRAIN}: has" in found(root)[0]


def test_a_parquet_file_of_someone_else(root):
    pq.write_table(pa.table({"id": ["a"], "x": [1]}), root / TEST)
    reseal(root)
    assert f"{TEST}: was not written by lcpipe" in found(root, full=False)


def test_a_shard_in_the_place_of_another(root):
    shutil.copy(root / "data/pairs/validation-00000-of-00001.parquet", root / TEST)
    reseal(root)
    assert f"{TEST}: says that its split is validation, the manifest test" in found(root, full=False)


def test_a_shard_without_a_column(root):
    table = pq.read_table(root / TEST)
    pq.write_table(table.drop_columns(["cluster"]), root / TEST)
    reseal(root)
    assert f"{TEST}: no column cluster" in found(root, full=False)


def test_a_changed_value_is_found_by_the_digest(root):
    rewrite(root, "test", lambda rows: [row | {"score": 12345} for row in rows])
    assert found(root, full=False) == []
    assert [line for line in found(root) if "digest" in line]


def test_lost_and_doubled_rows(root):
    rewrite(root, "train", lambda rows: rows[:-1])
    assert f"{TRAIN}: has 5 rows, the manifest says 6" in found(root, full=False)
    rewrite(root, "train", lambda rows: [*rows, rows[0]])
    assert any("was counted more than once" in line for line in found(root, full=False))


@pytest.mark.parametrize("name", ["cluster", "id"])
def test_what_is_in_two_splits(root, name):
    first = next(open_dataset(root).rows())[name]
    rewrite(root, "test", lambda rows: [row | {name: first} for row in rows])
    assert f"manifest.json: {name} {first} is in the splits test and train" in found(root, full=False)


def test_families_in_two_splits(root):
    parent = next(open_dataset(root).rows())["refs"][0]["native_id"]
    rewrite(root, "test", lambda rows: [row | {"parent_id": parent} for row in rows])
    assert any(line.startswith(f"manifest.json: family local:{parent} is in") for line in found(root, full=False))


def test_pictures_that_cannot_be_decoded_or_are_of_another_size(root):
    small = {"bytes": encode_line(np.full((8, 8), 255, np.uint8)), "path": "a.png"}
    rewrite(root, "test", lambda rows: [row | {"line_xdog_03": small} for row in rows])
    assert any("line_xdog_03" in line and "is 8x8, its row says 64x64" in line for line in found(root, full=False))
    broken = {"bytes": b"\xff\xd8\xff nothing", "path": "a.jpg"}
    rewrite(root, "test", lambda rows: [row | {"color": broken} for row in rows])
    assert any("row group 0: color of" in line and "cannot be decoded" in line for line in found(root, full=False))


def test_many_broken_pictures_fill_no_screen(root):
    broken = {"bytes": b"nothing", "path": "a.jpg"}
    rewrite(root, "train", lambda rows: [row | {"color": broken, "line_xdog_03": broken} for row in rows])
    lines = [line for line in found(root) if line.startswith(TRAIN)]
    assert len(lines) == 6
    assert lines[-1].endswith("and 7 more like these")


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ({"found": 99}, "99 found are not"), ({"kept": 9, "found": 15}, "kept: the files have 10"),
        ({"reasons": {}}, "reasons: the files have"), ({"splits": {}}, "rows per split: the files have"),
        ({"splits": 3}, "is missing or not of type dict"), ({"splits": {"pairs": 3}}, "cannot be read"),
    ],
)  # fmt: skip
def test_counts_that_do_not_add_up(root, counts, says):
    reseal(root, counts=read_manifest(str(root))["counts"] | counts)
    lines = found(root, full=False)
    assert len(lines) == 1
    assert says in lines[0]


def test_licenses_are_counted(root):
    reseal(root, licenses={"CC0-1.0": 1})
    assert "licenses: the files have" in found(root, full=False)[0]


def test_a_digest_that_is_not_of_the_rows(root):
    reseal(root, digest="0" * 64)
    assert found(root, full=False) == []
    assert found(root)[0].startswith("manifest.json: the rows have the digest")
    (root / "notes.txt").write_text("mine")
    assert [line.partition(" ")[2] for line in found(root)][0] == "is not in the manifest"
    assert found(root)[1].startswith("manifest.json: the rows have the digest")


def test_files_outside_the_folder_are_not_touched(root):
    files = [*read_manifest(str(root))["files"], {"path": "../secret", "bytes": 0, "sha256": ""}]
    write_manifest(str(root), read_manifest(str(root)) | {"files": files})
    assert found(root) == ["../secret: leads out of the dataset"]


def test_drops_with_other_columns_or_an_id_that_was_kept(root):
    kept = next(open_dataset(root).rows())["id"]
    drops = open_dataset(root).drops().to_pylist()
    write_drops(str(root / "drops.parquet"), [drops[0] | {"id": kept}, *drops[1:]])
    reseal(root)
    assert found(root, full=False) == [f"manifest.json: id {kept[:12]} was counted more than once"]
    pq.write_table(pa.table({"id": ["a"]}), root / "drops.parquet")
    reseal(root)
    assert any(line.startswith("drops.parquet") for line in found(root, full=False))


def test_a_file_that_may_not_be_read(root):
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (root / TEST).chmod(0)
    assert f"{TEST}: no permission" in found(root)


PLACES = st.lists(st.integers(0, 30), max_size=5)
VALUES = st.sampled_from([None, True, -1, 1.5, 2**70, "", "a\0b", ".", "data", "../x", "/", "1", [], [1], {}, {"a": 1}])


def replaced(value, place: list[int], new):
    """A JSON value with another one at a place in it."""
    if not place or not isinstance(value, dict | list) or not value:
        return new
    items = list(value.items() if isinstance(value, dict) else enumerate(value))
    key, inner = items[place[0] % len(items)]
    changed = dict(items) | {key: replaced(inner, place[1:], new)}
    return changed if isinstance(value, dict) else list(changed.values())


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PLACES.filter(bool), VALUES)
def test_a_sealed_manifest_that_says_anything_breaks_nothing(root, place, new):
    path = root / "manifest.json"
    before = path.read_bytes()
    write_manifest(str(root), replaced(json.loads(before), place, new))
    assert all(isinstance(problem, Problem) for problem in verify(str(root), full=True))
    path.write_bytes(before)


@pytest.mark.parametrize("change", [{"format": 2}, {"schema_version": "2.0.0"}])
def test_a_later_format_cannot_be_verified(root, change):
    reseal(root, **change)
    assert any("which this lcpipe cannot read" in line for line in found(root, full=False))


def flips(root: Path, count: int, seed: int) -> list[tuple[Path, int, int]]:
    """(file, byte, change): one bit or a whole byte, anywhere in any file, small files as often as large ones."""
    rng = random.Random(seed)  # noqa: S311 - places to damage
    files = sorted(path for path in root.rglob("*") if path.is_file())
    chosen = [rng.choice(files) for _ in range(count)]
    return [(path, rng.randrange(path.stat().st_size), rng.choice([1 << rng.randrange(8), 255])) for path in chosen]


def every_flip_is_found(root: Path, count: int, seed: int) -> None:
    for path, at, change in flips(root, count, seed):
        whole = path.read_bytes()
        damaged = bytearray(whole)
        damaged[at] ^= change
        path.write_bytes(damaged)
        problems = verify(str(root), full=True)
        path.write_bytes(whole)
        name = str(path.relative_to(root))
        assert any(problem.file == name for problem in problems), f"byte {at} ^ {change} of {name}: {problems}"
    assert verify(str(root), full=True) == []


def test_every_flip_anywhere_is_found(root):
    every_flip_is_found(root, 60, seed=1)


@pytest.mark.slow
def test_every_flip_anywhere_is_found_at_length(tmp_path: Path):
    """In a dataset as it is packed, with its card, report, lock, list of drops and description."""
    write_pictures(tmp_path / "pictures", 6)
    root = Path(run_build(write_recipe(tmp_path), workers=1).packed.root)
    names = {path.name for path in root.rglob("*")}
    assert names >= {MANIFEST, "README.md", "croissant.json", "report.html", "drops.parquet", "test.lock.json"}
    every_flip_is_found(root, 500, seed=2)
