"""What changed from one dataset to another: rows, drops and their reasons, pictures, measurements, recipe, versions."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import pyarrow as pa

from .dataset.canonical import canonical
from .dataset.reading import Dataset
from .dataset.schema import image_columns
from .markup import counted, plain
from .toml_text import inline

_SHOWN = 5
_MARK_BYTES = 8  # a cell is only ever held against the same cell of the other dataset
_NULL = bytes(_MARK_BYTES)
_ABSENT = object()

Key = tuple[str, str]  # config, id
# Which kind of change a column that is no picture stands for; what is not named here is metadata.
_KINDS = {
    **dict.fromkeys(("width", "height", "original_width", "original_height"), "measurements"),
    **dict.fromkeys(("phash", "cluster", "pair_score", "pair_transform"), "measurements"),
    **dict.fromkeys(("license", "license_url", "consent"), "rights"),
}


@dataclass(frozen=True)
class Side:
    """One of the two datasets, read: per config its columns, per row the short digests of its cells in their order."""

    dataset: Dataset
    columns: Mapping[str, Mapping[str, int]]
    marks: Mapping[Key, bytes]
    splits: Mapping[Key, str]
    drops: Mapping[str, tuple[str, ...]]

    def mark(self, key: Key, column: str) -> bytes:
        """The digest of one cell; zeros for null."""
        start = self.columns[key[0]][column] * _MARK_BYTES
        return self.marks[key][start : start + _MARK_BYTES]


def diff(before: Dataset, after: Dataset) -> dict[str, Any]:
    """What is different in `after`, as plain values for `--json`. Every cell is compared. Raises DatasetError."""
    a, b = _side(before), _side(after)
    both = [key for key in a.marks if key in b.marks]
    added, gone = [key for key in b.marks if key not in a.marks], [key for key in a.marks if key not in b.marks]
    changes = _changes(a, b, both)
    return {
        "a": _named(before),
        "b": _named(after),
        "same": before.digest == after.digest,
        "unchanged": len(both) - len({id for columns in changes.values() for ids in columns.values() for id in ids}),
        "added": _reasoned(added, a.drops, "was not found before"),
        "removed": _reasoned(gone, b.drops, "was not found"),
        "changed": {
            kind: {name: {"rows": len(ids), "ids": sorted(ids)} for name, ids in sorted(columns.items())}
            for kind, columns in changes.items()
            if columns
        },
        "moved": Counter(f"{a.splits[key]} → {b.splits[key]}" for key in both if a.splits[key] != b.splits[key]),
        "drops": _drops(a.drops, b.drops),
        "columns": _columns_diff(a, b),
        "recipe": _values(_recipe(before), _recipe(after)),
        "versions": _values(_versions(before), _versions(after)),
    }


def lines(told: Mapping[str, Any]) -> list[str]:
    """The differences for people."""
    head = [f"{side}  {_title(told[side])}" for side in ("a", "b")]
    if told["same"]:
        head.append("the rows are the same")
    else:
        head.append(f"{counted(told['unchanged'], 'row')} unchanged")
    return [
        *head,
        *_rows_lines("added", "+", told["added"]),
        *_rows_lines("removed", "-", told["removed"]),
        *(line for kind, columns in told["changed"].items() for line in _changed_lines(kind, columns)),
        *(f"moved {move}: {counted(number, 'row')}" for move, number in sorted(told["moved"].items())),
        *(f"dropped as {plain(name, 40)}: {one} → {other}" for name, (one, other) in told["drops"].items()),
        *(f"column {mark} {plain(name, 60)}" for mark, names in told["columns"].items() for name in names),
        *_values_lines("recipe", told["recipe"]),
        *_values_lines("version", told["versions"]),
    ]


def _title(named: Mapping[str, str]) -> str:
    return " ".join(plain(named[key], 40) for key in ("name", "version")) + f"  {plain(named['digest'][:12])}"


def _side(dataset: Dataset) -> Side:
    marks: dict[Key, bytes] = {}
    splits: dict[Key, str] = {}
    for config in dataset.configs:
        for split in dataset.splits(config):
            for table in dataset.tables(config, split):
                for id, row in _marks(table):
                    marks[config, id], splits[config, id] = row, split
    drops = dataset.drops().select(["id", "reasons"]).to_pylist()
    reasons = {row["id"]: tuple(row["reasons"]) for row in drops}
    return Side(dataset, {config: _columns_of(dataset, config) for config in dataset.configs}, marks, splits, reasons)


def _columns_of(dataset: Dataset, config: str) -> dict[str, int]:
    """The places of a config's columns in the digests of its rows."""
    schema = dataset.schema(config)
    return {} if schema is None else {name: at for at, name in enumerate(schema.names)}


def _marks(table: pa.Table) -> Iterator[tuple[str, bytes]]:
    """(id, digests of its cells) of every row; pictures by their encoded bytes, without a copy."""
    columns = [_column_marks(table, name) for name in table.column_names]
    for id, *cells in zip(table.column("id").to_pylist(), *columns, strict=True):
        yield id, b"".join(cells)


