"""The drop table: every picture that was found and is not in the dataset, with all its reasons."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .dataset.schema import DROPS
from .rows import Lost
from .select import DROPPED, Selection


def drops_table(selection: Selection, lost: Sequence[Lost]) -> pa.Table:
    """What select dropped and what render lost, ordered by id, with the columns of `schema.DROPS`."""
    gone = {one.id: one for one in lost}
    table = selection.table
    at_render = pc.is_in(table.column("id"), value_set=pa.array(sorted(gone), pa.string()))
    rows = table.filter(pc.or_(pc.equal(table.column("verdict"), DROPPED), at_render)).to_pylist()
    return pa.Table.from_pylist([_drop(row, gone.get(row["id"])) for row in rows], schema=DROPS)


def _drop(row: dict[str, Any], loss: Lost | None) -> dict[str, Any]:
    stage, reasons, detail = (
        (row["stage"], row["reasons"], row["detail"]) if loss is None else ("render", [loss.reason], loss.detail)
    )
    named = {name: row[name] for name in ("id", "refs", "role", "kept_id", "width", "height")}
    return named | {"stage": stage, "reason": reasons[0], "reasons": reasons, "detail": detail}
