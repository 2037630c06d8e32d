"""Datasets of every schema version so far are still read, and the version number says what changed since."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lcpipe.pipeline.dataset import schema as contract
from lcpipe.pipeline.dataset.digest import dataset_digest, row_digests
from lcpipe.pipeline.dataset.reading import open_dataset
from lcpipe.pipeline.dataset.schema import SCHEMA_VERSION, change_between, pairs_schema, schema_document
from lcpipe.pipeline.dataset.streaming import decoded_rows
from lcpipe.pipeline.dataset.verify import verify

VERSIONS = sorted((Path(__file__).parent / "versions").iterdir())


def numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


@pytest.mark.parametrize("folder", VERSIONS, ids=lambda folder: folder.name)
def test_a_dataset_of_each_version_is_whole_and_read(folder: Path):
    root = str(folder / "dataset")
    dataset = open_dataset(root)
    assert dataset.manifest["schema_version"] == folder.name
    assert [str(problem) for problem in verify(root, full=True)] == []
    rows = list(decoded_rows(dataset))
    assert [row["color"].shape for row in rows] == [(32, 32, 3)] * 2
    assert [row["line_xdog_03"].shape for row in rows] == [(32, 32)] * 2
    assert dataset.find(rows[0]["id"]).row["license"] == rows[0]["license"]
    assert dataset.drops().num_rows == 3


@pytest.mark.parametrize("folder", VERSIONS, ids=lambda folder: folder.name)
def test_the_digest_of_a_version_is_computed_as_it_was_then(folder: Path):
    dataset = open_dataset(str(folder / "dataset"))
    rows = {
        config: {
            split: [pair for table in dataset.tables(config, split) for pair in row_digests(table)]
            for split in dataset.splits(config)
        }
        for config in dataset.configs
    }
    assert dataset_digest(rows, folder.name) == dataset.digest


@pytest.mark.parametrize("folder", VERSIONS, ids=lambda folder: folder.name)
def test_the_version_number_says_what_changed(folder: Path):
    """If this fails, the columns have changed: raise SCHEMA_VERSION, give new columns their `since`, keep a fixture."""
    old, new = numbers(folder.name), numbers(SCHEMA_VERSION)
    change = change_between(json.loads((folder / "schema.json").read_text()), schema_document())
    allowed = {"none"} if old == new else {"none", "minor"} if old[0] == new[0] else {"none", "minor", "major"}
    assert change in allowed
    assert old <= new


def test_the_current_version_has_its_fixture():
    assert SCHEMA_VERSION in {folder.name for folder in VERSIONS}


def document(change: Any) -> dict[str, Any]:
    changed = deepcopy(schema_document())
    change(changed["configs"]["pairs"])
    return changed


NEW = {"name": "later", "type": "string", "null": True, "meaning": "", "since": "1.1.0"}


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda columns: None, "none"),
        (lambda columns: columns[3].update(meaning="put better"), "none"),
        (lambda columns: columns.append(NEW), "minor"),
        (lambda columns: columns.append(NEW | {"null": False}), "major"),
        (lambda columns: columns.pop(), "major"),
        (lambda columns: columns[0].update(type="binary"), "major"),
        (lambda columns: columns[0].update(null=True), "major"),
        (lambda columns: columns[0].update(name="identity"), "major"),
    ],
)
def test_changes_are_told_apart(change: Any, kind: str):
    assert change_between(schema_document(), document(change)) == kind


def test_a_column_is_asked_for_only_from_its_version_on():
    columns = (
        contract.Column("old", pa.string(), False, "was always there"),
        contract.Column("later", pa.string(), True, "came later", since="1.2.0"),
    )
    assert contract._later_columns(columns, "1.1.9") == {"later"}
    assert contract._later_columns(columns, "1.2.0") == set()
    assert contract._later_columns(columns, "1.10.0") == set()
    without = pairs_schema({}).remove(0)
    assert contract.schema_problems("pairs", without, "nonsense") == ["no column id"]
