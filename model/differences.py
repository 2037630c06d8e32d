"""One painter's numbers beside another's on the same drawings: paired differences, and whether they are sure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from lcpipe.pipeline.dataset.draws import generator

from .intervals import mean_interval

Verdict: TypeAlias = Literal["A", "B", "not sure", "equal"]
Better: TypeAlias = Mapping[str, Literal["higher", "lower"]]
DIGITS = 6
DRAWS = 4000
LEVEL = 0.95
FEWEST = 6  # of fewer pictures nobody can be sure: that all of five are on one side has the probability 2 / 2⁵ > 5 %


@dataclass(frozen=True)
class Difference:
    """B minus A of one value on the same pictures: mean and interval; `n` of the smaller set for values of sets."""

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
        """Who is better, where the interval leaves no doubt and is of pictures enough."""
        if self.low == self.high == 0:
            return "equal"
        if self.low <= 0 <= self.high or self.n < FEWEST:
            return "not sure"
        return "B" if (self.low > 0) == (self.better == "higher") else "A"


def differences(a: Sequence[Mapping[str, Any]], b: Sequence[Mapping[str, Any]], better: Better) -> Iterator[Difference]:
    """Every value that is `better` one way, at every level of the line columns that the groups of both have.

    Paired where pictures have values of their own; a value of a set stands only where both sets are the same pictures.
    """
    for group, other in shared_groups(a, b):
        alike = picture_ids(group) == picture_ids(other)
        levels = {level["hints"]: level for level in other["levels"]}
        for level_a in (level for level in group["levels"] if level["hints"] in levels):
            level_b = levels[level_a["hints"]]
            for name, way in better.items():
                if name in level_a["means"] and name in level_b["means"]:
                    pairs = _pairs(group, other, str(level_a["hints"]), name)
                    if pairs:
                        yield _of_pairs(group["lines"], str(level_a["hints"]), name, way, pairs)
                    elif alike:
                        means = level_a["means"][name], level_b["means"][name]
                        yield _of_sets(group["lines"], str(level_a["hints"]), name, way, *means)


def shared_groups(
    a: Sequence[Mapping[str, Any]], b: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The groups of both that have the same lines."""
    others = {group["lines"]: group for group in b}
    return ((group, others[group["lines"]]) for group in a if group["lines"] in others)


def picture_ids(group: Mapping[str, Any]) -> set[str]:
    """The pictures of a group."""
    return {picture["id"] for picture in group["pictures"]}


def better_ways(metrics: Mapping[str, Mapping[str, Any]]) -> Better:
    """The better direction of every computed value, by its name, from the metrics that an evaluation records."""
    records = (record for record in metrics.values() if "not_computed" not in record)
    return {value["name"]: value["better"] for record in records for value in record["values"]}


def _pairs(group: Mapping[str, Any], other: Mapping[str, Any], level: str, name: str) -> list[tuple[float, float]]:
    """What both say of the pictures that both have."""
    theirs = {picture["id"]: picture["values"][level] for picture in other["pictures"]}
    rows = [
        (picture["values"][level], theirs[picture["id"]]) for picture in group["pictures"] if picture["id"] in theirs
    ]
    return [(mine[name], their[name]) for mine, their in rows if name in mine and name in their]


def _of_pairs(lines: str, level: str, name: str, better: Any, pairs: Sequence[tuple[float, float]]) -> Difference:
    """A value that pictures have of their own."""
    spread = mean_interval([b - a for a, b in pairs], generator(0, f"{lines} {level} {name}", "compare"), DRAWS, LEVEL)
    means = (sum(values) / len(pairs) for values in zip(*pairs, strict=True))
    numbers = [round(number, DIGITS) for number in (*means, *spread)]
    return Difference(lines, level, name, better, len(pairs), *numbers)


def _of_sets(lines: str, level: str, name: str, better: Any, a: Mapping[str, Any], b: Mapping[str, Any]) -> Difference:
    """A value of whole sets: the draws of both are taken as independent, which makes the interval rather too wide."""
    half = (((a["high"] - a["low"]) / 2) ** 2 + ((b["high"] - b["low"]) / 2) ** 2) ** 0.5
    difference = b["mean"] - a["mean"]
    numbers = (a["mean"], b["mean"], difference, difference - half, difference + half)
    n = min(a["n"], b["n"])
    return Difference(lines, level, name, better, n, *(round(number, DIGITS) for number in numbers))
