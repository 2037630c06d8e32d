"""Tells whether a packed dataset is whole and is what its manifest says, and if not, where it is not."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .digest import dataset_digest
from .errors import DatasetError
from .manifest import MANIFEST, manifest_bytes, manifest_file, parse_manifest, seal, version_problem
from .problems import Problem, collected
from .reading import DROPS_FILE, open_parquet
from .schema import DROPS, line_art_schema
from .shard_checks import FACTS, ShardReport, check_shard
from .storage import filesystem, is_inside, join, storage_errors

_TOLD = 5
_NO_ROWS = pa.schema(
    [*(line_art_schema().field(name) for name in FACTS), ("config", pa.string()), ("split", pa.string())]
).empty_table()


def verify(uri: str, *, full: bool = False) -> list[Problem]:
    """What is wrong with a dataset; an empty list when nothing is.

    Always: the manifest's own sha256, missing and additional files, the size and sha256 of every file, columns, counts,
    and that no id, cluster or family is in two splits. Some pictures of each shard are decoded, with `full` all of
    them, and the row digests and the dataset digest are made anew. Raises DatasetError when there is no manifest.
    """
    root = str(uri).rstrip("/")
    data = manifest_file(root)
    try:
        manifest = parse_manifest(data, MANIFEST)
    except DatasetError as error:
        return [Problem(MANIFEST, None, error.what)]
    problems = list(_manifest_problems(manifest, data))
    entries = [entry for entry in manifest["files"] if is_inside(entry["path"])]
    problems += _presence_problems(root, manifest["files"])
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        checks = list(pool.map(partial(_check_file, root, full), entries))
    problems += [problem for found, _ in checks for problem in found]
    reports = [report for _, report in checks if report is not None]
    problems += _agreement_problems(root, manifest, reports)
    whole = len(reports) == _shard_count(manifest) and not any(report.problems for report in reports)
    return problems + (_digest_problems(manifest, reports) if full and whole else [])


def _shard_count(manifest: Mapping[str, Any]) -> int:
    return sum("config" in entry for entry in manifest["files"])


def _manifest_problems(manifest: Mapping[str, Any], data: bytes) -> Iterator[Problem]:
    if seal(manifest) != manifest:
        yield Problem(MANIFEST, None, "was changed after it was written: its sha256 differs")
    elif manifest_bytes(manifest) != data:
        yield Problem(MANIFEST, None, "was written anew by something else: same content, other bytes")
    unread = version_problem(manifest)
    if unread:
        yield Problem(MANIFEST, None, f"{unread}, which this lcpipe cannot read")


def _presence_problems(root: str, entries: Iterable[Mapping[str, Any]]) -> Iterator[Problem]:
    """Files of the manifest that are not there, and files that are not in the manifest."""
    fs, path = filesystem(root)
    with storage_errors(root):
        there = {name.removeprefix(path.rstrip("/") + "/") for name in fs.find(path)}
    listed = Counter(entry["path"] for entry in entries)
    yield from (Problem(name, None, "is listed twice in the manifest") for name, n in listed.items() if n > 1)
    yield from (Problem(name, None, "leads out of the dataset") for name in listed if not is_inside(name))
    yield from (Problem(name, None, "is missing") for name in sorted(set(listed) - there) if is_inside(name))
    yield from (Problem(name, None, "is not in the manifest") for name in sorted(there - set(listed) - {MANIFEST}))


def _check_file(root: str, full: bool, entry: Mapping[str, Any]) -> tuple[list[Problem], ShardReport | None]:
    """A file against its entry. A shard whose bytes differ is read whole, to say where."""
    uri = join(root, entry["path"])
    fs, path = filesystem(uri)
    if not fs.isfile(path):
        return [], None
    problems: list[Problem] = []
    with collected(problems, entry["path"]):
        problems += _byte_problems(uri, entry)
    if "config" not in entry:
        return problems, None
    report = check_shard(uri, entry, full=full or bool(problems))
    return problems + report.problems, report


def _byte_problems(uri: str, entry: Mapping[str, Any]) -> list[Problem]:
    fs, path = filesystem(uri)
    with storage_errors(uri), fs.open(path, "rb") as file:
        size = fs.size(path)
        if size != entry["bytes"]:
            return [Problem(entry["path"], None, f"has {size} bytes, the manifest says {entry['bytes']}")]
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    same = sha256 == entry["sha256"]
    return [] if same else [Problem(entry["path"], None, f"was changed: its sha256 is {sha256[:12]}…")]


def _agreement_problems(root: str, manifest: Mapping[str, Any], reports: Iterable[ShardReport]) -> list[Problem]:
    """What only all files together tell: counts, and rows in two places."""
    problems: list[Problem] = []
    with collected(problems, MANIFEST):
        problems += [Problem(MANIFEST, None, what) for what in _sum_problems(manifest["counts"])]
        rows, drops = _all_rows(manifest, reports), _drops(root, problems)
        if rows is not None:
            problems += _leaks(rows)
        if rows is not None and drops is not None and not problems:
            problems += [Problem(MANIFEST, None, what) for what in _count_problems(manifest, rows, drops)]
            problems += _repeated(rows, drops)
    return problems


def _all_rows(manifest: Mapping[str, Any], reports: Iterable[ShardReport]) -> pa.Table | None:
    """The facts of all rows, or None while those of a shard are not known: counts would only repeat that."""
    known = [_placed(report.facts, report.entry) for report in reports if report.facts is not None]
    return pa.concat_tables([_NO_ROWS, *known]) if len(known) == _shard_count(manifest) else None


def _placed(facts: pa.Table, entry: Mapping[str, Any]) -> pa.Table:
    """The facts of a shard's rows with the config and split they are in."""
    table = facts.replace_schema_metadata()
    for name in ("config", "split"):
        table = table.append_column(name, pa.repeat(entry[name], len(table)))
    return table


