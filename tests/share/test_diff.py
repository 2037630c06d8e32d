"""`diff` names every row, cell, reason, key and version that is not the same, and nothing else."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.tiny_dataset import PARAMS, make_tiny_dataset

from lcpipe.pipeline.dataset.manifest import write_manifest
from lcpipe.pipeline.dataset.reading import Dataset, open_dataset
from lcpipe.pipeline.dataset.schema import pairs_schema
from lcpipe.pipeline.dataset.shards import write_drops, write_shard
from lcpipe.pipeline.diff import diff, lines

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_dataset(str(make_tiny_dataset(tmp_path_factory.mktemp("diff") / "a")))


def changed(
    before: Dataset,
    root: Path,
    change: Callable[[Rows], Rows] = lambda rows: rows,
    drop: Callable[[Rows], Rows] = lambda rows: rows,
    schema: Any = None,
    **manifest: Any,
) -> Dataset:
    """The dataset with changed rows of its train split, changed drops and a changed manifest."""
    shutil.copytree(before.root, root)
    rows = change(list(before.rows()))
    place = {"config": "pairs", "split": "train", "number": 0, "of": 1}
    path = before.shards()[0].removeprefix(before.root + "/")
    write_shard(f"{root}/{path}", schema or pairs_schema({"xdog_03": PARAMS}), rows, **place)
    write_drops(f"{root}/drops.parquet", drop(before.drops().to_pylist()))
    write_manifest(str(root), before.manifest | {"digest": "1" * 64} | manifest)
    return open_dataset(str(root))


def test_a_dataset_does_not_differ_from_itself(before: Dataset):
    told = diff(before, before)
    assert told["same"]
    assert told["unchanged"] == 10
    assert (told["added"]["rows"], told["removed"]["rows"]) == (0, 0)
    assert not any(told[key] for key in ("changed", "moved", "drops", "columns", "recipe", "versions"))
    assert "the rows are the same" in lines(told)


def test_rows_that_went_say_why(before: Dataset, tmp_path: Path):
    (first, second, *_) = [row["id"] for row in before.rows()]

    def drop(rows: Rows) -> Rows:
        return [*rows, rows[0] | {"id": first, "reasons": ["grayscale", "min_side"], "reason": "grayscale"}]

    after = changed(before, tmp_path / "b", lambda rows: rows[2:], drop)
    told = diff(before, after)
    assert {row["id"]: row["reasons"] for row in told["removed"]["ids"]} == {
        first: ["grayscale", "min_side"],
        second: ["was not found"],
    }
    assert told["removed"]["reasons"] == {"grayscale": 1, "was not found": 1}
    assert told["drops"] == {"grayscale": (0, 1)}
    back = diff(after, before)
    assert back["added"]["reasons"] == {"grayscale": 1, "was not found before": 1}
    assert any("2 rows removed: grayscale 1, was not found 1" in line for line in lines(told))


def test_changed_cells_are_told_by_kind(before: Dataset, tmp_path: Path):
    def change(rows: Rows) -> Rows:
        rows[0]["line_xdog_03"], rows[1]["line_xdog_03_params"] = rows[1]["line_xdog_03"], None
        rows[1]["color"] = rows[2]["color"]
        rows[2] |= {"phash": b"12345678", "tags_general": ["another"], "license": "other"}
        rows[3]["pair_score"] = 0.5
        return rows

    ids = [row["id"] for row in before.rows()]
    told = diff(before, changed(before, tmp_path / "b", change))["changed"]
    assert told == {
        "lines": {
            "line_xdog_03": {"rows": 1, "ids": [ids[0]]},
            "line_xdog_03_params": {"rows": 1, "ids": [ids[1]]},
        },
        "color": {"color": {"rows": 1, "ids": [ids[1]]}},
        "measurements": {"pair_score": {"rows": 1, "ids": [ids[3]]}, "phash": {"rows": 1, "ids": [ids[2]]}},
        "rights": {"license": {"rows": 1, "ids": [ids[2]]}},
        "metadata": {"tags_general": {"rows": 1, "ids": [ids[2]]}},
    }


def test_moved_rows_new_columns_recipe_and_versions(before: Dataset, tmp_path: Path):
    test = next(before.rows(split="test"))
    provenance = before.manifest["provenance"]
    recipe = provenance["recipe"] | {"seed": 7, "filters": {"grayscale": {}}, "lines": {"b": {"sigma": 0.4}}}
    schema = pairs_schema({"xdog_03": PARAMS, "b": PARAMS})
    after = changed(
        before, tmp_path / "b", lambda rows: [*rows, test], schema=schema,
        provenance=provenance | {"recipe": recipe, "lcpipe": {"version": "9.9"}},
        files=[file for file in before.manifest["files"] if file.get("split") != "test" or file["config"] != "pairs"],
    )  # fmt: skip
    told = diff(before, after)
    assert told["moved"] == {"test → train": 1}
    assert told["columns"] == {"+": ["pairs.line_b", "pairs.line_b_params"]}
    assert told["recipe"]["seed"] == {"a": 0, "b": 7}
    assert told["recipe"]["lines.b.sigma"] == {"b": 0.4}
    assert told["recipe"]["lines.xdog_03.sigma"] == {"a": 0.3}
    assert told["versions"]["lcpipe.version"] == {"a": "0.1.0", "b": "9.9"}
    said = lines(told)
    assert "moved test → train: 1 row" in said
    assert "recipe seed: 0 → 7" in said
    assert 'version lcpipe.version: "0.1.0" → "9.9"' in said


def test_hostile_words_stay_words(before: Dataset, tmp_path: Path):
    bad = "\x1b[31m\u202e<script>"
    provenance = before.manifest["provenance"] | {"recipe": {bad: {"x": bad}}}
    after = changed(
        before, tmp_path / "b", lambda rows: rows[1:], lambda rows: [rows[0] | {"reasons": [bad], "reason": bad}],
        provenance=provenance, version=bad,
    )  # fmt: skip
    said = "\n".join(lines(diff(before, after)))
    assert "\x1b" not in said
    assert "\u202e" not in said
