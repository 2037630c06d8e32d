"""Pack: shuffled Parquet shards, drops, card, croissant and report, and the manifest last."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pyarrow as pa

from .card import card_text
from .catalog import listing_digest
from .crawl import Crawled
from .croissant import croissant
from .dataset.digest import dataset_digest, row_digest
from .dataset.errors import DatasetError
from .dataset.manifest import MANIFEST, read_manifest, seal, write_manifest
from .dataset.reading import DROPS_FILE, Dataset
from .dataset.schema import SCHEMA_VERSION, line_art_schema, pairs_schema
from .dataset.shards import ShardFacts, shard_path, shard_ranges, write_drops, write_tables
from .dataset.storage import filesystem, join, names, write_bytes
from .drops import drops_table
from .engine import Engine
from .gather import gathered
from .leaks import refuse_leaks
from .lock import Lock, lock_name, lock_text, refuse_other_digest
from .progress import Reporter
from .proposals import FILE as PROPOSALS_FILE
from .proposals import proposals_text
from .provenance import environment, lcpipe_version, line_weights, measure_weights, plugin_versions
from .recipe import Recipe
from .report import report_html
from .rows import DatasetRow, Lost, params_type
from .select import Selection


@dataclass(frozen=True)
class ShardTask:
    """One shard to write: its rows in order, with the places of their pictures' bytes."""

    uri: str
    path: str
    schema: pa.Schema
    config: str
    split: str
    number: int
    of: int
    rows: tuple[DatasetRow, ...]


class PackJob:
    """Writes one shard per task, one row group in memory."""

    def run(self, task: ShardTask) -> dict[str, Any]:
        facts: ShardFacts = write_tables(
            task.uri,
            task.schema,
            gathered(task.rows, task.schema, task.uri),
            config=task.config,
            split=task.split,
            number=task.number,
            of=task.of,
        )
        size = _entry(facts) | {"path": task.path}
        return size | {"config": task.config, "split": task.split, "rows": facts.rows}

    def pieces(self, task: ShardTask) -> Sequence[ShardTask]:
        return [task]

    def crashed(self, piece: ShardTask) -> dict[str, Any]:
        raise DatasetError(
            "writing a shard killed its worker", where=piece.path, hint="give the workers more memory, or use fewer"
        )


@dataclass(frozen=True)
class Packed:
    """A dataset that is now there; `fresh` is False where it was there before."""

    root: str
    manifest: dict[str, Any]
    fresh: bool


def pack(
    recipe: Recipe,
    crawled: Sequence[Crawled],
    selection: Selection,
    rows: Sequence[DatasetRow],
    lost: Sequence[Lost],
    out: str,
    engine: Engine,
    reporter: Reporter,
    lock: Lock | None = None,
) -> Packed:
    """Writes the dataset `<out>/<name>/<digest>`, unless it is there already. Raises DatasetError, StorageError.

    With a `lock`, nothing is written when its recipe gives another dataset.
    """
    ordered = sorted(rows, key=lambda row: (row.config, row.split, _shuffled(recipe.salt, row.id)))
    refuse_leaks(ordered)
    schemas = _schemas(recipe)
    digest = _digest(ordered, schemas)
    refuse_other_digest(recipe, lock, digest)
    root = join(out, recipe.name, digest[:12])
    _refuse_other_content(join(out, recipe.name), recipe.version, digest)
    if (manifest := _finished(root)) is not None:
        return Packed(root, manifest, fresh=False)
    drops = drops_table(selection, lost)
    counts = _counts(selection, ordered, lost, drops)
    tasks = list(_shard_tasks(schemas, root, ordered))
    with reporter.stage("pack", len(ordered), "rows") as stage:
        files = []
        for facts in engine.map(PackJob(), tasks):
            files.append(facts)
            stage.advance(facts["rows"])
    files.append(_entry(write_drops(join(root, DROPS_FILE), drops.to_pylist())))
    if recipe.pairs is not None:
        proposed = proposals_text(selection.pairing, selection.table.column("id").to_pylist())
        files.append(_write_text(root, PROPOSALS_FILE, proposed))
    head = {
        "format": 1,
        "name": recipe.name,
        "version": recipe.version,
        "digest": digest,
        "schema_version": SCHEMA_VERSION,
        "provenance": _provenance(recipe, crawled, ordered),
        "counts": counts,
        "licenses": _licenses(ordered),
    }
    draft = Dataset(root, head | {"files": _sorted(files)})
    found = set(selection.table.column("id").to_pylist())
    texts = {
        lock_name(recipe): lock_text(recipe, crawled, found, digest),
        "README.md": card_text(draft),
        "croissant.json": _json(croissant(draft)),
        "report.html": report_html(draft),
    }
    files += [_write_text(root, name, text) for name, text in texts.items()]
    manifest = seal(head | {"files": _sorted(files)})
    write_manifest(root, manifest)
    return Packed(root, manifest, fresh=True)


def _shuffled(salt: str, identity: str) -> str:
    return hashlib.sha256(f"{salt}/{identity}".encode()).hexdigest()


