"""What select works out and a later select need not: how drawings lie on pictures, and clusters of near-duplicates.

Both are named by what they were made from, so a threshold, a filter or new pictures make nothing stale. One file each
for the recipes of a name; where one is missing or damaged, it is made again.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from .dataset.errors import StorageError
from .dataset.storage import join
from .near_duplicates import Stars
from .parts import read_table, write_table
from .registration import Fit

Fits = dict[str, Fit | None]  # by `pairs.fit_key`

_FITS = pa.schema(
    [("key", pa.string()), ("score", pa.float64()), ("matrix", pa.list_(pa.float64())), ("stray", pa.float64())]
)
_CENTRES = pa.schema([("centre", pa.int64())])
_BONDS = pa.schema([("left", pa.int64()), ("right", pa.int64())])


class Memory:
    """What is remembered in a cache for the recipes of a name; without a cache, nothing is."""

    def __init__(self, cache: str | None = None, name: str = "", keeps: bool = True) -> None:
        self._root = join(cache, "selections", name) if cache else None
        self._keeps = keeps and cache is not None

    def fits(self) -> Fits:
        """The fits that are known; None for what was tried and does not fit."""
        rows = self._read("fits", _FITS)
        return {row["key"]: _fit(row) for row in rows.to_pylist()} if rows is not None else {}

    def keep_fits(self, fits: Fits) -> None:
        """Remembers fits beside those that are known."""
        rows = [
            {"key": key, "score": one.score, "matrix": one.matrix.ravel().tolist(), "stray": one.stray}
            if (one := fits[key])
            else {"key": key}
            for key in sorted(fits)
        ]
        self._write("fits", pa.Table.from_pylist(rows, schema=_FITS))

    def stars(self, key: str) -> Stars | None:
        """The clusters that were found from just this."""
        centres, bonds = (self._read(what, schema) for what, schema in (("clusters", _CENTRES), ("bonds", _BONDS)))
        if centres is None or bonds is None or not all(_is_of(key, table) for table in (centres, bonds)):
            return None
        left, right = (bonds.column(name).to_numpy() for name in _BONDS.names)
        return Stars(np.asarray(centres.column("centre").to_numpy(), np.int64), np.stack([left, right], axis=1))

    def keep_stars(self, key: str, stars: Stars) -> None:
        """Remembers the newest clusters in the stead of those before."""
        tables = {
            "clusters": pa.table([pa.array(stars.centre)], schema=_CENTRES),
            "bonds": pa.table([pa.array(side) for side in stars.bonds.T], schema=_BONDS),
        }
        for what, table in tables.items():
            self._write(what, table.replace_schema_metadata({"key": key}))

    def _read(self, what: str, schema: pa.Schema) -> pa.Table | None:
        if self._root is None:
            return None
        try:
            table = read_table(f"{self._root}.{what}.arrow")
        except StorageError:
            return None
        return table if table.schema.equals(schema) else None

    def _write(self, what: str, table: pa.Table) -> None:
        if self._keeps:
            write_table(f"{self._root}.{what}.arrow", table)


def _is_of(key: str, table: pa.Table) -> bool:
    return (table.schema.metadata or {}).get(b"key") == key.encode()


def _fit(row: dict[str, Any]) -> Fit | None:
    if row["score"] is None:
        return None
    matrix = np.array(row["matrix"], np.float64).reshape(2, 3)
    return Fit(row["score"], matrix, row["stray"])
