"""Compares two evaluations picture by picture: which is better, and is it sure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lcpipe.pipeline.dataset.errors import LcpipeError

from .differences import Difference, Verdict, better_ways, differences, picture_ids, shared_groups
from .evaluation_file import check_whole
from .evaluation_folder import FORMAT, RESULT
from .protocols import MODEL

SAME = ("seed", "crop_px", "point_px", "hints", "drawings", "crops", "repeats")  # what makes hints and pictures equal


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


@dataclass(frozen=True)
class Comparison:
    """What two evaluations say of each other, and what a reader must know beside it."""

    differences: Sequence[Difference]
    notes: Sequence[str]


def compare(place_a: str, place_b: str) -> Comparison:
    """Every value that both evaluations have, of the models themselves. Raises LcpipeError when they differ.

    Values that two files of weights gave are no values of one metric: they are left out and named.
    """
    a, b = read_evaluation(place_a), read_evaluation(place_b)
    check_comparable(a, b)
    notes = dict(_apart(a["metrics"], b["metrics"]))
    alike = [{name: record for name, record in each["metrics"].items() if name not in notes} for each in (a, b)]
    ways, others = (better_ways(metrics) for metrics in alike)
    shared = {name: way for name, way in ways.items() if name in others}
    groups = _own_groups(a), _own_groups(b)
    found = list(differences(*groups, shared))
    if not found:
        hint = "evaluate both with one protocol on one dataset"
        raise LcpipeError("the evaluations share no pictures", where=f"{place_a}, {place_b}", hint=hint)
    left_out = [f"{name} is left out: {why}" for name, why in notes.items()]
    return Comparison(found, [*left_out, *_other_pictures(*groups), *_other_programs(a, b)])


def _other_pictures(a: Sequence[Mapping[str, Any]], b: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Where the evaluations looked at other pictures: sets of them have no values that could be compared."""
    for group, other in shared_groups(a, b):
        mine, theirs = picture_ids(group), picture_ids(other)
        if mine != theirs:
            counts = f"A has {len(mine)} pictures, B {len(theirs)}, both {len(mine & theirs)}"
            yield f"{group['lines']}: {counts}; only those are compared, and values of whole sets are left out"


def _other_programs(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[str]:
    """Where the evaluations come from two versions of lcpipe."""
    mine, theirs = (each.get("environment", {}).get("lcpipe", "unknown") for each in (a, b))
    if mine != theirs:
        yield f"evaluated by lcpipe {mine} and {theirs}: a metric may have changed between them"


def _apart(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The metrics of two evaluations whose values cannot be compared, and why."""
    for name in (name for name in a if name in b):
        which = [letter for letter, record in (("A", a[name]), ("B", b[name])) if "not_computed" in record]
        if which:
            yield name, f"not computed in {' and '.join(which)}"
        elif _digests(a[name]) != _digests(b[name]):
            yield name, "each evaluation has other files of weights for it"


def _digests(metric: Mapping[str, Any]) -> list[str]:
    """The sha256 of every file that a metric was computed with."""
    return [file["sha256"] for file in metric.get("weights", [])]


def check_comparable(a: Mapping[str, Any], b: Mapping[str, Any]) -> None:
    """Raises LcpipeError that names what differs: other pictures, other hints or other networks give other numbers."""
    _check_versions(a["protocol"], b["protocol"])
    mine, theirs = _facts(a), _facts(b)
    for name, fact in mine.items():
        if fact != theirs[name]:
            what = f"the evaluations differ in {name}: {str(fact)[:40]} and {str(theirs[name])[:40]}"
            raise LcpipeError(what, hint="evaluate both with one protocol on one dataset")


def _facts(document: Mapping[str, Any]) -> dict[str, object]:
    """What must be equal in two evaluations; a protocol of another name may ask for other metrics only."""
    place = {name: document["dataset"][name] for name in ("digest", "split")}
    return place | {name: document["protocol"].get(name) for name in SAME}


def _check_versions(a: Mapping[str, Any], b: Mapping[str, Any]) -> None:
    """Raises LcpipeError when one protocol was used in two versions, which count pictures in two ways."""
    name, mine, theirs = a.get("name"), a.get("version"), b.get("version")
    if name == b.get("name") and mine != theirs:
        what = f"the evaluations differ in the version of protocol {name}: {mine} and {theirs}"
        raise LcpipeError(what, hint="evaluate both with one protocol on one dataset")


def _own_groups(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What the model itself painted, without its baselines."""
    return [group for group in document["groups"] if group["by"] == MODEL]


def tally(differences: Sequence[Difference]) -> dict[Verdict, int]:
    """How many values each verdict has."""
    verdicts: tuple[Verdict, ...] = ("A", "B", "not sure", "equal")
    return {verdict: sum(each.verdict == verdict for each in differences) for verdict in verdicts}
