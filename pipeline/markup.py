"""Text from outside made safe for a page, a card and a terminal: shortened, cleaned, escaped."""

import html
import re

# Control characters, and the marks that turn the reading direction of everything after them.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]+")
_MARKDOWN = re.compile(r"[\\`*_\[\]|~$&<>@]|:(?=//)|(?<=www)\.|^[#+-]|^[0-9]+(?=[.)])", re.IGNORECASE)


def plain(value: object, limit: int = 120) -> str:
    """One line of at most `limit` characters without control or direction marks; longer text ends in an ellipsis."""
    text = str(value)
    line = _UNSEEN.sub(" ", text[: 4 * limit + 4]).strip()
    return line if len(line) <= limit and len(text) <= 4 * limit + 4 else line[: limit - 1] + "…"


def escaped(value: object, limit: int = 120) -> str:
    """Safe between tags and inside quoted attributes of HTML."""
    return html.escape(plain(value, limit), quote=True)


def isolated(value: object, limit: int = 120) -> str:
    """Escaped text whose reading direction cannot reach its neighbours."""
    return f"<bdi>{escaped(value, limit)}</bdi>"


def block(value: str, limit: int) -> str:
    """Escaped text of several lines, for a `<pre>`."""
    lines = "\n".join(_UNSEEN.sub(" ", line) for line in value[:limit].split("\n"))
    return html.escape(lines + ("\n…" if len(value) > limit else ""), quote=True)


def markdown(value: object, limit: int = 120) -> str:
    """Text that Markdown shows as it is: no markup, links, mentions or HTML of its own, also at the start of a line."""
    return _MARKDOWN.sub(lambda match: "".join(f"&#{ord(it)};" for it in match.group()), plain(value, limit))


def code_span(value: object, limit: int = 120) -> str:
    """Text in a Markdown code span, where nothing but a backtick means anything."""
    return f"`{plain(value, limit).replace('`', chr(39)) or ' '}`"


def counted(number: int, noun: str) -> str:
    """`1 row`, `12,345 rows`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def size_text(size_bytes: int) -> str:
    """Bytes in the largest unit that leaves a number above one: `3.4 MB`."""
    amount = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def percent(part: float, whole: float) -> str:
    """A share as people read it: `12 %`, `0.4 %`, `<0.1 %`."""
    share = 100 * part / whole if whole else 0.0
    if 0 < share < 0.1:
        return "<0.1 %"
    return f"{share:.1f} %" if 0 < share < 10 and share != round(share) else f"{share:.0f} %"
