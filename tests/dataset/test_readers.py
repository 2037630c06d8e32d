"""Datasets open with the tools that people already use, without any code of ours."""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow.dataset as pads
import pytest

from lcpipe.pipeline.dataset.decode import decode
from lcpipe.pipeline.dataset.reading import open_dataset


@pytest.fixture
def shards(tiny_dataset: Path) -> str:
    return str(tiny_dataset / "data" / "pairs" / "*.parquet")


@pytest.fixture(scope="module")
def hugging_face(tmp_path_factory: pytest.TempPathFactory):
    """The `datasets` library, offline and with its caches in a folder of the test."""
    patch = pytest.MonkeyPatch()
    patch.setenv("HF_HUB_OFFLINE", "1")
    patch.setenv("HF_HOME", str(tmp_path_factory.mktemp("hugging_face")))
    import datasets

    datasets.disable_progress_bars()
    yield datasets
    patch.undo()


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_hugging_face_yields_pictures(hugging_face, shards, tiny_dataset, tmp_path, streaming):
    loaded = hugging_face.load_dataset(
        "parquet", data_files=shards, split="train", cache_dir=str(tmp_path), streaming=streaming
    )
    dataset = open_dataset(tiny_dataset)
    ours = {row["id"]: row for split in dataset.splits() for row in dataset.rows(split=split)}
    count = 0
    for row in loaded:
        count += 1
        expected = ours[row["id"]]
        np.testing.assert_array_equal(np.asarray(row["color"]), decode(expected["color"]["bytes"]).pixels)
        assert (row["line_xdog_03"].mode, row["line_xdog_03"].size) == ("L", (64, 64))
        assert (row["line_authentic"] is None) == (expected["line_authentic"] is None)
        assert row["line_xdog_03_params"] == expected["line_xdog_03_params"]
        assert row["tags_general"] == expected["tags_general"]
        assert row["phash"] == expected["phash"]
    assert count == len(ours) == 8


def test_hugging_face_takes_every_feature_from_the_file(hugging_face, shards, tmp_path):
    loaded = hugging_face.load_dataset("parquet", data_files=shards, split="train", cache_dir=str(tmp_path))
    features = loaded.features
    assert {name for name, feature in features.items() if isinstance(feature, hugging_face.Image)} == {
        "color", "line_xdog_03", "line_authentic",
    }  # fmt: skip
    assert features["created_at"].dtype == "timestamp[us, tz=UTC]"


def test_duckdb_reads_and_filters(shards):
    query = f"select count(*), min(width), count(distinct cluster) from '{shards}' where license = 'unknown'"  # noqa: S608
    every = f"select count(*), sum(line_xdog_03_params.sigma), max(octet_length(color.bytes)) from '{shards}'"  # noqa: S608
    assert duckdb.sql(query).fetchall()[0][1] == 64
    [(count, sigma, largest)] = duckdb.sql(every).fetchall()
    assert (count, round(sigma, 6)) == (8, 2.4)
    assert largest > 500


def test_polars_reads(shards):
    frame = pl.scan_parquet(shards).select("id", "phash", "tags_general", "created_at", "refs", "score").collect()
    assert frame.shape == (8, 6)
    assert frame["phash"][0] == bytes.fromhex(frame["id"][0][:16])
    assert frame["refs"][0][0]["source"] == "local"


def test_pandas_reads(tiny_dataset, shards):
    frame = pd.concat(
        pd.read_parquet(path, columns=["id", "rating", "created_at", "consent"])
        for path in sorted((tiny_dataset / "data" / "pairs").iterdir())
    )
    assert len(frame) == 8
    assert set(frame["rating"]) <= set("gsqe")
    assert str(frame["created_at"].dtype) == "datetime64[us, UTC]"


def test_arrow_reads_a_folder_of_shards(tiny_dataset):
    table = pads.dataset(tiny_dataset / "data" / "pairs").to_table(columns=["id", "width"])
    assert table.num_rows == 8
