"""The card is read by the hub, by loaders and by people; its examples run."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pytest
import yaml

from lcpipe.pipeline.card import card_text, license_fields, size_category
from lcpipe.pipeline.dataset.reading import Dataset


def front_matter(card: str) -> dict[str, Any]:
    """The YAML between the two rules."""
    head, text, _ = card.split("---\n", 2)
    assert head == ""
    value: dict[str, Any] = yaml.safe_load(text)
    return value


@pytest.mark.parametrize("name", ["tiny", "hostile", "empty"])
def test_the_front_matter_is_what_the_hub_reads(name: str, request: pytest.FixtureRequest) -> None:
    matter = front_matter(card_text(request.getfixturevalue(name)))
    assert matter["license"] == "other"
    assert matter["task_categories"] == ["image-to-image"]
    assert matter["size_categories"] == ["n<1K"]
    assert all(info["config_name"] in ("pairs", "line_art") for info in matter["dataset_info"])


def test_the_audience_is_named(tiny: Dataset) -> None:
    assert "not-for-all-audiences" in front_matter(card_text(tiny))["tags"]


def test_features_and_sizes_are_those_of_the_shards(tiny: Dataset, tmp_path: Path) -> None:
    info = front_matter(card_text(tiny))["dataset_info"][0]
    shards = {split: str(Path(tiny.shards("pairs", split)[0])) for split in tiny.splits("pairs")}
    loaded = datasets.load_dataset("parquet", data_files=shards, cache_dir=str(tmp_path))
    assert datasets.Features._from_yaml_list(info["features"]) == loaded["train"].features
    assert {split["name"]: split["num_examples"] for split in info["splits"]} == loaded.num_rows


def test_the_folder_loads_by_its_card(tiny: Dataset, tmp_path: Path) -> None:
    folder, cache = tmp_path / "dataset", str(tmp_path / "cache")
    for file in tiny.manifest["files"]:
        target = folder / file["path"]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(Path(tiny.root, file["path"]).read_bytes())
    (folder / "README.md").write_text(card_text(tiny), encoding="utf-8")
    pairs = datasets.load_dataset(str(folder), "pairs", cache_dir=cache)
    assert pairs["train"][0]["color"].size == (64, 64)
    assert datasets.load_dataset(str(folder), "line_art", split="test", cache_dir=cache).num_rows == 2


def test_an_api_used_against_robots_txt_names_its_terms(tiny: Dataset) -> None:
    provenance = tiny.manifest["provenance"]
    facts = {"kind": "danbooru", "found": 1, "robots": "documented_api"}
    facts["settings"] = {"terms_url": "https://example.org/terms"}
    sources = {"sources": {"board": facts}}
    card = card_text(Dataset(tiny.root, {**tiny.manifest, "provenance": {**provenance, **sources}}))
    (row,) = [line for line in card.splitlines() if line.startswith("| board |")]
    assert "through the API that the site documents; terms: https" in row


@pytest.mark.parametrize("number", range(6))
def test_the_examples_run(tiny: Dataset, tmp_path: Path, number: int) -> None:
    examples = re.findall(r"```python\n(.*?)```", card_text(tiny), re.DOTALL)
    assert len(examples) == 6
    assert all(len(example.strip().splitlines()) <= 12 for example in examples)
    command = [sys.executable, "-c", examples[number].replace("DATASET", tiny.root)]
    own_cache = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    subprocess.run(command, check=True, timeout=120, env=own_cache)


def test_hostile_text_is_only_text(hostile: Dataset) -> None:
    card = card_text(hostile)
    body = re.sub(r"`[^`\n]+`", "", card.split("---\n", 2)[2])
    assert "<script" not in body
    assert "<img" not in body
    assert "](javascript" not in body
    assert "\u202e" not in card
    assert "x" * 500 not in card


def test_one_licence_for_all_is_named_as_the_hub_does() -> None:
    rights = pa.table({"license_url": pa.array([None, None], pa.string())})
    assert license_fields({"CC-BY-4.0": 2}, rights) == {"license": "cc-by-4.0"}
    assert license_fields({"GPL-3.0-or-later": 2}, rights) == {"license": "gpl-3.0"}
    assert license_fields({"unknown": 2}, rights) == {"license": "other", "license_name": "unknown"}
    assert license_fields({"CC-BY-4.0": 1, "MIT": 1}, rights)["license"] == "other"
    linked = license_fields({"https://creativecommons.org/licenses/by/3.0/de/": 2}, rights)
    assert linked["license_link"].startswith("https://")


@pytest.mark.parametrize(
    ("rows", "name"), [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**6, "1M<n<10M"), (10**9, "1B<n<10B")]
)
def test_size_classes(rows: int, name: str) -> None:
    assert size_category(rows) == name
