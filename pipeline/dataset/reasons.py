"""The closed list of reasons for which a picture, a row or a cell is not there."""

import re
from enum import StrEnum


class Reason(StrEnum):
    """Why something was dropped. Besides these: `http_<code>` and the name of the filter that refused."""

    # fetch
    BLOCKED_ADDRESS = "blocked_address"
    TOO_LARGE = "too_large"
    NOT_AN_IMAGE = "not_an_image"
    ROBOTS = "robots"
    OPTED_OUT = "opted_out"
    TIMEOUT = "timeout"
    CONNECTION_FAILED = "connection_failed"
    REMOVED = "removed"
    # measure
    DECODE_FAILED = "decode_failed"
    TOO_MANY_PIXELS = "too_many_pixels"
    TRUNCATED = "truncated"
    SOURCE_CHANGED = "source_changed"
    DECODER_CRASHED = "decoder_crashed"
    # select
    NEAR_DUPLICATE = "near_duplicate"
    EXCLUDED = "excluded"
    # render
    LINE_BLANK = "line_blank"
    EXTRACTOR_FAILED = "extractor_failed"
    ALIGN_FAILED = "align_failed"


_HTTP = re.compile(r"http_[1-5][0-9]{2}")


def is_reason(text: str, filters: frozenset[str]) -> bool:
    """True when `text` is in the closed list, given the names of the filters that exist."""
    return text in set(Reason) or text in filters or _HTTP.fullmatch(text) is not None
