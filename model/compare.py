"""Compares two evaluations picture by picture: which is better, and is it sure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pydantic import ValidationError

from lcpipe.pipeline.dataset.draws import generator
from lcpipe.pipeline.dataset.errors import LcpipeError

from .evaluate import FORMAT, RESULT
from .evaluation_file import check_whole
from .intervals import mean_interval

Verdict: TypeAlias = Literal["A", "B", "not sure", "equal"]
SAME = ("seed", "crop_px", "point_px", "hints", "drawings", "crops", "repeats")  # what makes hints and pictures equal
DIGITS = 6
DRAWS = 4000
LEVEL = 0.95


@dataclass(frozen=True)
class Difference:
    """B minus A of one value on the same pictures: mean and interval; `n` 0 where only whole sets were measured."""

    lines: str
    hints: str
    value: str
    better: Literal["higher", "lower"]
    n: int
    a: float
    b: float
    difference: float
    low: float
    high: float

    @property
    def verdict(self) -> Verdict:
        """Who is better, where the interval leaves no doubt."""
        if self.low == self.high == 0:
            return "equal"
        if self.low <= 0 <= self.high:
            return "not sure"
        return "B" if (self.low > 0) == (self.better == "higher") else "A"


def read_evaluation(place: str) -> dict[str, Any]:
    """The document of an evaluation, from its folder or its file. Raises LcpipeError."""
    path = Path(place)
    path = path / RESULT if path.is_dir() else path
    hint = "give a folder that `lcpipe evaluate` wrote"
    try:
        text = path.read_bytes()
        document: dict[str, Any] = json.loads(text)
        found = document["format"], document["groups"], document["metrics"]
    except (OSError, ValueError, KeyError, TypeError):
        raise LcpipeError("not an evaluation", where=place, hint=hint) from None
    if found[0] != FORMAT:
        raise LcpipeError("an evaluation of another version", where=place, hint="evaluate the model again")
    try:
        check_whole(text)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise LcpipeError(f"a damaged evaluation: {key}: {first['msg']}", where=place, hint=hint) from None
    return document


def compare(place_a: str, place_b: str) -> list[Difference]:
    """Every value that both evaluations have, of the models themselves. Raises LcpipeError when they differ."""
    a, b = read_evaluation(place_a), read_evaluation(place_b)
    check_comparable(a, b)
    found = list(_differences(a, b))
    if not found:
        hint = "evaluate both with one protocol on one dataset"
        raise LcpipeError("the evaluations share no pictures", where=f"{place_a}, {place_b}", hint=hint)
    return found


def check_comparable(a: Mapping[str, Any], b: Mapping[str, Any]) -> None:
    """Raises LcpipeError that names what differs: other pictures, other hints or other networks give other numbers."""
    mine, theirs = _facts(a), _facts(b)
    for name, fact in mine.items():
        if fact != theirs[name]:
            what = f"the evaluations differ in {name}: {str(fact)[:40]} and {str(theirs[name])[:40]}"
            raise LcpipeError(what, hint="evaluate both with one protocol on one dataset")


def _facts(document: Mapping[str, Any]) -> dict[str, object]:
    """What must be equal in two evaluations."""
    place = {name: document["dataset"][name] for name in ("digest", "split")}
    return place | {name: document["protocol"].get(name) for name in SAME}


def _values(document: Mapping[str, Any]) -> dict[str, str]:
    """The better direction of every computed value, by its name."""
    records = (record for record in document["metrics"].values() if "not_computed" not in record)
    return {value["name"]: value["better"] for record in records for value in record["values"]}


def _differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Difference]:
    better = {name: way for name, way in _values(a).items() if name in _values(b)}
    others = {group["lines"]: group for group in b["groups"] if group["by"] == "model"}
    for group in (group for group in a["groups"] if group["by"] == "model" and group["lines"] in others):
        other = others[group["lines"]]
        levels = {level["hints"]: level for level in other["levels"]}
        for level_a in (level for level in group["levels"] if level["hints"] in levels):
            level_b = levels[level_a["hints"]]
            for name, way in better.items():
                if name in level_a["means"] and name in level_b["means"]:
                    yield _difference(group, other, level_a, level_b, name, way)


def _difference(
    group: Mapping[str, Any], other: Mapping[str, Any], level_a: Mapping[str, Any], level_b: Mapping[str, Any],
    name: str, better: Any,
) -> Difference:  # fmt: skip
    """One value at one level: paired where pictures have values of their own, else from both intervals."""
    level = str(level_a["hints"])
    theirs = {picture["id"]: picture["values"][level] for picture in other["pictures"]}
    rows = [
        (picture["values"][level], theirs[picture["id"]]) for picture in group["pictures"] if picture["id"] in theirs
    ]
    pairs = [(mine[name], their[name]) for mine, their in rows if name in mine and name in their]
    if not pairs:
        return _of_sets(group["lines"], level, name, better, level_a["means"][name], level_b["means"][name])
    rng = generator(0, f"{group['lines']} {level} {name}", "compare")
    spread = mean_interval([b - a for a, b in pairs], rng, DRAWS, LEVEL)
    means = (sum(values) / len(pairs) for values in zip(*pairs, strict=True))
    numbers = [round(number, DIGITS) for number in (*means, *spread)]
    return Difference(group["lines"], level, name, better, len(pairs), *numbers)


def _of_sets(
    lines: str, level: str, name: str, better: Any, a: Mapping[str, float], b: Mapping[str, float]
) -> Difference:
    """A value of whole sets: the draws of both are taken as independent, which makes the interval rather too wide."""
    half = (((a["high"] - a["low"]) / 2) ** 2 + ((b["high"] - b["low"]) / 2) ** 2) ** 0.5
    difference = b["mean"] - a["mean"]
    numbers = (a["mean"], b["mean"], difference, difference - half, difference + half)
    return Difference(lines, level, name, better, 0, *(round(number, DIGITS) for number in numbers))


def tally(differences: Sequence[Difference]) -> dict[Verdict, int]:
    """How many values each verdict has."""
    verdicts: tuple[Verdict, ...] = ("A", "B", "not sure", "equal")
    return {verdict: sum(each.verdict == verdict for each in differences) for verdict in verdicts}