def _column_marks(table: pa.Table, name: str) -> list[bytes]:
    if name in image_columns(table.schema):
        cells = (cell["bytes"].as_buffer() if cell.is_valid else None for cell in table.column(name))
        return [_NULL if cell is None else _digest(memoryview(cell)) for cell in cells]
    values = table.column(name).to_pylist()
    return [_NULL if value is None else _digest(canonical(_plain(value))) for value in values]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | None) else repr(value)


def _digest(data: bytes | memoryview) -> bytes:
    return blake2b(data, digest_size=_MARK_BYTES).digest()


def _changes(a: Side, b: Side, both: Sequence[Key]) -> dict[str, dict[str, list[str]]]:
    """Kind of change -> column -> ids of the rows that have it. A column that only one side has is no row's change."""
    kinds: dict[str, dict[str, list[str]]] = {
        "lines": {},
        "color": {},
        "measurements": {},
        "rights": {},
        "metadata": {},
    }
    shared = {
        config: [name for name in columns if name in b.columns.get(config, {})] for config, columns in a.columns.items()
    }
    for key in both:
        for name in shared[key[0]]:
            if a.mark(key, name) != b.mark(key, name):
                kinds[_kind(name)].setdefault(name, []).append(key[1])
    return kinds


def _kind(column: str) -> str:
    if column == "color":
        return "color"
    return "lines" if column.startswith("line_") else _KINDS.get(column, "metadata")


def _reasoned(keys: Sequence[Key], drops: Mapping[str, tuple[str, ...]], otherwise: str) -> dict[str, Any]:
    """Rows that only one side has, with why the other side dropped them."""
    rows = [{"id": id, "config": config, "reasons": list(drops.get(id, (otherwise,)))} for config, id in sorted(keys)]
    reasons = Counter(row["reasons"][0] for row in rows)
    return {"rows": len(rows), "reasons": dict(sorted(reasons.items())), "ids": rows}


def _drops(a: Mapping[str, tuple[str, ...]], b: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[int, int]]:
    one, other = (Counter(reasons[0] for reasons in drops.values()) for drops in (a, b))
    return {name: (one[name], other[name]) for name in sorted({*one, *other}) if one[name] != other[name]}


def _columns_diff(a: Side, b: Side) -> dict[str, list[str]]:
    one, other = ({f"{config}.{name}" for config, names in side.columns.items() for name in names} for side in (a, b))
    return {mark: names for mark, names in (("+", sorted(other - one)), ("-", sorted(one - other))) if names}


def _named(dataset: Dataset) -> dict[str, str]:
    return {"root": dataset.root, "name": dataset.name, "version": dataset.version, "digest": dataset.digest}


def _recipe(dataset: Dataset) -> Mapping[str, Any]:
    return dict(_flat(dataset.manifest["provenance"].get("recipe", {})))


def _versions(dataset: Dataset) -> Mapping[str, Any]:
    provenance = dataset.manifest["provenance"]
    names = ("lcpipe", "plugins", "weights", "environment")
    sources = {name: source.get("catalog") for name, source in provenance.get("sources", {}).items()}
    parts = {name: provenance.get(name, {}) for name in names}
    return dict(_flat({"schema": dataset.manifest["schema_version"], **parts, "catalog": sources}))


def _flat(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """(dotted key, value) of everything in a table of tables."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, (*path, str(key)))
        else:
            yield ".".join((*path, str(key))), value


def _values(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Keys whose values differ: with `a`, `b` or both, whichever have them."""
    changed = [key for key in sorted({*a, *b}) if a.get(key, _ABSENT) != b.get(key, _ABSENT)]
    return {key: {name: side[key] for name, side in (("a", a), ("b", b)) if key in side} for key in changed}


def _rows_lines(what: str, mark: str, told: Mapping[str, Any]) -> Iterator[str]:
    if not told["rows"]:
        return
    reasons = ", ".join(f"{plain(name, 40)} {number}" for name, number in told["reasons"].items())
    yield f"{counted(told['rows'], 'row')} {what}: {reasons}"
    for row in told["ids"][:_SHOWN]:
        yield f"  {mark} {plain(row['id'][:16])}  {plain(', '.join(row['reasons']), 100)}"
    if told["rows"] > _SHOWN:
        yield f"  {mark} … and {told['rows'] - _SHOWN} more (--json lists them)"


def _changed_lines(kind: str, columns: Mapping[str, Any]) -> Iterator[str]:
    for name, told in columns.items():
        some = ", ".join(plain(id[:12]) for id in told["ids"][:_SHOWN]) + (", …" if told["rows"] > _SHOWN else "")
        yield f"changed {kind}: {plain(name, 60)} in {counted(told['rows'], 'row')} ({some})"


def _values_lines(what: str, told: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for key, sides in told.items():
        shown = (plain(inline(sides[side]), 60) if side in sides else "(none)" for side in ("a", "b"))
        yield f"{what} {plain(key, 80)}: {' → '.join(shown)}"
