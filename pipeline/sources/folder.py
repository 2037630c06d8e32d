"""Pictures of a folder, a glob, or a list of files, with metadata from files beside them.

Metadata of `a.png` comes from `a.json` or `a.csv` beside it, or from its row in a `manifest.csv` at the top of the
folder (a column `path` or `file` names the picture, relative to the folder). Names of columns are those of the catalog
(`license`, `artist`, `rating`, `tags_general`, …); `columns` renames others. Links are followed, hidden files are not
looked at.
"""

import csv
import json
import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ..dataset.errors import RecipeError
from ._item import Item, Role, SourceState
from ._metadata import check_renames, known_columns, plain_text, role_of

version = 1
SUFFIXES = frozenset(".jpg .jpeg .jpe .jfif .png .apng .webp .gif .bmp .tif .tiff .avif .jxl .ppm .pgm".split())
SIDECARS = (".json", ".csv")


@dataclass(frozen=True)
class Settings:
    """`path` is a folder, a picture, or a file that lists pictures, one a line; `glob` chooses among a folder's."""

    __pydantic_config__ = {"extra": "forbid"}
    path: str
    role: Role = "auto"
    glob: str = "**/*"
    manifest: str = "manifest.csv"
    columns: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_renames(self.columns)
        if self.glob.startswith("/") or ".." in self.glob.split("/"):
            raise ValueError(f"glob: '{self.glob}' leaves the folder; let `path` name the folder further up")


def place(settings: Settings, state: SourceState) -> str:
    """The folder that is meant: the same words in another place are another source."""
    return plain_text(_top(settings, state))


def _top(settings: Settings, state: SourceState) -> str:
    return os.path.realpath(state.folder / os.path.expanduser(settings.path))


def listing(settings: Settings, state: SourceState) -> Iterator[Item]:
    """Every picture of the folder in the order of its names. Raises RecipeError when there is no such folder."""
    try:
        root, files = _files(Path(_top(settings, state)), settings)
    except OSError as error:
        where = f"{settings.path} {error.filename or ''}".strip()
        raise RecipeError(
            f"cannot list the folder: {error.strerror}", where=where, hint="check its owner and mode"
        ) from None
    manifest = _manifest(root, settings.manifest)
    for file in files:
        name = file.relative_to(root).as_posix() if file.is_relative_to(root) else file.as_posix()
        yield _item(file, name, settings, state, manifest)
    listed_only = root != Path(_top(settings, state))
    for name in (
        () if listed_only else _gone(root, settings, manifest)
    ):  # the crawl says that there is no such file, and counts it
        yield _item(root / name, name, settings, state, manifest)


def _gone(root: Path, settings: Settings, manifest: Mapping[str, dict[str, Any]]) -> Iterator[str]:
    """Pictures that the manifest of a folder names, that the glob asks for, and that are not there."""
    pattern = [part for part in settings.glob.split("/") if part != "."]
    for name in manifest:
        usable = name != "." and "\0" not in name and _fits(name.split("/"), pattern)
        if usable and not os.path.lexists(root / name):
            yield name


def _files(top: Path, settings: Settings) -> tuple[Path, list[Path]]:
    if top.is_file():
        return top.parent, [top] if top.suffix.lower() in SUFFIXES else _listed(top)
    if not top.is_dir():
        raise RecipeError("no such folder", where=settings.path, hint="give a path relative to the recipe")
    pattern = [part for part in settings.glob.split("/") if part != "."]
    found = (name for name in _below(top) if Path(name).suffix.lower() in SUFFIXES)
    files = [top / name for name in sorted(found) if _fits(name.split("/"), pattern)]
    return top, [file for file in files if file.is_file() or file.is_symlink()]


def _listed(top: Path) -> list[Path]:
    """The pictures that a file lists, each once."""
    try:
        text = top.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise RecipeError("not a list of files", where=top.name, hint="write one path a line, in UTF-8")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [Path(path) for path in dict.fromkeys(os.path.normpath(top.parent / line) for line in lines)]


def _below(top: Path, name: str = "", above: frozenset[str] = frozenset()) -> Iterator[str]:
    """The names of all files below a folder; links are followed, but never in a circle. Raises OSError."""
    real = os.path.realpath(top / name)
    for entry in sorted(os.listdir(real)) if real not in above else ():
        below = f"{name}/{entry}" if name else entry
        if entry.startswith("."):
            continue
        if os.path.isdir(top / below):
            yield from _below(top, below, above | {real})
        else:
            yield below


def _fits(name: Sequence[str], pattern: Sequence[str]) -> bool:
    """True when the parts of a name fit those of a glob; `**` stands for any number of folders."""
    if not pattern:
        return not name
    if pattern[0] == "**":
        return _fits(name, pattern[1:]) or (bool(name) and _fits(name[1:], pattern))
    return bool(name) and fnmatchcase(name[0], pattern[0]) and _fits(name[1:], pattern[1:])


def _item(
    file: Path, name: str, settings: Settings, state: SourceState, manifest: Mapping[str, dict[str, Any]]
) -> Item:
    native_id = plain_text(name)
    metadata = known_columns(_beside(file) or manifest.get(name, {}), settings.columns, native_id)
    role = role_of(metadata.pop("role", settings.role), native_id)
    fingerprint = _fingerprint(file)
    seen = fingerprint and state.known.get(native_id) == fingerprint
    path = None if seen else plain_text(str(file))
    data = _bytes(file) if path is not None and path != str(file) else None
    return Item(native_id, role, data, path if data is None else None, fingerprint=fingerprint, metadata=metadata)


def _bytes(file: Path) -> bytes | None:
    """The bytes of a file whose name is no text, which the catalog cannot refer to by its path."""
    try:
        return file.read_bytes()
    except OSError:
        return None


def _fingerprint(file: Path) -> str:
    try:
        facts = file.stat()
    except OSError:
        return ""
    return f"{facts.st_size}-{facts.st_mtime_ns}"


def _manifest(root: Path, name: str) -> dict[str, dict[str, Any]]:
    file = root / name
    if not os.path.isfile(file):
        if name == Settings.manifest:
            return {}
        raise RecipeError("no such manifest", where=name, hint="give a path relative to the folder of pictures")
    rows = _table(file)
    keys = [key for key in ("path", "file", "file_name", "filename") if rows and key in rows[0]]
    if rows and not keys:
        raise RecipeError(
            "the manifest has no column `path` or `file`",
            where=file.name,
            hint="name each picture relative to the folder",
        )
    named: dict[str, dict[str, Any]] = {}
    for row in rows:
        picture = posixpath.normpath(row[keys[0]] or "")
        if named.setdefault(picture, row) != row:
            raise RecipeError(
                f"the manifest says different things about '{picture}'", where=file.name, hint="leave one row of them"
            )
    return named


def _beside(file: Path) -> dict[str, Any]:
    for suffix in SIDECARS:
        beside = file.with_suffix(suffix)
        if os.path.isfile(beside):
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
        value = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise RecipeError(
            f"cannot read the metadata: {error}", where=file.name, hint="expected one JSON object"
        ) from None
    if not isinstance(value, dict):
        raise RecipeError("the metadata is not a JSON object", where=file.name, hint='write {"license": …}')
    return value
