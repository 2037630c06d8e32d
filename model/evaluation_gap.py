"""What an evaluation says across its groups: authentic lines against synthetic ones, and several draws together."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

from lcpipe.pipeline.dataset.draws import generator

from .intervals import mean_interval
from .protocols import Protocol

DIGITS = 6
Json = dict[str, Any]


def authentic_gaps(groups: Sequence[Mapping[str, Any]], protocol: Protocol) -> list[Json]:
    """Authentic minus synthetic on the same pictures, for every painter and synthetic column that share some."""
    return [
        gap
        for authentic in groups
        if authentic["kind"] == "authentic"
        for synthetic in groups
        if synthetic["kind"] == "synthetic" and synthetic["by"] == authentic["by"]
        for gap in _gap(authentic, synthetic, protocol)
    ]


def _gap(authentic: Mapping[str, Any], synthetic: Mapping[str, Any], protocol: Protocol) -> Iterator[Json]:
    others = {picture["id"]: picture["values"] for picture in synthetic["pictures"]}
    both = [(p["values"], others[p["id"]]) for p in authentic["pictures"] if p["id"] in others]
    if not both:
        return
    levels = []
    for hints in protocol.hints:
        level = str(hints)
        names = sorted({name for mine, other in both for name in mine[level].keys() & other[level].keys()})
        means = {}
        for name in (name for name in names if name != "hint_cells"):
            values = [m[level][name] - o[level][name] for m, o in both if name in m[level] and name in o[level]]
            rng = generator(protocol.seed, f"{synthetic['lines']} {level} {name}", "gap")
            spread = mean_interval(values, rng, protocol.bootstrap.draws, protocol.bootstrap.level)
            numbers = zip(("mean", "low", "high"), spread, strict=True)
            means[name] = {"n": len(values), **{key: round(number, DIGITS) for key, number in numbers}}
        levels.append({"hints": hints, "means": means})
    yield {"by": authentic["by"], "lines": synthetic["lines"], "n": len(both), "levels": levels}


def repeated(groups: Sequence[Mapping[str, Any]], protocol: Protocol) -> list[Json]:
    """Mean and standard deviation of every value over the draws of one painter, where there are several."""
    found = []
    for by in dict.fromkeys(group["by"] for group in groups):
        draws = [group for group in groups if group["by"] == by]
        if protocol.drawings != "authentic" or len(draws) < 2:
            continue
        for place, level in enumerate(protocol.hints):
            means = [draw["levels"][place]["means"] for draw in draws]
            names = sorted(set.intersection(*(set(mean) for mean in means)) - {"hint_cells"})
            numbers = {name: [mean[name]["mean"] for mean in means] for name in names}
            found.append({
                "by": by,
                "hints": level,
                "draws": len(draws),
                "values": {
                    name: {"mean": round(fmean(values), DIGITS), "std": round(stdev(values), DIGITS)}
                    for name, values in numbers.items()
                },
            })  # fmt: skip
    return found
