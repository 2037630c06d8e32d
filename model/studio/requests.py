"""Reads what the page sends to be painted."""

from dataclasses import dataclass
from typing import Any, cast

from ..hint_json import parse_hints
from ..hints import Hints
from .answers import AnswerError, id_of, name_of, parse_object, whole_of
from .queue import KINDS

MAX_JSON_BYTES = 8 * 2**20
_KEYS = ("visitor", "turn", "kind", "model", "hints", "format")


@dataclass(frozen=True)
class Ask:
    """One wish: which drawing, with which hints, by which model, and for which kind of answer."""

    visitor: str
    turn: int
    kind: str
    model: str
    drawing: str
    hints: Hints
    format: str


def parse_ask(body: bytes) -> Ask:
    """A request to paint. Raises LcpipeError that names the key or the stroke at fault."""
    if len(body) > MAX_JSON_BYTES:
        raise AnswerError(413, f"more than {MAX_JSON_BYTES} bytes of strokes are not read", hint="draw fewer strokes")
    table = parse_object(body, _KEYS)
    kind = table.get("kind")
    if kind not in KINDS:
        raise AnswerError(400, f"unknown kind {str(kind)[:40]!r}", hint=f"known are {', '.join(KINDS)}")
    model = "" if table.get("model") in (None, "") else id_of(table, "model")
    hints = cast(Any, table.get("hints"))
    return Ask(
        visitor=name_of(table, "visitor"),
        turn=whole_of(table, "turn", 0, 0, 2**53),
        kind=kind,
        model=model,
        drawing=id_of(hints if isinstance(hints, dict) else {}, "line"),
        hints=parse_hints(hints),
        format=name_of(table, "format", "png"),
    )
