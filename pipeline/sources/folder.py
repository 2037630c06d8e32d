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
from typing import Any, get_args

from ..catalog import METADATA, TAG_COLUMNS
from ..dataset.errors import RecipeError
from ._item import Item, Role, SourceState

version = 1
SUFFIXES = frozenset(".jpg .jpeg .jpe .jfif .png .apng .webp .gif .bmp .tif .tiff .avif .jxl .ppm .pgm".split())
SIDECARS = (".json", ".csv")
ROLES: tuple[Role, ...] = get_args(Role)
_EXAMPLES = {"consent": 'write "opted_out", or {"decision": "opted_out", "signals": ["robots.txt"]}'}
_RIGHTS = {"licence": "license", "licence_url": "license_url", "licence_flag": ""}


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
        for name in self.columns:
            if name not in (*METADATA.names, "role"):
                raise ValueError(f"columns: the catalog has no '{name}'; it has {', '.join(METADATA.names)} and role")
        if self.glob.startswith("/") or ".." in self.glob.split("/"):
            raise ValueError(f"glob: '{self.glob}' leaves the folder; let `path` name the folder further up")


def place(settings: Settings, state: SourceState) -> str:
    """The folder that is meant: the same words in another place are another source."""
    return _text(_top(settings, state))


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


def _text(name: str) -> str:
    """Text as it can be kept: bytes that are no UTF-8, and halves of UTF-16 pairs, are spelt out."""
    return name.encode("utf-8", "backslashreplace").decode()


def _item(
    file: Path, name: str, settings: Settings, state: SourceState, manifest: Mapping[str, dict[str, Any]]
) -> Item:
    native_id = _text(name)
    metadata = _known(_beside(file) or manifest.get(name, {}), settings.columns, native_id)
    role = _role(metadata.pop("role", settings.role), native_id)
    fingerprint = _fingerprint(file)
    seen = fingerprint and state.known.get(native_id) == fingerprint
    path = None if seen else _text(str(file))
    data = _bytes(file) if path is not None and path != str(file) else None
    return Item(native_id, role, data, path if data is None else None, fingerprint=fingerprint, metadata=metadata)


def _bytes(file: Path) -> bytes | None:
    """The bytes of a file whose name is no text, which the catalog cannot refer to by its path."""
    try:
        return file.read_bytes()
    except OSError:
        return None


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


def _known(row: Mapping[str, Any], renames: Mapping[str, str], where: str) -> dict[str, Any]:
    names = {**_RIGHTS, **{old: new for new, old in renames.items()}}
    renamed = {names.get(key, key): value for key, value in row.items() if key is not None}
    kept = {key: _value(key, value, where) for key, value in renamed.items() if key in METADATA.names or key == "role"}
    return {key: value for key, value in kept.items() if value is not None}


def _value(key: str, value: Any, where: str) -> Any:
    """One value as the catalog has it; None for nothing. Raises RecipeError for a list or table where text belongs."""
    if value is None or value == "":
        return None
    if key in TAG_COLUMNS:
        return [_plain(key, tag, where) for tag in _tags(value)]
    if key == "score":
        return _score(value)
    if key == "consent" and isinstance(value, dict):
        signals = value.get("signals") or []
        signals = [_plain(key, one, where) for one in (signals if isinstance(signals, list) else [signals])]
        return {"decision": _plain(key, value.get("decision"), where), "signals": signals}
    if key == "consent":
        return {"decision": _plain(key, value, where), "signals": []}
    return str(value) if isinstance(value, int | float) else _plain(key, value, where)


def _plain(key: str, value: Any, where: str) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise RecipeError(
        f"'{key}' cannot be {json.dumps(value)[:60]}", where=where, hint=_EXAMPLES.get(key, "write a text")
    )


def _tags(value: Any) -> Sequence[Any]:
    """Tags as a list, as a JSON list in a cell of a table, or as words with spaces between them."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return str(value).split()
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) else str(value).split()


def _score(value: Any) -> int | None:
    try:
        score = int(str(value))
    except ValueError:
        return None
    return score if abs(score) < 2**31 else None
