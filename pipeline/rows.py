"""From selection and cells to the rows of a dataset: what is in each, and where the bytes of its pictures lie."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import pyarrow as pa

from .asks import AUTHENTIC, COLOR, LINE_ART, Ask
from .catalog import METADATA, UNPUBLISHED
from .cells import Cell, Key
from .dataset.errors import LcpipeError
from .dataset.reasons import Reason
from .parts import Place
from .recipe import Recipe
from .select import Selection

RIGHTS_AND_TAGS = tuple(name for name in METADATA.names if name not in UNPUBLISHED)


@dataclass(frozen=True)
class DatasetRow:
    """One row to pack: plain values, image cells as {"sha256": …, "path": …}, and where their bytes lie."""

    config: str
    split: str
    values: dict[str, Any]
    places: dict[str, Place]

    @property
    def id(self) -> str:
        """The picture's id."""
        return str(self.values["id"])

    @property
    def picture_bytes(self) -> int:
        """The size of its encoded pictures."""
        return sum(place.length for place in self.places.values())


@dataclass(frozen=True)
class Lost:
    """A selected picture that render could not give: (stage, reason, detail) for the drop table."""

    id: str
    reason: str
    detail: str | None


def dataset_rows(
    recipe: Recipe,
    selection: Selection,
    asks: Mapping[str, Ask],
    cells: Mapping[Key, Cell],
    unreadable: Mapping[str, tuple[str, str]],
) -> tuple[list[DatasetRow], list[Lost]]:
    """Every selected picture as a row, or as a loss with its reason."""
    rows: list[DatasetRow] = []
    lost: list[Lost] = []
    minimum = recipe.pairs.min_score if recipe.pairs else 0.0
    for row in selection.rows("pairs"):
        made = _pair_row(row, asks, cells, unreadable, minimum)
        rows.append(made) if isinstance(made, DatasetRow) else lost.extend(_with_partner(made, row))
    for row in selection.rows("line_art"):
        made = _line_art_row(row, asks, cells, unreadable)
        rows.append(made) if isinstance(made, DatasetRow) else lost.append(made)
    return rows, lost


def refuse_none(rows: Sequence[DatasetRow], lost: Sequence[Lost]) -> None:
    """Raises LcpipeError that says why, when render could give no pair at all."""
    if any(row.config == "pairs" for row in rows):
        return
    reasons = ", ".join(f"{count} by {name}" for name, count in Counter(one.reason for one in lost).most_common())
    raise LcpipeError(
        f"nothing is left to pack: all {len(lost)} pictures were lost, {reasons}",
        where="render",
        hint="look at the pictures, or choose another extractor or other settings",
    )


def params_type(settings: type[Any]) -> pa.StructType:
    """The Arrow type of a line column's parameters: extractor, version, seed and each setting of the extractor."""
    own = [(one.name, _arrow(one.type)) for one in fields(settings)]
    return pa.struct([("extractor", pa.string()), ("version", pa.int32()), ("seed", pa.int64()), *own])


def _arrow(annotation: Any) -> pa.DataType:
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    text = str(annotation) if "|" in str(annotation) or "[" in str(annotation) else text
    for word, kind in (("bool", pa.bool_()), ("float", pa.float64()), ("int", pa.int64())):
        if word in text:
            return kind
    return pa.string()


def _with_partner(loss: Lost, row: Mapping[str, Any]) -> list[Lost]:
    """A picture that is lost takes its authentic drawing along: nobody else may have it."""
    return [loss] + (
        [Lost(row["partner"], loss.reason, f"its picture {loss.id} was dropped")] if row["partner"] else []
    )


def _pair_row(
    row: Mapping[str, Any],
    asks: Mapping[str, Ask],
    cells: Mapping[Key, Cell],
    unreadable: Mapping[str, tuple[str, str]],
    minimum: float,
) -> DatasetRow | Lost:
    identity = row["id"]
    found = {name: cells.get((ask.key, identity)) for name, ask in asks.items() if ask.kind in (COLOR, "line")}
    color = found.pop(COLOR)
    lines = {name: cell for name, cell in found.items() if cell is not None and cell.place is not None}
    if color is None or color.place is None or not lines:
        return _loss(identity, [color, *found.values()], unreadable)
    values = _common(row) | {COLOR: _image(identity, color), "width": color.width, "height": color.height}
    places = {COLOR: color.place}
    for name in found:
        cell = lines.get(name)
        values |= {name: _image(identity, cell), f"{name}_params": _params(cell)}
        places |= {name: cell.place} if cell is not None and cell.place is not None else {}
    authentic = cells.get((asks[AUTHENTIC].key, f"{identity}+{row['partner']}")) if row["partner"] else None
    return DatasetRow("pairs", row["split"], *_with_authentic(values, places, str(row["partner"]), authentic, minimum))


def _with_authentic(
    values: dict[str, Any], places: dict[str, Place], partner: str, cell: Cell | None, minimum: float
) -> tuple[dict[str, Any], dict[str, Place]]:
    facts = json.loads(cell.facts) if cell is not None and cell.facts else {}
    good = cell is not None and cell.place is not None and facts["score"] >= minimum
    values |= {AUTHENTIC: None, "pair_score": facts.get("score"), "pair_transform": facts.get("transform")}
    if not good or cell is None or cell.place is None:
        return values, places
    return values | {AUTHENTIC: _image(partner, cell)}, places | {AUTHENTIC: cell.place}


def _line_art_row(
    row: Mapping[str, Any],
    asks: Mapping[str, Ask],
    cells: Mapping[Key, Cell],
    unreadable: Mapping[str, tuple[str, str]],
) -> DatasetRow | Lost:
    cell = cells.get((asks[LINE_ART].key, row["id"]))
    if cell is None or cell.place is None:
        return _loss(row["id"], [cell], unreadable)
    values = _common(row) | {AUTHENTIC: _image(row["id"], cell), "width": cell.width, "height": cell.height}
    return DatasetRow("line_art", row["split"], values, {AUTHENTIC: cell.place})


def _common(row: Mapping[str, Any]) -> dict[str, Any]:
    described = {name: row[name] for name in RIGHTS_AND_TAGS}
    size = {"original_width": row["width"], "original_height": row["height"]}
    time = datetime.fromisoformat(row["created_at"]) if row["created_at"] else None
    return described | size | {name: row[name] for name in ("id", "refs", "phash", "cluster")} | {"created_at": time}


def _image(identity: str, cell: Cell | None) -> dict[str, str] | None:
    if cell is None or cell.sha256 is None:
        return None
    return {"sha256": cell.sha256, "path": f"{identity[:16]}{cell.suffix}"}


def _params(cell: Cell | None) -> dict[str, Any] | None:
    if cell is None or cell.facts is None:
        return None
    facts: dict[str, Any] = json.loads(cell.facts)
    return {name: facts[name] for name in ("extractor", "version", "seed")} | dict(facts["settings"])


def _loss(identity: str, cells: list[Cell | None], unreadable: Mapping[str, tuple[str, str]]) -> Lost:
    if identity in unreadable:
        return Lost(identity, *unreadable[identity])
    failed = next((cell for cell in cells if cell is not None and cell.reason is not None), None)
    if failed is None or failed.reason is None:
        return Lost(identity, str(Reason.EXTRACTOR_FAILED), "no cell was rendered")
    return Lost(identity, failed.reason, failed.detail)
