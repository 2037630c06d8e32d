"""The manifest of a dataset: what it is, where it came from, its files. Written last; sealed by its own sha256."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .canonical import digest_of
from .errors import DatasetError, StorageError
from .schema import SCHEMA_VERSION
from .storage import join, read_bytes, write_bytes

MANIFEST = "manifest.json"
FORMAT = 1

_SHAPE: dict[str, type] = {
    "format": int, "name": str, "version": str, "digest": str, "schema_version": str, "provenance": dict,
    "counts": dict, "licenses": dict, "files": list, "sha256": str,
}  # fmt: skip
_COUNTS_SHAPE: dict[str, type] = {
    "found": int, "kept": int, "paired": int, "dropped": int, "splits": dict, "reasons": dict,
}  # fmt: skip
_FILE_SHAPE: dict[str, type] = {"path": str, "bytes": int, "sha256": str}
_SHARD_SHAPE: dict[str, type] = {"config": str, "split": str, "rows": int}


def seal(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest with the sha256 of all its other keys."""
    rest = {key: value for key, value in manifest.items() if key != "sha256"}
    return {**rest, "sha256": digest_of(rest)}


def manifest_bytes(manifest: Mapping[str, Any]) -> bytes:
    """A manifest as it is written: JSON to be read by people too."""
    return json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def write_manifest(root: str, manifest: Mapping[str, Any]) -> None:
    """Seals a manifest and writes it, which makes the folder a dataset. Raises StorageError."""
    write_bytes(join(str(root), MANIFEST), manifest_bytes(seal(manifest)))


def read_manifest(root: str) -> dict[str, Any]:
    """The manifest of the dataset in a folder. Raises DatasetError where there is none, or not as it was written."""
    where = join(str(root), MANIFEST)
    manifest = parse_manifest(manifest_file(root), where)
    if seal(manifest) != manifest:
        raise DatasetError("the manifest was changed after it was written", where=where, hint="get the dataset again")
    unread = version_problem(manifest)
    if unread:
        raise DatasetError(unread, where=where, hint=f"this lcpipe reads format {FORMAT}, schema {SCHEMA_VERSION}")
    return manifest


def version_problem(manifest: Mapping[str, Any]) -> str | None:
    """What keeps a dataset of another version from being read, if anything."""
    major = manifest["schema_version"].split(".")[0]
    if manifest["format"] == FORMAT and major == SCHEMA_VERSION.split(".")[0]:
        return None
    return f"the dataset has format {manifest['format']}, schema {manifest['schema_version']}"


def manifest_file(root: str) -> bytes:
    """The bytes of the manifest. Raises DatasetError when the folder has none, StorageError when it cannot be read."""
    where = join(str(root), MANIFEST)
    try:
        return read_bytes(where)
    except StorageError as error:
        if not isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
            raise
        hint = "name the folder that holds manifest.json; a folder without one was never finished"
        raise DatasetError(f"not a dataset: {error.what}", where=where, hint=hint) from error


def parse_manifest(data: bytes, where: str) -> dict[str, Any]:
    """A manifest with every key that readers rely on. Raises DatasetError."""
    try:
        manifest = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"the manifest is not JSON: {error}", where=where, hint="get the dataset again") from None
    problem = next(_misfits(manifest), None)
    if problem:
        raise DatasetError(f"the manifest is not one: {problem}", where=where, hint="get the dataset again")
    return dict(manifest)


def _misfits(manifest: Any) -> Iterator[str]:
    whole = _misfit(manifest, _SHAPE)
    if whole:
        yield whole
        return
    yield from filter(None, [_misfit(manifest["counts"], _COUNTS_SHAPE), *map(_file_misfit, manifest["files"])])


def _file_misfit(file: Any) -> str | None:
    misfit = _misfit(file, _FILE_SHAPE)
    if misfit or "config" not in file:
        return misfit
    return _misfit(file, _SHARD_SHAPE)


def _misfit(value: Any, shape: Mapping[str, type]) -> str | None:
    """The first key that is missing or of another type."""
    if not isinstance(value, dict):
        return f"{str(value)[:40]!r} is no table"
    for key, kind in shape.items():
        if not isinstance(value.get(key), kind) or isinstance(value.get(key), bool):
            return f"{key!r} is missing or not of type {kind.__name__}"
    return None
