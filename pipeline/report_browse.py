"""The browsable gallery of the report: what to show is chosen, and pictures open large, without a script.

Radio buttons and the page's own anchors do it in the style sheet: `.browse` holds the buttons before what they change,
and a figure that the address names lies over the page.
"""

from collections.abc import Iterator, Sequence

from .markup import counted, escaped, isolated
from .report_gallery import Shown, Thumb

_FIRST = 24
_VIEWS = (("all", "everything"), ("color", "colour"), ("lines", "lines"), ("authentic", "authentic"))
_AUTHENTIC = "line_authentic"


def column_name(column: str) -> str:
    """`line_xdog_03` as people say it: `xdog_03`."""
    return column.removeprefix("line_")


def pairs(shown: Sequence[Shown], loose: Sequence[Shown], rows: int) -> str:
    """The gallery: pairs, and below them drawings without a partner."""
    if not shown and not loose:
        return '<p class="lead">No pictures to show.</p>'
    partners = sum(any(thumb.label == _AUTHENTIC for thumb in row.thumbs) for row in shown)
    lead = f"{counted(len(shown), 'pair')} of {rows:,}, chosen by the hash of the id; {partners} with authentic lines."
    figures = [_figure(row, number, len(shown)) for number, row in enumerate(shown)]
    first, more = _gallery(shown, figures[:_FIRST]), figures[_FIRST:]
    label = counted(len(more), "more pair")
    rest = f'<details class="more"><summary>{label}</summary>{_gallery(shown, more)}</details>' if more else ""
    return (
        f'<p class="lead">{lead}</p><div class="browse">{"".join(_buttons(partners))}'
        f'<div class="shows">{first}{rest}</div></div>{_loose(loose, len(shown))}'
    )


def _buttons(partners: int) -> Iterator[str]:
    """What to show of every pair; authentic lines only where there are some."""
    for name, words in _VIEWS if partners else _VIEWS[:-1]:
        checked = " checked" if name == "all" else ""
        yield f'<input type="radio" name="show" id="show-{name}"{checked}><label for="show-{name}">{words}</label>'


def _loose(rows: Sequence[Shown], start: int) -> str:
    if not rows:
        return ""
    figures = [_figure(row, start + number, start + len(rows)) for number, row in enumerate(rows)]
    return f"<h3>Drawings without a partner <small>config line_art</small></h3>{_gallery(rows, figures)}"


def _gallery(rows: Sequence[Shown], figures: Sequence[str]) -> str:
    widest = max((len(row.thumbs) for row in rows), default=1)
    layout = "one" if widest == 1 else "few" if widest < 4 else "many"
    return f'<div class="gallery {layout}">{"".join(figures)}</div>'


def _figure(row: Shown, number: int, end: int) -> str:
    """One row. Its place keeps an anchor of its own, so that closing the large view comes back to where it was."""
    facts = row.facts
    images = "".join(_image(thumb, number) for thumb in row.thumbs)
    words = [
        f'<code title="{escaped(facts["id"])}">{escaped(facts["id"][:12])}</code>',
        escaped(row.split),
        f"{facts['original_width']} × {facts['original_height']} → {facts['width']} × {facts['height']}",
        isolated(facts["license"], 40),
        *([isolated(facts["artist"], 40)] if facts["artist"] else []),
    ]
    caption = "".join(f"<span>{word}</span>" for word in words)
    partner = " partner" if any(thumb.label == _AUTHENTIC for thumb in row.thumbs) else ""
    figure = f'<div class="strip">{images}</div><figcaption>{caption}{_steps(number, end)}</figcaption>'
    return f'<div class="slot{partner}" id="at{number}"><figure class="pair" id="p{number}">{figure}</figure></div>'


def _steps(number: int, end: int) -> str:
    """Links of the large view: the one before, the one after, and back."""
    before = f'<a href="#p{number - 1}" aria-label="previous">‹</a>' if number else ""
    after = f'<a href="#p{number + 1}" aria-label="next">›</a>' if number + 1 < end else ""
    return f'<span class="steps">{before}{after}<a href="#at{number}" aria-label="close">×</a></span>'


def _image(thumb: Thumb, number: int) -> str:
    name = escaped(column_name(thumb.label), 40)
    kind = {"color": "color", _AUTHENTIC: "authentic"}.get(thumb.label, "lines")
    mark = ' class="true"' if kind == "authentic" else ""
    return (
        f'<a class="{kind}" href="#p{number}"><img loading="lazy" src="{thumb.uri}" width="{thumb.width}" '
        f'height="{thumb.height}" alt="{name}"><span{mark}>{name}</span></a>'
    )