def _drops(root: str, problems: list[Problem]) -> pa.Table | None:
    with collected(problems, DROPS_FILE), open_parquet(join(root, DROPS_FILE)) as file:
        drops = file.read(columns=DROPS.names)
        if drops.schema.equals(DROPS):
            return drops
        problems.append(Problem(DROPS_FILE, None, "has other columns than drops have"))
    return None


def _sum_problems(counts: Mapping[str, Any]) -> Iterator[str]:
    if counts["found"] != counts["kept"] + counts["paired"] + counts["dropped"]:
        sum_ = f"{counts['kept']} kept + {counts['paired']} paired + {counts['dropped']} dropped"
        yield f"{counts['found']} found are not {sum_}"


def _count_problems(manifest: Mapping[str, Any], rows: pa.Table, drops: pa.Table) -> Iterator[str]:
    """Where the manifest's counts are not those of the rows."""
    counts = manifest["counts"]
    splits: dict[str, dict[str, int]] = {}
    for place in (
        rows.select(["config", "split"]).group_by(["config", "split"]).aggregate([([], "count_all")]).to_pylist()
    ):
        splits.setdefault(place["config"], {})[place["split"]] = place["count_all"]
    said = {config: {split: n for split, n in by.items() if n} for config, by in counts["splits"].items()}
    for name, is_, says in (
        ("rows per split", splits, {config: by for config, by in said.items() if by}),
        ("kept", len(rows), counts["kept"]),
        ("dropped", len(drops), counts["dropped"]),
        ("reasons", _tally(drops["reason"]), counts["reasons"]),
        ("licenses", _tally(rows["license"]), manifest["licenses"]),
    ):
        if is_ != says:
            yield f"{name}: the files have {is_}, the manifest says {says}"


def _tally(values: pa.ChunkedArray) -> dict[str, int]:
    return {item["values"]: item["counts"] for item in pc.value_counts(values).to_pylist()}


def _repeated(rows: pa.Table, drops: pa.Table) -> list[Problem]:
    """Ids that were kept twice, or kept and dropped."""
    tally = _tally(pa.chunked_array([*rows["id"].chunks, *drops["id"].chunks], pa.string()))
    repeated = sorted(id for id, n in tally.items() if n > 1)
    return [Problem(MANIFEST, None, f"id {id[:12]} was counted more than once") for id in repeated[:_TOLD]]


def _leaks(rows: pa.Table) -> Iterator[Problem]:
    """Ids, clusters and families of pairs that are in more than one split."""
    pairs = rows.filter(pc.equal(rows["config"], "pairs"))
    keys = {
        "id": pairs.select(["id", "split"]),
        "cluster": pairs.select(["cluster", "split"]),
        "family": _families(pairs),
    }
    for name, table in keys.items():
        counted = table.rename_columns(["key", "split"]).group_by("key").aggregate([("split", "distinct")])
        crossing = counted.filter(pc.greater(pc.list_value_length(counted["split_distinct"]), 1)).sort_by("key")
        for row in crossing.slice(0, _TOLD).to_pylist():
            splits = " and ".join(sorted(row["split_distinct"]))
            yield Problem(MANIFEST, None, f"{name} {row['key']} is in the splits {splits}")


def _families(rows: pa.Table) -> pa.Table:
    """Key and split of the families of every row, in whole columns: a dataset has many rows and few problems.

    A row is of the family of its own name, under which its children know it, and of its parent's, at every place.
    """
    refs = pa.concat_arrays([pa.nulls(0, rows.schema.field("refs").type), *rows["refs"].chunks])
    places, of = pc.list_flatten(refs), pc.list_parent_indices(refs)
    source, split = pc.struct_field(places, "source"), pc.take(rows["split"], of)
    named = [pc.struct_field(places, "native_id"), pc.take(rows["parent_id"], of)]
    keys = [pc.binary_join_element_wise(source, one, ":") for one in named]  # null where there is no parent
    both = pa.concat_tables([pa.table({"key": key, "split": split}) for key in keys])
    return both.filter(pc.is_valid(both["key"]))


def _digest_problems(manifest: Mapping[str, Any], reports: Iterable[ShardReport]) -> list[Problem]:
    """The dataset digest made anew from the rows."""
    rows: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for report in reports:
        split = rows.setdefault(report.entry["config"], {}).setdefault(report.entry["split"], [])
        split += report.digests
    digest = dataset_digest(rows, manifest["schema_version"])
    if digest == manifest["digest"]:
        return []
    return [Problem(MANIFEST, None, f"the rows have the digest {digest[:12]}…, it says {manifest['digest'][:12]}…")]
