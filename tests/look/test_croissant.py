"""croissant.json is valid for mlcroissant, which reads rows back through it."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from lcpipe.pipeline.croissant import croissant
from lcpipe.pipeline.dataset.reading import Dataset


def written(dataset: Dataset) -> Path:
    """The description beside the shards that it describes."""
    path = Path(dataset.root, "croissant.json")
    path.write_text(json.dumps(croissant(dataset)), encoding="utf-8")
    return path


def test_every_column_and_every_shard_is_described(tiny: Dataset) -> None:
    document = croissant(tiny)
    pairs = next(records for records in document["recordSet"] if records["name"] == "pairs")
    schema = tiny.schema("pairs")
    assert schema is not None
    assert [field["name"] for field in pairs["field"]] == ["split", *schema.names]
    shards = [file for file in document["distribution"] if file["@type"] == "cr:FileObject"]
    assert [shard["sha256"] for shard in shards] == [f["sha256"] for f in tiny.manifest["files"] if "config" in f]
    assert croissant(tiny) == document


def test_hostile_and_empty_datasets_are_described_too(hostile: Dataset, empty: Dataset) -> None:
    assert "x" * 500 not in json.dumps(croissant(hostile))
    assert [records["name"] for records in croissant(empty)["recordSet"]] == ["splits"]


@pytest.mark.filterwarnings("ignore")  # its own, of the packages it uses
@pytest.mark.parametrize("name", ["tiny", "hostile"])
def test_mlcroissant_finds_no_error_and_reads_a_picture(
    name: str, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    if importlib.util.find_spec("mlcroissant") is None:
        pytest.skip("mlcroissant is not installed")
    import mlcroissant

    dataset = request.getfixturevalue(name)
    described = mlcroissant.Dataset(str(written(dataset)))
    assert not described.metadata.ctx.issues.errors
    rows: list[dict[str, Any]] = list(described.records("pairs"))
    assert len(rows) == 24
    assert "Could not match" not in caplog.text
    assert rows[0]["pairs/color"].size == (64, 64)
    assert {row["pairs/split"] for row in rows} == {b"train", b"validation", b"test"}
    assert rows[0]["pairs/line_xdog_03_params"]["pairs/line_xdog_03_params/extractor"] == b"xdog"
    assert len(rows[0]["pairs/refs"]) == 1
