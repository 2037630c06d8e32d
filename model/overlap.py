"""Which rows of a dataset a model has been trained on, as far as that can be told."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lcpipe.pipeline.dataset.errors import LcpipeError
from lcpipe.pipeline.dataset.reading import Dataset, open_dataset

from .run_folder import PLACES


@dataclass(frozen=True)
class Overlap:
    """The ids of a split's rows that were trained on; `known` is False when nobody can tell."""

    known: bool
    ids: frozenset[str] = frozenset()

    def record(self, allowed: bool) -> dict[str, Any]:
        """What an evaluation says about it."""
        if not self.known:
            return {"state": "unknown", "rows": None}
        if not self.ids:
            return {"state": "none", "rows": 0}
        return {"state": "allowed" if allowed else "left_out", "rows": len(self.ids)}


def find_overlap(model: str | Path, metadata: dict[str, Any], dataset: Dataset, split: str) -> Overlap:
    """Rows of a split whose id or near-duplicate cluster was in the model's training split."""
    trained = training_dataset(model, metadata, dataset)
    if trained is None:
        return Overlap(known=False)
    seen = {value for pair in _ids(trained, "train") for value in pair}
    return Overlap(True, frozenset(id_ for id_, cluster in _ids(dataset, split) if id_ in seen or cluster in seen))


def training_dataset(model: str | Path, metadata: dict[str, Any], dataset: Dataset) -> Dataset | None:
    """The dataset of the model's digest: the one at hand, or the one its run was started on if that is still there."""
    digest = (metadata.get("dataset") or {}).get("digest")
    if digest == dataset.digest:
        return dataset
    try:
        place = json.loads((Path(model).parent / PLACES).read_bytes())["dataset"]
        found = open_dataset(place)
    except (OSError, ValueError, KeyError, TypeError, LcpipeError):
        return None
    return found if found.digest == digest else None


def _ids(dataset: Dataset, split: str) -> list[tuple[str, str]]:
    """(id, cluster) of every row of a split."""
    if split not in dataset.splits("pairs"):
        return []
    table = dataset.table("pairs", split, ["id", "cluster"])
    return list(zip(table["id"].to_pylist(), table["cluster"].to_pylist(), strict=True))
