"""What a cache holds, and the removal of what the newest dataset of every recipe does not need.

Every pack leaves a note in the cache: the catalog folders it read and the columns it asked for. A part is needed when
such a note speaks of one of its rows; what is not needed goes once it is older than the user says.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .asks import Ask
from .catalog import read_listing
from .cells import store
from .crawl import roots
from .dataset.errors import StorageError, UsageError
from .dataset.storage import filesystem, join, names, read_bytes, storage_errors, write_bytes
from .parts import damaged, read_indexes
from .recipe import Recipe

NOTES = "builds"
KINDS = ("catalog", "measurements", "selections", "cells")
_AGE = re.compile(r"(\d{1,6})([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_SUFFIXES = (".arrow", ".blob")  # the index goes first: a part without one is none


@dataclass(frozen=True)
class Group:
    """The files that stand or fall together: a part of measurements or cells, a selection, or a source's catalog."""

    kind: str
    needed: bool
    files: tuple[str, ...]
    bytes: int
    newest: datetime


@dataclass(frozen=True)
class Needs:
    """What the newest dataset of every recipe was built from."""

    datasets: Mapping[str, str]
    catalogs: frozenset[str]
    asks: frozenset[str]
    ids: frozenset[str]


def remember(cache: str, recipe: Recipe, asked: Mapping[str, Ask], digest: str) -> None:
    """Notes what the newest dataset of a recipe was built from. Raises StorageError."""
    note = {
        "dataset": digest,
        "catalogs": sorted(root.rsplit("/", 1)[-1] for _, root in roots(recipe, cache)),
        "asks": sorted(ask.key for ask in asked.values()),
    }
    write_bytes(join(cache, NOTES, f"{recipe.name}.json"), json.dumps(note, indent=2).encode() + b"\n")


def age(text: str) -> timedelta:
    """An age such as `12h`, `30d` or `8w`. Raises UsageError."""
    found = _AGE.fullmatch(text)
    if found is None:
        raise UsageError(f"{text!r} is no age", hint="write a number and h, d or w: 12h, 30d, 8w")
    return int(found.group(1)) * _UNITS[found.group(2)]


def overview(cache: str) -> dict[str, Any]:
    """What a cache holds, by kind, and how much of it the newest datasets need. Raises StorageError."""
    needs = _needs(cache)
    groups = list(_groups(cache, needs))
    return {"cache": cache, "datasets": dict(needs.datasets), "kinds": _counted(groups), "removed": None}


def prune(cache: str, older_than: timedelta, now: datetime | None = None) -> dict[str, Any]:
    """Removes what is older and not needed, and says what. Nothing goes where no build has left a note.

    Run no build with the same cache at the same time. Raises StorageError.
    """
    needs = _needs(cache)
    if not needs.datasets:
        hint = "run `lcpipe build-dataset` with it once; then it is known what the newest dataset needs"
        raise StorageError("no dataset was packed with this cache", where=cache, hint=hint)
    _refuse_unknown_needs(cache, needs)
    oldest = (now or datetime.now(UTC)) - older_than
    groups = list(_groups(cache, needs))
    gone = [group for group in groups if not group.needed and group.newest <= oldest]
    for group in gone:
        _remove(group)
    told = {"files": sum(len(group.files) for group in gone), "bytes": sum(group.bytes for group in gone)}
    kept = [group for group in groups if group not in gone]
    return {"cache": cache, "datasets": dict(needs.datasets), "kinds": _counted(kept), "removed": told}


def lines(told: Mapping[str, Any]) -> list[str]:
    """The answer of `cache` for people."""
    rows = [f"{'':<13}{'needed':>16}{'not needed':>16}"]
    for kind, sizes in told["kinds"].items():
        rows.append(f"{kind:<13}{_megabytes(sizes['needed']):>16}{_megabytes(sizes['not_needed']):>16}")
    rows += [f"newest       {name} {digest[:12]}" for name, digest in sorted(told["datasets"].items())]
    if told["removed"] is not None:
        rows.append(f"removed      {told['removed']['files']} files, {_megabytes(told['removed']['bytes'])}")
    return rows


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _refuse_unknown_needs(cache: str, needs: Needs) -> None:
    """Without a catalog nothing tells which rows its dataset needs: all of them would go. Raises StorageError."""
    gone = sorted(needs.catalogs - set(names(join(cache, "catalog"))))
    if gone:
        hint = "build that dataset again, or remove its note to let go of what it needs"
        raise StorageError(f"a newest dataset's catalog is gone: {gone[0]}", where=join(cache, NOTES), hint=hint)