def _schemas(recipe: Recipe) -> dict[str, pa.Schema]:
    lines = {line.name: params_type(line.module.Settings) for line in recipe.lines}
    return {"pairs": pairs_schema(lines), "line_art": line_art_schema()}


def _digest(rows: Sequence[DatasetRow], schemas: Mapping[str, pa.Schema]) -> str:
    digests: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for row in rows:
        digests.setdefault(row.config, {}).setdefault(row.split, []).append(
            (row.id, row_digest(row.values, schemas[row.config]))
        )
    return dataset_digest(digests)


def _shard_tasks(schemas: Mapping[str, pa.Schema], root: str, rows: Sequence[DatasetRow]) -> Iterator[ShardTask]:
    for (config, split), group in groupby(rows, key=lambda row: (row.config, row.split)):
        members = list(group)
        ranges = shard_ranges([row.picture_bytes for row in members], split)
        for number, part in enumerate(ranges):
            path = shard_path(config, split, number, len(ranges))
            chosen = tuple(members[i] for i in part)
            yield ShardTask(join(root, path), path, schemas[config], config, split, number, len(ranges), chosen)


def _refuse_other_content(family: str, version: str, digest: str) -> None:
    for known in (one for one in map(_manifest, _folders(family)) if one is not None):
        if known["version"] == version and known["digest"] != digest:
            raise DatasetError(
                f"version {version} exists with other content ({known['digest'][:12]})",
                where=family,
                hint="give the recipe a new version, or remove the old dataset",
            )


def _folders(family: str) -> list[str]:
    return [join(family, name) for name in names(family) if not name.startswith(".")]


def _manifest(root: str) -> dict[str, Any] | None:
    """The manifest of a dataset; None where a folder holds none. Raises DatasetError when it is damaged."""
    fs, path = filesystem(join(root, MANIFEST))
    return read_manifest(root) if fs.isfile(path) else None


def _finished(root: str) -> dict[str, Any] | None:
    """The manifest of a dataset that is there with all its files, else None."""
    manifest = _manifest(root)
    if manifest is None:
        return None
    fs, path = filesystem(root)
    whole = all(
        fs.exists(join(path, file["path"])) and fs.size(join(path, file["path"])) == file["bytes"]
        for file in manifest["files"]
    )
    return manifest if whole else None


def _counts(selection: Selection, rows: Sequence[DatasetRow], lost: Sequence[Lost], drops: pa.Table) -> dict[str, Any]:
    """found = kept + paired + dropped, counted in ids. Raises DatasetError when that does not hold."""
    splits: dict[str, dict[str, int]] = {}
    for row in rows:
        splits.setdefault(row.config, Counter())[row.split] += 1
    selected, gone = selection.counts(), {one.id for one in lost}
    partners = {row["partner"] for row in selection.rows("pairs") if row["partner"] and row["id"] not in gone}
    counts = {"found": selected["found"], "kept": len(rows), "paired": len(partners), "dropped": len(drops)}
    if counts["found"] != counts["kept"] + counts["paired"] + counts["dropped"]:
        raise DatasetError(
            f"pictures were lost: {counts}", where="pack", hint="this is a bug; please report it with the recipe"
        )
    reasons = Counter(drops.column("reason").to_pylist())
    return counts | {
        "splits": {name: dict(one) for name, one in splits.items()},
        "reasons": dict(sorted(reasons.items())),
    }


def _provenance(recipe: Recipe, crawled: Sequence[Crawled], rows: Sequence[DatasetRow]) -> dict[str, Any]:
    sources = {
        one.source.name: {
            "kind": one.source.kind,
            "version": one.source.module.version,
            "settings": one.source.table,
            **({"robots": one.source.settings.robots} if hasattr(one.source.settings, "robots") else {}),
            "found": len(one.listing),
            "catalog": listing_digest(one.listing),
        }
        for one in crawled
    }
    return {
        "recipe": recipe.table,
        "sources": sources,
        "plugins": plugin_versions(recipe),
        "weights": measure_weights(recipe) | line_weights(_params(recipe, rows)),
        "lcpipe": lcpipe_version(),
        "environment": environment(),
    }


def _params(recipe: Recipe, rows: Sequence[DatasetRow]) -> Iterator[Mapping[str, Any]]:
    """With what each line of the rows was drawn."""
    columns = [f"line_{line.name}_params" for line in recipe.lines]
    return (row.values[name] for row in rows for name in columns if row.values.get(name) is not None)


def _licenses(rows: Sequence[DatasetRow]) -> dict[str, int]:
    return dict(sorted(Counter(str(row.values["license"]) for row in rows).items()))


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _write_text(root: str, name: str, text: str) -> dict[str, Any]:
    data = text.encode()
    write_bytes(join(root, name), data)
    return {"path": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _entry(facts: ShardFacts) -> dict[str, Any]:
    return {"path": facts.path, "bytes": facts.bytes, "sha256": facts.sha256}


def _sorted(files: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(files, key=lambda file: file["path"])
