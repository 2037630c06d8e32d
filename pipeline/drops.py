"""The drop table: every picture that was found and is not in the dataset, with all its reasons."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .dataset.schema import DROPS
from .rows import Lost
from .select import DROPPED, Selection

_LONGEST = 400  # characters of a detail


def drops_table(selection: Selection, lost: Sequence[Lost]) -> pa.Table:
    """What select dropped and what render lost, ordered by id, with the columns of `schema.DROPS`."""
    gone = {one.id: one for one in lost}
    table = selection.table
    at_render = pc.is_in(table.column("id"), value_set=pa.array(sorted(gone), pa.string()))
    rows = table.filter(pc.or_(pc.equal(table.column("verdict"), DROPPED), at_render)).to_pylist()
    named = [_drop(row, gone.get(row["id"]), selection.looked_at) for row in rows]
    return pa.Table.from_pylist(named, schema=DROPS)


def _drop(row: dict[str, Any], loss: Lost | None, looked_at: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    stage, reasons, detail = (
        (row["stage"], row["reasons"], row["detail"]) if loss is None else ("render", [loss.reason], loss.detail)
    )
    named = {name: row[name] for name in ("id", "refs", "role", "kept_id", "width", "height")}
    detail = detail or _values(row, [column for reason in reasons for column in looked_at.get(reason, ())])
    return named | {"stage": stage, "reason": reasons[0], "reasons": reasons, "detail": detail}


def _values(row: Mapping[str, Any], columns: Sequence[str]) -> str | None:
    """What the filters that refused a picture saw, such as `sharpness 0.21, noise 9.3`."""
    seen = {name: row.get(name) for name in columns}
    told = [f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}" for name, value in seen.items()]
    return ", ".join(told)[:_LONGEST] or None
