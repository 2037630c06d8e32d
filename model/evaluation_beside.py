"""What an evaluation says of the painters beside the model: which settings differ, and what that costs or brings."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

from .differences import Verdict, better_ways, differences
from .presets import FREE, flat
from .protocols import MODEL

Json: TypeAlias = dict[str, Any]
UNKNOWN = "–"
WORDS: Mapping[Verdict, str] = {"A": "worse", "B": "better", "equal": "equal", "not sure": "not sure"}


def beside_model(groups: Sequence[Mapping[str, Any]], metrics: Mapping[str, Mapping[str, Any]]) -> list[Json]:
    """Every other painter minus the model, value by value on the same pictures, and whether that is surely better."""
    own = [group for group in groups if group["by"] == MODEL]
    others = (by for by in dict.fromkeys(group["by"] for group in groups) if by != MODEL)
    ways = better_ways(metrics)
    return [
        {
            "by": by,
            "differences": [
                asdict(each) | {"verdict": WORDS[each.verdict]}
                for each in differences(own, [group for group in groups if group["by"] == by], ways)
            ],
        }
        for by in others
    ]


def settings_apart(model: Mapping[str, Any], baselines: Sequence[Mapping[str, Any]]) -> dict[str, list[object]]:
    """How the model (first) and the model files beside it were trained, where not all agree: a row for every setting.

    A file that does not say has dashes, and makes no row of its own.
    """
    facts = [_training(file) for file in (model, *(record for record in baselines if "sha256" in record))]
    rows = {
        key: [fact.get(key, UNKNOWN) for fact in facts] for key in dict.fromkeys(key for fact in facts for key in fact)
    }
    return {key: row for key, row in rows.items() if len({str(value) for value in row if value is not UNKNOWN}) > 1}


def _training(file: Mapping[str, Any]) -> dict[str, object]:
    """The preset, the pictures seen and every setting that decides what a model file has learned."""
    facts = {"preset": file.get("preset"), "images": (file.get("run") or {}).get("images")}
    config = {key: value for key, value in flat(file.get("config") or {}).items() if key not in FREE}
    return {
        key: value for key, value in (facts | config).items() if value is not None and not key.startswith("output.")
    }
