"""Strokes as JSON: they come back as they were, and every mistake is named with its place."""

import json
from typing import Any

import pytest

from lcpipe.model.hint_json import MAX_POINTS, MAX_STROKES, hints_json, parse_hints
from lcpipe.model.hints import Hints, Stroke
from lcpipe.pipeline.dataset.errors import LcpipeError

GOOD = {"kind": "stroke", "color": "#ff8899", "size": 8, "points": [[1, 2, 0.5], [3, 4]]}


def test_strokes_come_back_as_they_were() -> None:
    hints = parse_hints({"version": 1, "line": "0" * 64, "strokes": [GOOD, {"kind": "erase", "points": [[5, 6]]}]})
    assert hints.strokes[0] == Stroke("stroke", (255, 136, 153), 8.0, ((1.0, 2.0, 0.5), (3.0, 4.0, 1.0)))
    assert parse_hints(json.loads(json.dumps(hints_json(hints)))) == hints


def test_no_strokes_are_allowed() -> None:
    assert parse_hints({"strokes": []}) == Hints()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "strok"}, r"unknown kind of hint 'strok' \(strokes\[0\]\): did you mean 'stroke'"),
        ({"kind": None}, "unknown kind"),
        ({"color": "red"}, "'red' is not a colour"),
        ({"color": "#12345"}, "not a colour"),
        ({"color": 5}, "not a colour"),
        ({"colour": "#000000"}, "unknown key 'colour'.*did you mean 'color'"),
        ({"size": -1}, "out of range"),
        ({"size": 1e9}, "out of range"),
        ({"size": "8"}, "not a number"),
        ({"size": True}, "not a number"),
        ({"points": []}, "no points"),
        ({"points": {"x": 1}}, "no points"),
        ({"points": [[1]]}, r"strokes\[0\].points\[0\]"),
        ({"points": [[1, 2, 3, 4]]}, "two or three numbers"),
        ({"points": [[1, "2"]]}, "not a number"),
        ({"points": [[float("nan"), 2]]}, "out of range"),
        ({"points": [[10**400, 2]]}, "out of range"),
        ({"points": [[1, 2, 1.5]]}, "pressure"),
        ({"kind": "region", "points": [[1, 2], [3, 4]]}, "no inside"),
    ],
)
def test_a_bad_stroke_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(LcpipeError, match=message):
        parse_hints({"strokes": [{**GOOD, **change}]})


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "expected an object, found list"),
        ({}, "no list of strokes"),
        ({"strokes": {}}, "no list of strokes"),
        ({"strokes": [5]}, r"expected an object, found int \(strokes\[0\]\)"),
        ({"version": 2, "strokes": []}, "version 2"),
        ({"stroke": []}, "did you mean 'strokes'"),
        ({"strokes": [GOOD] * (MAX_STROKES + 1)}, "too many"),
        ({"strokes": [{**GOOD, "points": [[1, 2]] * (MAX_POINTS // 2 + 1)}] * 2}, "points are too many"),
    ],
)
def test_a_bad_document_is_named(document: Any, message: str) -> None:
    with pytest.raises(LcpipeError, match=message):
        parse_hints(document)
