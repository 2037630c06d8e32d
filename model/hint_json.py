"""Reads and writes strokes as JSON, checked whole: kinds, colours, numbers and limits.

{"version": 1, "strokes": [{"kind": "point|stroke|region|erase", "color": "#rrggbb", "size": 8,
                            "points": [[x, y, pressure], ...]}, ...]}
"""

import difflib
import re
from collections.abc import Mapping
from typing import Any, cast, get_args

from lcpipe.pipeline.dataset.errors import LcpipeError

from .hints import Hints, Kind, Stroke

FORMAT = 1
MAX_STROKES = 10_000
MAX_POINTS = 100_000  # of all strokes together
MAX_SIZE_PX = 4_096
MAX_PLACE_PX = 1_000_000
DEFAULT_SIZE_PX = 8.0

_KINDS = cast(tuple[Kind, ...], get_args(Kind))
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_TOP_KEYS = ("version", "line", "strokes")
_STROKE_KEYS = ("kind", "color", "size", "points")


def parse_hints(document: object) -> Hints:
    """Strokes from a JSON value. Raises LcpipeError that names the stroke at fault."""
    top = _table(document, _TOP_KEYS, "hints")
    if top.get("version", FORMAT) != FORMAT:
        raise _error(f"version {top['version']!r} of hints is not known", "hints", f"use version {FORMAT}")
    listed = top.get("strokes")
    if not isinstance(listed, list):
        raise _error("hints have no list of strokes", "hints", 'give {"strokes": [...]}')
    if len(listed) > MAX_STROKES:
        raise _error(f"{len(listed)} strokes are too many", "hints", f"at most {MAX_STROKES} are read")
    strokes = tuple(_stroke(value, f"strokes[{index}]") for index, value in enumerate(listed))
    points = sum(len(stroke.points) for stroke in strokes)
    if points > MAX_POINTS:
        raise _error(f"{points} points are too many", "hints", f"at most {MAX_POINTS} are read, thin out the strokes")
    return Hints(strokes)


def hints_json(hints: Hints) -> dict[str, Any]:
    """Strokes as a JSON value; `parse_hints` gives the same strokes back."""
    return {"version": FORMAT, "strokes": [_stroke_json(stroke) for stroke in hints.strokes]}


def _stroke_json(stroke: Stroke) -> dict[str, Any]:
    color = "#{:02x}{:02x}{:02x}".format(*stroke.color)
    return {"kind": stroke.kind, "color": color, "size": stroke.size, "points": [list(p) for p in stroke.points]}


def _stroke(value: object, where: str) -> Stroke:
    """One stroke from a JSON value."""
    table = _table(value, _STROKE_KEYS, where)
    kind = _kind(table.get("kind"), where)
    color = (0, 0, 0) if kind == "erase" and "color" not in table else _color(table.get("color"), where)
    size = _number(table.get("size", DEFAULT_SIZE_PX), 0, MAX_SIZE_PX, f"{where}.size")
    points = table.get("points")
    if not isinstance(points, list) or not points:
        raise _error("a stroke has no points", where, 'give "points": [[x, y], ...]')
    if kind == "region" and len(points) == 2:
        raise _error("a region of two points has no inside", where, "give one point, or a polygon of three or more")
    return Stroke(kind, color, size, tuple(_point(point, f"{where}.points[{i}]") for i, point in enumerate(points)))


def _table(value: object, keys: tuple[str, ...], where: str) -> Mapping[str, Any]:
    """A JSON object with no other keys than these."""
    if not isinstance(value, dict):
        raise _error(f"expected an object, found {type(value).__name__}", where, f"its keys are {', '.join(keys)}")
    for key in value:
        if key not in keys:
            raise _error(f"unknown key {key!r}", where, _nearest(key, keys))
    return value


def _kind(value: object, where: str) -> Kind:
    for kind in _KINDS:
        if value == kind:
            return kind
    raise _error(f"unknown kind of hint {value!r}", where, _nearest(str(value), _KINDS))


def _color(value: object, where: str) -> tuple[int, int, int]:
    if not isinstance(value, str) or not _COLOR.fullmatch(value):
        raise _error(f"{value!r} is not a colour", where, 'write it as "#rrggbb"')
    red, green, blue = bytes.fromhex(value[1:])
    return red, green, blue


def _point(value: object, where: str) -> tuple[float, float, float]:
    """[x, y] or [x, y, pressure]."""
    if not isinstance(value, list) or len(value) not in (2, 3):
        raise _error("a point is not two or three numbers", where, "write [x, y] or [x, y, pressure]")
    x, y = (_number(place, -MAX_PLACE_PX, MAX_PLACE_PX, where) for place in value[:2])
    return x, y, _number(value[2], 0, 1, f"{where} (pressure)") if len(value) == 3 else 1.0


def _number(value: object, low: float, high: float, where: str) -> float:
    """A number within limits, so a finite one; JSON's true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _error(f"{value!r} is not a number", where, f"give one from {low:g} to {high:g}")
    if not low <= value <= high:
        raise _error(f"{value!r} is out of range", where, f"give a number from {low:g} to {high:g}")
    return float(value)


def _nearest(word: str, words: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, words, 1)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(words)}"


def _error(what: str, where: str, hint: str) -> LcpipeError:
    return LcpipeError(what, where=where, hint=hint)
