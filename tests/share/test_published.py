"""A dataset of real illustrations, built, copied to where others find it, and opened with each of their tools."""

import json
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pytest
from support.pictures import run_build, write_recipe
from support.tiny_run import smallest

from lcpipe.model.loader import Loader
from lcpipe.pipeline.dataset.copying import copy
from lcpipe.pipeline.dataset.reading import Dataset, open_dataset
from lcpipe.pipeline.dataset.streaming import decoded_rows
from lcpipe.pipeline.dataset.verify import verify

pytestmark = pytest.mark.slow

HUGGING_FACE = """
import json, sys
from datasets import load_dataset
rows = load_dataset(sys.argv[1], "pairs", split="train", streaming=True)
print(json.dumps([[row["id"], row["color"].size, row["line_xdog_03"].mode, row["license"]] for row in rows]))
"""


@pytest.fixture(scope="module")
def published(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """A few illustrations of the shared corpus as a dataset, copied to another place."""
    folder = tmp_path_factory.mktemp("published")
    source = {"kind": "folder", "path": str(shared / "corpus"), "glob": "illustrations/**/*", "role": "color"}
    packed = run_build(write_recipe(folder, sources={"local": source}, render={"short_side": 128}), limit=30).packed
    copy(packed.root, str(folder / "theirs"))
    assert verify(str(folder / "theirs"), full=True) == []
    return open_dataset(str(folder / "theirs"))


@pytest.fixture(scope="module")
def expected(published: Dataset) -> dict[str, tuple[int, int, str]]:
    return {row["id"]: (row["width"], row["height"], row["license"]) for row in published.rows()}


def test_hugging_face(published: Dataset, expected, tmp_path: Path):
    """By the folder alone: its card says where the splits lie."""
    environment = os.environ | {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", HUGGING_FACE, published.root]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout.splitlines()[-1])
    assert {id: (*size, license) for id, size, _, license in rows} == expected
    assert {mode for _, _, mode, _ in rows} == {"L"}


def test_pandas(published: Dataset, expected):
    frame = pd.concat(map(pd.read_parquet, published.shards()))
    assert dict(zip(frame["id"], zip(frame["width"], frame["height"], frame["license"], strict=True), strict=True)) == (
        expected
    )
    assert all(cell["bytes"][:2] == b"\xff\xd8" for cell in frame["color"])


def test_polars(published: Dataset, expected):
    frame = pl.scan_parquet(list(published.shards())).select("id", "width", "height", "license").collect()
    assert {row[0]: row[1:] for row in frame.rows()} == expected


def test_duckdb(published: Dataset, expected):
    rows = duckdb.read_parquet(list(published.shards())).project("id, width, height, license").fetchall()
    assert {row[0]: row[1:] for row in rows} == expected


def test_pytorch_by_our_loader(published: Dataset, expected):
    batches = Loader(published, smallest()).steps(0)
    shapes = {(batch.line.shape[1:], batch.color.shape[1:]) for _, batch in islice(batches, 5)}
    batches.close()
    assert shapes == {((1, 32, 32), (3, 32, 32))}
    assert {row["id"]: row["color"].shape[1::-1] for row in decoded_rows(published, columns=["id", "color"])} == {
        id: (width, height) for id, (width, height, _) in expected.items()
    }
