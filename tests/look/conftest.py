"""Datasets to look at: a tiny one, one full of hostile strings, one without any rows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.tiny_dataset import make_tiny_dataset

from lcpipe.pipeline.dataset.canonical import sha256_hex
from lcpipe.pipeline.dataset.manifest import write_manifest
from lcpipe.pipeline.dataset.reading import Dataset, open_dataset
from lcpipe.pipeline.dataset.shards import shard_path, write_drops, write_shard

SCRIPT = "<script>document.title='owned'</script>"
QUOTES = "\"'><img src=x onerror=\"document.title='owned'\">"
BACKWARDS = "\u202eevil\u202c שלום"
LONG = "x" * 10_000
MARKDOWN = "# a | b [c](javascript:alert(1)) `d` ![e](https://example.org/f.png)"

Row = dict[str, Any]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """24 pairs with two line columns, two drawings without a partner, three drops."""
    root = make_tiny_dataset(tmp_path_factory.mktemp("look") / "tiny", rows=24, lines=("xdog_03", "xdog_05"))
    return open_dataset(str(root))


@pytest.fixture(scope="session")
def hostile(tiny: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The same pictures with hostile strings wherever the outside may write."""

    def spoil(row: Row) -> Row:
        ref = {"source": SCRIPT, "native_id": LONG, "source_url": QUOTES, "page_url": "javascript:alert(1)"}
        strings = {
            "artist": BACKWARDS + MARKDOWN,
            "license": QUOTES + MARKDOWN,
            "license_url": SCRIPT,
            "rating": SCRIPT,
        }
        tags = {"tags_general": [LONG, SCRIPT, BACKWARDS], "tags_character": [QUOTES], "tags_copyright": [MARKDOWN]}
        return row | strings | tags | {"refs": [ref]}

    def spoil_drop(row: Row) -> Row:
        refs = [{"source": SCRIPT, "native_id": QUOTES, "source_url": None, "page_url": None}]
        return row | {"detail": SCRIPT + LONG, "reason": QUOTES, "reasons": [QUOTES, SCRIPT], "refs": refs}

    manifest = tiny.manifest | {"version": QUOTES, "name": SCRIPT, "licenses": {QUOTES: 20, SCRIPT: 6}}
    recipe = {
        "name": SCRIPT,
        "filters": {QUOTES: {"px": SCRIPT}},
        "crawl": {"contact": MARKDOWN},
        "lines": {SCRIPT: {}},
    }
    sources = {SCRIPT: {"kind": QUOTES, "found": 3, "catalog": BACKWARDS}}
    manifest["provenance"] = manifest["provenance"] | {
        "recipe": recipe,
        "sources": sources,
        "environment": {LONG: SCRIPT},
    }
    return rewritten(tiny, tmp_path_factory.mktemp("look") / "hostile", manifest, spoil, spoil_drop)


@pytest.fixture(scope="session")
def damaged(tiny: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Pictures of which no bytes can be decoded."""

    def spoil(row: Row) -> Row:
        images = {name: cell for name, cell in row.items() if isinstance(cell, dict) and "bytes" in cell}
        return row | {name: cell | {"bytes": b"no picture"} for name, cell in images.items()}

    return rewritten(tiny, tmp_path_factory.mktemp("look") / "damaged", tiny.manifest, spoil)


@pytest.fixture(scope="session")
def empty(tiny: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """A dataset of which nothing was kept."""
    root = str(tmp_path_factory.mktemp("look") / "empty")
    write_drops(f"{root}/drops.parquet", [])
    counts = {"found": 0, "kept": 0, "paired": 0, "dropped": 0, "splits": {}, "reasons": {}}
    write_manifest(root, tiny.manifest | {"counts": counts, "licenses": {}, "files": []})
    return open_dataset(root)


@pytest.fixture(scope="session")
def partnered(tiny: Dataset, tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, str, str]:
    """A dataset whose authentic lines are named by the drawings they come from: it, a drawing's id, its row's id."""

    def rename(row: Row) -> Row:
        cell = row.get("line_authentic")
        return row | {"line_authentic": cell and cell | {"path": f"{_drawing(row['id'])[:16]}.png"}}

    dataset = rewritten(tiny, tmp_path_factory.mktemp("look") / "partnered", tiny.manifest, rename)
    row = str(tiny.table("pairs", "train", ["id"]).column("id")[0])
    return dataset, _drawing(row), row


@pytest.fixture(scope="session")
def shared(tiny: Dataset, tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, str]:
    """A dataset in which one drawing is the authentic lines of several pictures: it, and the drawing's id."""
    drawing = _drawing("all")

    def rename(row: Row) -> Row:
        cell = row.get("line_authentic")
        return row | {"line_authentic": cell and cell | {"path": f"{drawing[:16]}.png"}}

    return rewritten(tiny, tmp_path_factory.mktemp("look") / "shared", tiny.manifest, rename), drawing


def _drawing(id: str) -> str:
    return sha256_hex(f"the drawing of {id}".encode())


def rewritten(
    dataset: Dataset,
    root: Path,
    manifest: dict[str, Any],
    change: Callable[[Row], Row],
    change_drop: Callable[[Row], Row] = lambda row: row,
) -> Dataset:
    """A copy of a dataset with changed rows."""
    files: list[dict[str, Any]] = []
    for config in dataset.configs:
        for split in dataset.splits(config):
            schema, uri = dataset.schema(config), str(root / shard_path(config, split, 0, 1))
            assert schema is not None
            rows = map(change, dataset.rows(config, split))
            facts = write_shard(uri, schema, rows, config=config, split=split, number=0, of=1)
            place = {"config": config, "split": split, "rows": facts.rows}
            files.append({"path": facts.path, "bytes": facts.bytes, "sha256": facts.sha256, **place})
    drops = write_drops(str(root / "drops.parquet"), map(change_drop, dataset.drops().to_pylist()))
    files.append({"path": drops.path, "bytes": drops.bytes, "sha256": drops.sha256})
    write_manifest(str(root), manifest | {"files": files})
    return open_dataset(str(root))
