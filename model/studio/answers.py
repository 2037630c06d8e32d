"""What the server answers: JSON of one shape for errors, and requests whose fields are checked one by one."""

import json
import re
from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from lcpipe.pipeline.dataset.errors import LcpipeError, PictureError
from lcpipe.pipeline.dataset.reasons import Reason

_ID = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TOO_LARGE = (Reason.TOO_LARGE, Reason.TOO_MANY_PIXELS)


class AnswerError(LcpipeError):
    """A request that cannot be served, with the HTTP status that says why."""

    def __init__(self, status: int, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what, where=where, hint=hint)
        self.status = status


def refused(error: LcpipeError) -> Response:
    """An error as the page reads it."""
    return error_response(status_of(error), error.what, error.where, error.hint)


def status_of(error: LcpipeError) -> int:
    """The HTTP status of an error: its own, 413 for pictures over a limit, else 400."""
    if isinstance(error, AnswerError):
        return error.status
    return 413 if isinstance(error, PictureError) and error.reason in _TOO_LARGE else 400


def error_response(status: int, what: str, where: str = "", hint: str = "") -> Response:
    """One line of what went wrong, where, and what to do."""
    return JSONResponse({"error": what, "where": where, "hint": hint}, status)


def parse_object(body: bytes, keys: tuple[str, ...]) -> dict[str, Any]:
    """A JSON object that has only these keys. Raises AnswerError."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise AnswerError(400, f"the request is not valid JSON: {error}", hint="send one JSON object") from None
    if not isinstance(document, dict):
        raise AnswerError(400, "the request is no JSON object", hint=f"its keys are {', '.join(keys)}")
    for key in document:
        if key not in keys:
            raise AnswerError(400, f"unknown key {key[:80]!r}", hint=f"known are {', '.join(keys)}")
    return document


def id_of(table: Mapping[str, Any], key: str) -> str:
    """A sha256 in hex. Raises AnswerError."""
    return _matching(_ID, table, key, "64 hexadecimal digits")


def name_of(table: Mapping[str, Any], key: str, default: str | None = None) -> str:
    """A short name of letters, digits, - and _. Raises AnswerError."""
    if default is not None and table.get(key) in (None, ""):
        return default
    return _matching(_NAME, table, key, "at most 64 letters, digits, - and _")


def whole_of(table: Mapping[str, Any], key: str, default: int, low: int, high: int) -> int:
    """A whole number within limits, given as one or as text. Raises AnswerError."""
    value = table.get(key, default)
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,15}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise AnswerError(400, f"{key!r} is no whole number from {low} to {high}", hint="check the request")
    return value


def _matching(pattern: re.Pattern[str], table: Mapping[str, Any], key: str, meaning: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise AnswerError(400, f"{key!r} is not {meaning}", hint="check the request")
    return value
