"""Datasets as a source: ours with their evidence, other Parquet files by their column of pictures."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.pictures import run_build
from support.tiny_dataset import make_tiny_dataset

from lcpipe.pipeline.crawl import crawl
from lcpipe.pipeline.dataset.encode import encode_color
from lcpipe.pipeline.dataset.errors import LcpipeError
from lcpipe.pipeline.dataset.reading import open_dataset
from lcpipe.pipeline.parts import Place, read_place
from lcpipe.pipeline.progress import Reporter
from lcpipe.pipeline.recipe import Recipe, parse_recipe
from lcpipe.pipeline.toml_text import toml_text

OLDEST = Path(__file__).parents[1] / "dataset" / "versions" / "1.0.0" / "dataset"


def table(**settings: Any) -> dict[str, Any]:
    return {
        "name": "again", "sources": {"old": {"kind": "dataset", **settings}},
        "render": {"short_side": 64}, "lines": {"one": {"extractor": "xdog"}},
    }  # fmt: skip


def recipe(tmp_path: Path, **settings: Any) -> Recipe:
    return parse_recipe(table(**settings), folder=tmp_path, where="recipe.toml")


def rows_of(tmp_path: Path, wanted: Recipe) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = crawl(wanted, str(tmp_path / "cache"), Reporter(-1))[0].listing.to_pylist()
    return rows


def colors(count: int) -> list[bytes]:
    rng = np.random.default_rng(0)
    return [encode_color(rng.integers(0, 255, (80, 80, 3), np.uint8))[0] for _ in range(count)]


def test_a_dataset_of_ours_keeps_its_evidence(tmp_path: Path) -> None:
    make_tiny_dataset(tmp_path / "tiny")
    rows = rows_of(tmp_path, recipe(tmp_path, path="tiny"))
    dataset = open_dataset(str(tmp_path / "tiny"))
    known = {row["id"]: row for split in dataset.splits("pairs") for row in dataset.rows("pairs", split)}
    assert {row["native_id"] for row in rows} == set(known)
    for row in rows:
        old = known[row["native_id"]]
        assert read_place(Place(row["blob"], row["offset"], row["length"])) == old["color"]["bytes"]
        for name in ("license", "artist", "rating", "tags_general", "page_url", "score"):
            assert row[name] == old[name]
        assert row["fetched_sha256"] == (old["fetched_sha256"] or old["id"])  # so takedowns of originals are found


def test_a_dataset_of_an_older_version_is_a_source_too(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, recipe(tmp_path, path=str(OLDEST)))
    assert len(rows) == 2
    assert [row["fetched_sha256"] for row in rows] == [row["native_id"] for row in rows]


def test_splits_can_be_chosen_and_a_second_crawl_reads_nothing(tmp_path: Path) -> None:
    make_tiny_dataset(tmp_path / "tiny", splits={"train": 3, "test": 2})
    wanted = recipe(tmp_path, path="tiny", splits=["test"])
    first = rows_of(tmp_path, wanted)
    assert len(first) == 2
    for shard in (tmp_path / "tiny" / "data").rglob("*.parquet"):
        pq.read_metadata(shard)
    assert rows_of(tmp_path, wanted) == first
    with pytest.raises(LcpipeError, match="no split 'validation'"):
        rows_of(tmp_path, recipe(tmp_path, path="tiny", splits=["validation"]))


@pytest.mark.parametrize("shape", ["struct", "binary"])
def test_parquet_files_of_anybody(tmp_path: Path, shape: str) -> None:
    data = colors(6)
    cells = [{"bytes": one, "path": f"{n}.jpg"} for n, one in enumerate(data)] if shape == "struct" else data
    (tmp_path / "theirs").mkdir()
    for part in range(2):
        rows = {"image": cells[part * 3 : part * 3 + 3], "license": ["MIT"] * 3, "who": ["x", "y", "z"]}
        pq.write_table(pa.table(rows), tmp_path / "theirs" / f"train-{part}.parquet")
    rows = rows_of(tmp_path, recipe(tmp_path, path="theirs", columns={"artist": "who"}))
    assert [row["native_id"] for row in rows] == [f"train-{part}.parquet:{n}" for part in range(2) for n in range(3)]
    assert [read_place(Place(row["blob"], row["offset"], row["length"])) for row in rows] == data
    assert {(row["license"], row["artist"]) for row in rows} == {("MIT", "x"), ("MIT", "y"), ("MIT", "z")}
    assert rows_of(tmp_path, recipe(tmp_path, path="theirs", columns={"artist": "who"})) == rows


def test_a_row_without_a_picture_is_a_reason_and_its_neighbours_stay(tmp_path: Path) -> None:
    cells = [{"bytes": one, "path": "a.jpg"} for one in colors(2)]
    pq.write_table(pa.table({"image": [cells[0], {"bytes": None, "path": "b.jpg"}, cells[1]]}), tmp_path / "a.parquet")
    rows = rows_of(tmp_path, recipe(tmp_path, path="a.parquet"))
    assert {row["native_id"]: row["reason"] for row in rows} == {
        "a.parquet:0": None, "a.parquet:1": "removed", "a.parquet:2": None
    }  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"path": "none"}, "no dataset and no Parquet files"),
        ({"path": "a.parquet", "image_column": "text"}, "no column of pictures"),
        ({"path": "text.parquet"}, "no column of pictures"),
        ({"path": "broken.parquet"}, "cannot be read as Parquet"),
    ],
)
def test_what_is_no_dataset_is_named(tmp_path: Path, settings: dict[str, Any], says: str) -> None:
    pq.write_table(pa.table({"image": colors(1), "text": ["a"]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"text": ["a"]}), tmp_path / "text.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(LcpipeError) as caught:
        rows_of(tmp_path, recipe(tmp_path, **settings))
    assert says in str(caught.value)


def test_a_dataset_can_be_built_from_a_dataset(tmp_path: Path) -> None:
    pq.write_table(pa.table({"image": colors(5)}), tmp_path / "a.parquet")
    (tmp_path / "recipe.toml").write_text(toml_text(table(path="a.parquet")))
    report = run_build(tmp_path / "recipe.toml")
    assert open_dataset(report.packed.root).manifest["counts"]["found"] == 5