def _needs(cache: str) -> Needs:
    notes = {name.removesuffix(".json"): _note(join(cache, NOTES, name)) for name in names(join(cache, NOTES))}
    catalogs = frozenset(one for note in notes.values() for one in note["catalogs"])
    ids = frozenset(id for one in catalogs for id in read_listing(join(cache, "catalog", one)).column("id").to_pylist())
    asked = frozenset(one for note in notes.values() for one in note["asks"])
    return Needs({name: note["dataset"] for name, note in notes.items()}, catalogs, asked, ids)


def _note(uri: str) -> dict[str, Any]:
    try:
        note = json.loads(read_bytes(uri))
        texts = {key: [*map(_text, note[key])] for key in ("catalogs", "asks")}
        return {"dataset": str(note["dataset"]), **texts}
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(uri, str(error)) from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:40]!r} is no name")
    return value


def _groups(cache: str, needs: Needs) -> Iterator[Group]:
    for name in names(join(cache, "catalog")):
        yield _group("catalog", name in needs.catalogs, _below(join(cache, "catalog", name)))
    for file, facts in _below(join(cache, "selections")).items():
        known = any(file.rsplit("/", 1)[-1].startswith(f"{recipe}.") for recipe in needs.datasets)
        yield _group("selections", known, {file: facts})
    ids = pa.array(sorted(needs.ids), pa.string())
    for kind, root, needed in (
        ("measurements", join(cache, "measurements"), _has_ids),
        ("cells", store(cache), _has_cells),
    ):
        there = _below(root)
        wanted = {name for name, index in read_indexes(root) if needed(index, needs, ids)}
        for part in sorted({_part(file) for file in there}):
            yield _group(kind, part in wanted, {file: fact for file, fact in there.items() if _part(file) == part})


def _has_ids(index: pa.Table, needs: Needs, ids: pa.Array) -> bool:
    return bool(pc.any(pc.is_in(index.column("id"), value_set=ids)).as_py())


def _has_cells(index: pa.Table, needs: Needs, ids: pa.Array) -> bool:
    asked = pc.is_in(index.column("ask"), value_set=pa.array(sorted(needs.asks), pa.string()))
    return bool(pc.any(pc.and_(asked, pc.is_in(index.column("record"), value_set=ids))).as_py())


def _part(file: str) -> str:
    """The part that a file belongs to; a leftover of an interrupted write is one of its own."""
    name = file.rsplit("/", 1)[-1]
    return next((name.removesuffix(suffix) for suffix in _SUFFIXES if name.endswith(suffix)), name)


def _below(root: str) -> dict[str, Mapping[str, Any]]:
    """Every file below a folder, with what the file system knows of it."""
    fs, path = filesystem(root)
    with storage_errors(root):
        found: dict[str, Mapping[str, Any]] = fs.find(path, detail=True) if fs.isdir(path) else {}
    return {fs.unstrip_protocol(name): facts for name, facts in found.items()}


def _group(kind: str, needed: bool, files: Mapping[str, Mapping[str, Any]]) -> Group:
    ordered = sorted(files, key=lambda file: (not file.endswith(_SUFFIXES[0]), file))
    newest = max((_modified(facts) for facts in files.values()), default=datetime.min.replace(tzinfo=UTC))
    return Group(kind, needed, tuple(ordered), sum(int(facts["size"] or 0) for facts in files.values()), newest)


def _modified(facts: Mapping[str, Any]) -> datetime:
    """When a file was written; now where a store does not say, so that it counts as new."""
    time = facts.get("mtime", facts.get("LastModified", facts.get("created")))
    if isinstance(time, int | float):
        return datetime.fromtimestamp(time, UTC)
    return time.astimezone(UTC) if isinstance(time, datetime) else datetime.now(UTC)


def _remove(group: Group) -> None:
    for file in group.files:
        fs, path = filesystem(file)
        with storage_errors(file):
            fs.rm_file(path)


def _counted(groups: list[Group]) -> dict[str, dict[str, int]]:
    sizes = {kind: {"needed": 0, "not_needed": 0} for kind in KINDS}
    for group in groups:
        sizes[group.kind]["needed" if group.needed else "not_needed"] += group.bytes
    return sizes
