"""Which pairs were proposed and why those refused were: `pairs.json` in a dataset, told in its report and by `explain`.

One proposal a line, as select judged it: those accepted, and those refused that are worth telling.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from .dataset.errors import DatasetError
from .dataset.reading import Dataset
from .dataset.storage import join, read_bytes
from .markup import escaped
from .pairs import Pairing
from .report_sections import card, table

FILE = "pairs.json"
_SHOWN = 20  # refused ones in the report, the best first
_STATES = ("taken", "spare", "refused")


def proposals_text(pairing: Pairing, ids: Sequence[str]) -> str:
    """What came of each proposal, the taken ones first, then by score."""
    rows: list[dict[str, Any]] = sorted(
        (
            {
                "color": ids[one.color],
                "line_art": ids[one.line],
                "method": one.method,
                "score": one.fit.score if one.fit else None,
                "state": "refused" if one.refusal else "taken" if pairing.partners[one.color] == one.line else "spare",
                "refusal": one.refusal,
            }
            for one in pairing.proposals
        ),
        key=lambda row: (_STATES.index(str(row["state"])), -(row["score"] or 0.0), row["color"], row["line_art"]),
    )
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n"


def proposals(dataset: Dataset) -> list[dict[str, Any]]:
    """The proposals of a dataset; none where its recipe asked for no pairs. Raises DatasetError, StorageError."""
    if FILE not in {file["path"] for file in dataset.manifest["files"]}:
        return []
    where = join(dataset.root, FILE)
    try:
        rows = json.loads(read_bytes(where))
        return [
            {name: row[name] for name in ("color", "line_art", "method", "score", "state", "refusal")} for row in rows
        ]
    except (ValueError, KeyError, TypeError) as error:
        hint = "get the dataset again"
        raise DatasetError(f"the list of proposed pairs is damaged: {error}", where=where, hint=hint) from None


def section(dataset: Dataset) -> str:
    """Proposed pairs by what proposed them and what came of it, and the refused ones that came closest."""
    rows = proposals(dataset)
    if not rows:
        return ""
    counts = Counter((row["method"], row["state"]) for row in rows)
    methods = sorted({method for method, _ in counts})
    told = [(escaped(one, 40), *(f"{counts[one, state]:,}" for state in _STATES)) for one in methods]
    body = table(("proposed by", *_STATES), told, frozenset({1, 2, 3}))
    refused = [row for row in rows if row["state"] == "refused"][:_SHOWN]
    if refused:
        body += table(("picture", "drawing", "score", "refused because"), map(_refused, refused), frozenset({2}))
    return card("Proposed pairs", body, f"all of them in {FILE}", wide=True)


def _refused(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    score = "" if row["score"] is None else f"{row['score']:.2f}"
    color, line = (f"<code>{escaped(row[side][:16], 16)}</code>" for side in ("color", "line_art"))
    return color, line, score, escaped(row["refusal"], 160)
