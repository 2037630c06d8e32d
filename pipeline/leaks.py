"""The leak check: what shows one thing, or is of one family, is in one split. Held once more just before packing."""

from collections.abc import Iterator, Sequence

from .dataset.errors import DatasetError
from .rows import DatasetRow


def refuse_leaks(rows: Sequence[DatasetRow]) -> None:
    """Raises DatasetError when a cluster, an authentic drawing or a family of parents and children is in two splits."""
    seen: dict[str, str] = {}
    for row in rows:
        for name in _bonds(row):
            if (first := seen.setdefault(name, row.split)) != row.split:
                raise DatasetError(
                    f"{name[:80]} is in two splits, {first} and {row.split}",
                    where="pack",
                    hint="this is a bug; please report it with the recipe",
                )


def _bonds(row: DatasetRow) -> Iterator[str]:
    """What ties a row to others: rows that share one of these belong to one split."""
    yield f"cluster {row.values['cluster']}"
    parent = row.values.get("parent_id")
    for ref in row.values["refs"]:
        yield f"family of {ref['source']}:{ref['native_id']}"
        if parent is not None:
            yield f"family of {ref['source']}:{parent}"
    if (drawing := row.values.get("line_authentic")) is not None:
        yield f"drawing {drawing['path']}"
