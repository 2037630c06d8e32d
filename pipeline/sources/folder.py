"""Pictures of a folder, a glob, or a list of files, with metadata from files beside them.

Metadata of `a.png` comes from `a.json` or `a.csv` beside it, or from its row in a `manifest.csv` at the top of the
folder (a column `path` or `file` names the picture, relative to the folder). Names of columns are those of the catalog
(`license`, `artist`, `rating`, `tags_general`, …); `columns` renames others.
"""

import csv
import glob as globbing
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from ..catalog import METADATA, TAG_COLUMNS
from ..dataset.errors import RecipeError
from ._item import Item, Role, SourceState

version = 1
SUFFIXES = frozenset(".jpg .jpeg .jpe .jfif .png .apng .webp .gif .bmp .tif .tiff .avif .jxl .ppm .pgm".split())
SIDECARS = (".json", ".csv")
ROLES: tuple[Role, ...] = get_args(Role)
_RIGHTS = {"licence": "license", "licence_url": "license_url", "licence_flag": ""}


@dataclass(frozen=True)
class Settings:
    """`path` is a folder or a file that lists one picture per line; `glob` chooses among a folder's files."""

    __pydantic_config__ = {"extra": "forbid"}
    path: str
    role: Role = "auto"
    glob: str = "**/*"
    manifest: str = "manifest.csv"
    columns: dict[str, str] = field(default_factory=dict)


def place(settings: Settings, state: SourceState) -> str:
    """The folder that is meant: the same words in another place are another source."""
    return str((state.folder / settings.path).resolve())


def listing(settings: Settings, state: SourceState) -> Iterator[Item]:
    """Every picture of the folder in the order of its names. Raises RecipeError when there is no such folder."""
    top = Path(place(settings, state))
    root, files = _files(top, settings)
    manifest = _manifest(root / settings.manifest)
    for file in files:
        name = file.relative_to(root).as_posix() if file.is_relative_to(root) else file.as_posix()
        yield _item(file, name, settings, state, manifest)


def _files(top: Path, settings: Settings) -> tuple[Path, list[Path]]:
    if top.is_file():
        lines = top.read_text(encoding="utf-8").splitlines()
        return top.parent, [top.parent / line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not top.is_dir():
        raise RecipeError("no such folder", where=settings.path, hint="give a path relative to the recipe")
    found = globbing.glob(settings.glob, root_dir=top, recursive=True)
    files = [top / name for name in sorted(found) if Path(name).suffix.lower() in SUFFIXES]
    return top, [file for file in files if file.is_file()]


def _item(
    file: Path, name: str, settings: Settings, state: SourceState, manifest: Mapping[str, dict[str, Any]]
) -> Item:
    metadata = _known(_beside(file) or manifest.get(name, {}), settings.columns)
    role = _role(metadata.pop("role", settings.role), name)
    fingerprint = _fingerprint(file)
    path = None if fingerprint and state.known.get(name) == fingerprint else str(file)
    return Item(native_id=name, role=role, path=path, fingerprint=fingerprint, metadata=metadata)


def _role(given: str, name: str) -> Role:
    for role in ROLES:
        if role == given:
            return role
    raise RecipeError(f"no role is called '{given}'", where=name, hint=f"there are: {', '.join(ROLES)}")


def _fingerprint(file: Path) -> str:
    try:
        facts = file.stat()
    except OSError:
        return ""
    return f"{facts.st_size}-{facts.st_mtime_ns}"


def _manifest(file: Path) -> dict[str, dict[str, Any]]:
    if not file.is_file():
        return {}
    rows = _table(file)
    keys = [key for key in ("path", "file", "file_name", "filename") if rows and key in rows[0]]
    if rows and not keys:
        raise RecipeError(
            "the manifest has no column `path` or `file`",
            where=file.name,
            hint="name each picture relative to the folder",
        )
    return {row[keys[0]]: row for row in rows}


def _beside(file: Path) -> dict[str, Any]:
    for suffix in SIDECARS:
        beside = file.with_suffix(suffix)
        if beside.is_file():
            return _table(beside)[0] if suffix == ".csv" else _json(beside)
    return {}


def _table(file: Path) -> list[dict[str, Any]]:
    try:
        with open(file, encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RecipeError(
            f"cannot read the metadata: {error}", where=file.name, hint="expected CSV in UTF-8 with a header"
        ) from None
    return rows or [{}]


def _json(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecipeError(
            f"cannot read the metadata: {error}", where=file.name, hint="expected one JSON object"
        ) from None
    if not isinstance(value, dict):
        raise RecipeError("the metadata is not a JSON object", where=file.name, hint='write {"license": …}')
    return value


def _known(row: Mapping[str, Any], renames: Mapping[str, str]) -> dict[str, Any]:
    names = {**_RIGHTS, **{old: new for new, old in renames.items()}}
    renamed = {names.get(key, key): value for key, value in row.items() if key is not None}
    kept = {key: _value(key, value) for key, value in renamed.items() if key in METADATA.names or key == "role"}
    return {key: value for key, value in kept.items() if value is not None}


def _value(key: str, value: Any) -> Any:
    if value is None or value == "":
        return None
    if key in TAG_COLUMNS:
        return [str(tag) for tag in value] if isinstance(value, list) else str(value).split()
    if key == "score":
        return int(value) if str(value).lstrip("-").isdigit() else None
    if key == "consent":
        return value if isinstance(value, dict) else {"decision": str(value), "signals": []}
    return str(value)
