"""Pages of stored thumbnails: what a changed threshold keeps and drops, and who is in a cluster. Decodes nothing."""

import base64
import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .dataset.storage import filesystem, join
from .measure import measured
from .parts import read_table, write_table
from .select import DROPPED, Bound, Selection
from .thumbnails import SIDE_PX

SHOWN = 60  # thumbnails of one group
NEAREST = 12  # pictures shown on each side of a limit
NEAR_SCORE = 0.1  # of a pair, from the least score: worth a look
_STYLE = (
    ":root{color-scheme:light dark}body{font:14px system-ui,sans-serif;margin:2em}"
    "figure{display:inline-block;width:124px;margin:4px;vertical-align:top}"
    "img{width:112px;height:112px;border:1px solid #999}figcaption{font-size:11px;overflow-wrap:anywhere}"
)


@dataclass(frozen=True)
class Group:
    """Thumbnails under one heading: (picture id, caption)."""

    heading: str
    members: Sequence[tuple[str, str]]


def remember_selection(cache: str, name: str, selection: Selection) -> None:
    """Keeps who was selected and why not, so that a later dry run can tell what changed."""
    write_table(_place(cache, name), _verdicts(selection))


def changes(cache: str, name: str, selection: Selection) -> list[Group]:
    """Pictures whose verdict is another than in the last selection of a recipe of this name, by what became of them."""
    uri = _place(cache, name)
    fs, path = filesystem(uri)
    if not fs.exists(path):
        return []
    before = dict(zip(*(column.to_pylist() for column in read_table(uri).columns), strict=True))
    now = dict(zip(*(column.to_pylist() for column in _verdicts(selection).columns), strict=True))
    groups: dict[str, list[tuple[str, str]]] = {}
    for identity, reason in now.items():
        if identity in before and bool(before[identity]) != bool(reason):
            heading = f"would be dropped: {reason}" if reason else f"would be kept, was dropped: {before[identity]}"
            groups.setdefault(heading, []).append((identity, identity[:16]))
    return [Group(heading, groups[heading]) for heading in sorted(groups)]


def borderline(selection: Selection) -> list[Group]:
    """What lies closest to a threshold, on either side: pictures by each limit of a filter, and pairs by score."""
    table = selection.table
    alone = pc.equal(pc.list_value_length(table.column("reasons")), 1).to_numpy().astype(bool)
    kept = pc.not_equal(table.column("verdict"), DROPPED).to_numpy().astype(bool)
    only = np.full(len(table), "", dtype=object)  # the one reason of each picture that has no other
    only[alone] = table.column("reasons").filter(pa.array(alone)).combine_chunks().flatten().to_pylist()
    groups = [
        _nearest(table, bound, side, rows)
        for bound in selection.bounds
        for side, rows in (("within", kept), ("beyond", np.asarray(only == bound.filter)))
    ]
    return [group for group in groups if group.members] + _near_pairs(selection)


def _nearest(table: pa.Table, bound: Bound, side: str, mask: npt.NDArray[np.bool_]) -> Group:
    """Those of some pictures that lie closest to a limit."""
    values = table.column(bound.column).to_numpy().astype(np.float64)
    held = pc.is_in(table.column("role"), value_set=pa.array(bound.roles)).to_numpy().astype(bool)
    rows = np.flatnonzero(mask & held & np.isfinite(values))
    rows = rows[np.argsort(np.abs(values[rows] - bound.value), kind="stable")[:NEAREST]]
    ids = table.column("id").take(pa.array(rows)).to_pylist()
    members = [(one, f"{one[:16]}, {value:.4g}") for one, value in zip(ids, values[rows].tolist(), strict=True)]
    return Group(f"just {side} {bound.filter}: {bound.column} {bound.holds} {bound.value:g}", members)


def _near_pairs(selection: Selection) -> list[Group]:
    """Drawings and their pictures whose score is near the least that is asked for, on either side of it."""
    ids, least = selection.table.column("id").to_pylist(), selection.least_score
    near = [one for one in selection.pairing.proposals if one.fit and abs(one.fit.score - least) <= NEAR_SCORE]
    near.sort(key=lambda one: (abs(one.fit.score - least) if one.fit else 0.0, ids[one.color], ids[one.line]))
    headings = {False: "pairs nearly refused", True: "pairs nearly accepted"}
    groups: dict[bool, list[tuple[str, str]]] = {False: [], True: []}
    for one in near:
        score = f"score {one.fit.score:.2f}" if one.fit else ""
        caption = f"{score}: {one.refusal}" if one.refusal else score
        groups[one.refusal is not None] += [(ids[one.color], f"{ids[one.color][:16]}, {caption}")]
        groups[one.refusal is not None] += [(ids[one.line], f"{ids[one.line][:16]}, its drawing")]
    return [Group(headings[refused], members) for refused, members in groups.items() if members]


def page(title: str, groups: Iterable[Group], pictures: Mapping[str, str]) -> str:
    """A page that needs nothing else; `pictures` maps ids to data URLs, and what has none is named only."""
    body = "".join(_section(group, pictures) for group in groups) or "<p>Nothing changes.</p>"
    head = f'<meta charset="utf-8"><title>{html.escape(title)}</title><style>{_STYLE}</style>'
    return (
        f'<!doctype html><html lang="en"><head>{head}</head><body><h1>{html.escape(title)}</h1>{body}</body></html>\n'
    )


def stored(cache: str, ids: Iterable[str]) -> dict[str, str]:
    """{id: data URL} of the thumbnails that a cache holds of these pictures."""
    found = measured((), cache)
    wanted = pc.is_in(found.table.column("id"), value_set=pa.array(sorted(set(ids)), pa.string()))
    thumbnails = found.wide["thumbnail"]
    rows = np.flatnonzero(wanted.to_numpy().astype(bool) & thumbnails.has)
    names = found.table.column("id").take(pa.array(rows)).to_pylist()
    return dict(zip(names, map(_data_url, thumbnails[rows]), strict=True))


def shown(groups: Iterable[Group]) -> list[str]:
    """The ids of the pictures that a page of these groups shows."""
    return [identity for group in groups for identity, _ in group.members[:SHOWN]]


def _section(group: Group, pictures: Mapping[str, str]) -> str:
    figures = "".join(_figure(identity, caption, pictures) for identity, caption in group.members[:SHOWN])
    more = f"<p>and {len(group.members) - SHOWN} more</p>" if len(group.members) > SHOWN else ""
    return f"<h2>{html.escape(group.heading)} ({len(group.members)})</h2>{figures}{more}"


def _figure(identity: str, caption: str, pictures: Mapping[str, str]) -> str:
    url = pictures.get(identity)
    image = f'<img src="{html.escape(url)}" alt="{html.escape(caption)}">' if url else ""
    return f"<figure>{image}<figcaption>{html.escape(caption)}</figcaption></figure>"


def _data_url(thumbnail: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> str:
    _, data = cv2.imencode(".png", thumbnail.reshape(SIDE_PX, SIDE_PX, 3)[..., ::-1])
    return "data:image/png;base64," + base64.b64encode(data.tobytes()).decode()


def _place(cache: str, name: str) -> str:
    return join(cache, "selections", f"{name}.arrow")


def _verdicts(selection: Selection) -> pa.Table:
    dropped = pc.equal(selection.table.column("verdict"), DROPPED)
    reasons = [one[0] if one else "" for one in selection.table.column("reasons").to_pylist()]
    first = pc.if_else(dropped, pa.array(reasons, pa.string()), "")
    return pa.table({"id": selection.table.column("id"), "reason": first})
