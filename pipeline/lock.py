"""Lock files: exactly which pictures a dataset was built from, so that it can be built again elsewhere.

A lock lies in the dataset as `<recipe>.lock.json`: every ref with the id of its picture (the sha256 of its bytes) and
where its source says that the file is. Nothing of the machine that built is in it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from .crawl import Crawled
from .dataset.canonical import digest_of
from .dataset.errors import DatasetError, RecipeError
from .dataset.storage import read_bytes
from .recipe import Recipe

FORMAT = 1
_TOLD = 3
_MAX_BYTES = 2 * 1024**3
_HEAD: Mapping[str, type] = {"format": int, "recipe": dict, "dataset": str, "pictures": list}

Ref = tuple[str, str]  # source, native id


@dataclass(frozen=True)
class Lock:
    """A lock that was read: the recipe's digest, the dataset's digest, and the id of every ref."""

    where: str
    recipe: str
    dataset: str
    ids: Mapping[Ref, str]


def lock_name(recipe: Recipe) -> str:
    """The name of the lock in the dataset's folder."""
    return f"{recipe.name}.lock.json"


def lock_text(recipe: Recipe, crawled: Sequence[Crawled], found: set[str], digest: str) -> str:
    """The lock of a dataset made of the `found` ids; one picture a line, for people who compare two of them."""
    rows = [_picture(row) for one in crawled for row in _columns(one.listing) if row["id"] in found]
    head = {
        "format": FORMAT,
        "recipe": {"name": recipe.name, "version": recipe.version, "sha256": digest_of(recipe.table)},
        "dataset": digest,
    }
    ordered = sorted(rows, key=lambda row: (row["source"], row["native_id"]))
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, sort_keys=True) for row in ordered)
    return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "pictures": [\n{lines}\n]}}\n'


def _columns(listing: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = listing.select(["source", "native_id", "id", "source_url", "reason"]).to_pylist()
    return rows


def _picture(row: Mapping[str, Any]) -> dict[str, Any]:
    named = {"source": row["source"], "native_id": row["native_id"], "id": row["id"]}
    more = {"uri": row["source_url"], "reason": row["reason"]}
    return named | {name: value for name, value in more.items() if value is not None}


def read_lock(where: str) -> Lock:
    """The lock in a file. Raises RecipeError when it is none, StorageError when it cannot be read."""
    try:
        table = json.loads(read_bytes(where)[:_MAX_BYTES])
        if not isinstance(table, dict) or any(not isinstance(table.get(key), kind) for key, kind in _HEAD.items()):
            raise ValueError("keys are missing, or not of their type")
        if table["format"] != FORMAT:
            raise ValueError(f"it has format {table['format']}, this lcpipe reads {FORMAT}")
        ids = {(str(row["source"]), str(row["native_id"])): str(row["id"]) for row in table["pictures"]}
        return Lock(where, str(table["recipe"]["sha256"]), table["dataset"], ids)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        hint = "give the <recipe>.lock.json of a dataset"
        raise RecipeError(f"not a lock file: {error}", where=where, hint=hint) from None


def locked(crawled: Sequence[Crawled], lock: Lock) -> list[Crawled]:
    """What was crawled, cut down to the pictures of a lock. Raises DatasetError for what is missing or other."""
    there = {(row["source"], row["native_id"]): row["id"] for one in crawled for row in _columns(one.listing)}
    missing = [ref for ref in lock.ids if ref not in there]
    if missing:
        hint = "bring them back, or build without --locked"
        raise DatasetError(f"{len(missing)} locked pictures are missing: {_some(missing)}", where=lock.where, hint=hint)
    other = [ref for ref, id in lock.ids.items() if there[ref] != id]
    if other:
        hint = "bring the old files back, or build without --locked"
        raise DatasetError(
            f"{len(other)} locked pictures have other bytes: {_some(other)}", where=lock.where, hint=hint
        )
    return [replace(one, listing=_only(one.listing, lock)) for one in crawled]


def _some(refs: Sequence[Ref]) -> str:
    shown = ", ".join(f"{source}:{native_id}"[:80] for source, native_id in refs[:_TOLD])
    return shown + (", …" if len(refs) > _TOLD else "")


def _only(listing: pa.Table, lock: Lock) -> pa.Table:
    rows = zip(listing.column("source").to_pylist(), listing.column("native_id").to_pylist(), strict=True)
    return listing.filter(pa.array([row in lock.ids for row in rows], pa.bool_()))


def refuse_other_digest(recipe: Recipe, lock: Lock | None, digest: str) -> None:
    """The recipe of the lock on its pictures gives its dataset. Raises DatasetError where it does not.

    A recipe that was changed since may give what it likes: then only the pictures are locked.
    """
    if lock is None or lock.recipe != digest_of(recipe.table) or lock.dataset == digest:
        return
    what = f"the locked pictures give the dataset {digest[:12]}, the lock says {lock.dataset[:12]}"
    hint = "metadata of the sources, an own file of the recipe or the environment differs; nothing was packed"
    raise DatasetError(what, where=lock.where, hint=hint)
