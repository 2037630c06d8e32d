"""Authentic pairs: which line art belongs to which colour picture, proposed three ways and proved by registration.

Proposed by a shared pair key, by relations in the source (parent, child, pool), and by ink descriptors; each proposal
is verified on the stored line maps, whatever it rests on.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .dataset.canonical import sha256_hex
from .families import pool_groups, relation_groups, stated
from .measures.ink_map import SIDE_PX
from .memory import Fits
from .recipe import Pairs
from .registration import REGISTRATION_VERSION, Fit, Lines, fit
from .retrieval import nearest
from .wide import Wide

PAIR_KEY, RELATION, DESCRIPTOR = "pair_key", "relation", "descriptor"
METHODS = (PAIR_KEY, RELATION, DESCRIPTOR)  # the first that proposes a pair names it
TRIED = 8  # pictures that are held against a drawing because they look like it
LEAST_ALIKE = 0.7  # cosine of descriptors
RELATED = 64  # proposals that one pair key, family or pool may make
MOVED_LEAST = 0.75  # score of a drawing in another frame: moving it leaves more room for chance
WORTH_TELLING = 0.35  # score from which on a refused look-alike is told of

Mask = npt.NDArray[np.bool_]
Ink = Mapping[str, Wide]  # `ink_descriptor` and `ink_lines` of every row
Pair = tuple[int, int]  # rows of a colour picture and of a line drawing


@dataclass(frozen=True)
class Proposal:
    """A pair that may be one: rows, what it rests on, and how well the drawing lies on the picture."""

    color: int
    line: int
    method: str
    fit: Fit | None
    refusal: str | None  # why it is no pair


@dataclass(frozen=True)
class Pairing:
    """What came of all proposals."""

    partners: dict[int, int] = field(default_factory=dict)  # colour row → line row
    spare: dict[int, int] = field(default_factory=dict)  # other drawings of a paired picture → the one that was taken
    proposals: tuple[Proposal, ...] = ()  # those accepted, and those refused that are worth telling
    notes: tuple[str, ...] = ()

    def verified(self) -> list[Pair]:
        """All pairs that were proved, also those not taken."""
        return [(one.color, one.line) for one in self.proposals if one.refusal is None]


def authentic_pairs(table: pa.Table, ink: Ink, alive: Mask, settings: Pairs, known: Fits) -> Pairing:
    """Every living colour picture's best line drawing, where one is proved; a drawing may serve several colourings.

    `known` holds fits of earlier runs by `fit_key` and is added to.
    """
    color = pc.equal(table.column("role"), "color").to_numpy().astype(bool)
    measured = ink["ink_lines"].has
    colors, lines = alive & measured & color, alive & measured & ~color
    if not lines.any() or not colors.any():
        return Pairing()
    methods, notes = _proposed(table, ink, colors, lines, settings)
    fits = _fits(ink["ink_lines"], methods, known)
    judged = [_judged(pair, methods[pair], fits[pair], settings.min_score) for pair in sorted(methods)]
    judged = _without_misplaced(judged)
    partners = _partners(one for one in judged if one.refusal is None)
    return Pairing(partners, _spare(judged, partners), tuple(filter(_telling, judged)), tuple(notes))


def fit_key(picture: bytes, drawing: bytes, method: str) -> str:
    """Names the fit of two line maps: the same bytes always lie on each other in the same way."""
    searched = method != DESCRIPTOR
    return sha256_hex(b"/".join([str((REGISTRATION_VERSION, searched)).encode(), picture, drawing]))


def _proposed(
    table: pa.Table, ink: Ink, colors: Mask, lines: Mask, settings: Pairs
) -> tuple[dict[Pair, str], list[str]]:
    """Each proposed pair with what it rests on, and what there is to say about pair keys."""
    notes: list[str] = []
    methods = dict.fromkeys(_by_descriptor(ink["ink_descriptor"], colors, lines) if settings.search else (), DESCRIPTOR)
    methods |= dict.fromkeys(_by_relation(table, colors, lines), RELATION)
    methods |= dict.fromkeys(_by_key(table, colors, lines, notes), PAIR_KEY)
    return methods, notes


def _by_descriptor(described: Wide, colors: Mask, lines: Mask) -> Iterator[Pair]:
    pictures, drawings = np.flatnonzero(colors), np.flatnonzero(lines)
    for drawing, found in nearest(described[drawings], described.reordered(pictures), TRIED, LEAST_ALIKE):
        yield from ((int(pictures[picture]), int(drawings[drawing])) for picture, _ in found)


def _by_relation(table: pa.Table, colors: Mask, lines: Mask) -> Iterator[Pair]:
    for names, rows in (relation_groups(table), pool_groups(table)):
        for _, members in _groups(names, rows, lines):
            yield from _crossed(members, colors, lines)


def _by_key(table: pa.Table, colors: Mask, lines: Mask, notes: list[str]) -> Iterator[Pair]:
    for key, members in _groups(*stated(table, "pair_key"), lines):
        pictures, drawings = (sum(bool(side[row]) for row in set(members)) for side in (colors, lines))
        if pictures and drawings > 1:
            notes.append(
                f"pair key {key!r} names {drawings} line drawings of {pictures} pictures: the best fits are taken"
            )
        yield from _crossed(members, colors, lines)


def _crossed(members: Iterable[int], colors: Mask, lines: Mask) -> list[Pair]:
    rows = sorted(set(members))
    sides = [row for row in rows if colors[row]], [row for row in rows if lines[row]]
    return list(product(*sides))[:RELATED]


def _groups(names: pa.Array, rows: npt.NDArray[np.int64], lines: Mask) -> Iterator[tuple[str, list[int]]]:
    """(name, its rows) of every name that a line drawing has."""
    wanted = pc.unique(names.filter(pa.array(lines[rows])))
    hit = np.flatnonzero(pc.is_in(names, value_set=wanted).to_numpy(zero_copy_only=False))
    groups: dict[str, list[int]] = {}
    for name, row in zip(names.take(pa.array(hit)).to_pylist(), rows[hit].tolist(), strict=True):
        groups.setdefault(name, []).append(row)
    yield from sorted(groups.items())


def _fits(stored: Wide, methods: Mapping[Pair, str], known: Fits) -> dict[Pair, Fit | None]:
    """How each proposed drawing lies on its picture; only what no earlier run knows is computed, in threads."""
    rows = sorted({row for pair in methods for row in pair})
    maps = dict(zip(rows, map(bytes, stored[np.array(rows, np.int64)]), strict=True))
    keys = {pair: fit_key(maps[pair[0]], maps[pair[1]], method) for pair, method in methods.items()}
    missing = {keys[pair]: pair for pair in sorted(methods) if keys[pair] not in known}
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        found = pool.map(partial(_fit, maps, methods), missing.values())
        known |= dict(zip(missing, found, strict=True))
    return {pair: known[key] for pair, key in keys.items()}


def _fit(maps: Mapping[int, bytes], methods: Mapping[Pair, str], pair: Pair) -> Fit | None:
    picture, drawing = (lines_of(maps[row]) for row in pair)
    return fit(drawing, picture, searched=methods[pair] != DESCRIPTOR)


def lines_of(stored: bytes) -> Lines:
    """A stored line map as bool (192, 192)."""
    return np.asarray(np.unpackbits(np.frombuffer(stored, np.uint8)).reshape(SIDE_PX, SIDE_PX), dtype=bool)


def _judged(pair: Pair, method: str, found: Fit | None, least: float) -> Proposal:
    refusal = None
    if found is None:
        refusal = "the drawing cannot be laid onto the picture"
    elif found.score < least:
        refusal = f"its lines fit with a score of {found.score:.2f} only, {least:.2f} is asked for"
    elif method == DESCRIPTOR and not found.in_place:
        refusal = f"it only fits when moved by {found.stray:.0%} of a side, and nothing says that they belong together"
    elif not found.in_place and found.score < max(least, MOVED_LEAST):
        refusal = f"it fits with a score of {found.score:.2f} only when moved by {found.stray:.0%} of a side"
    return Proposal(*pair, method, found, refusal)


def _without_misplaced(judged: list[Proposal]) -> list[Proposal]:
    """A drawing that lies on one picture as it is, is not also that of another which it must be moved for."""
    at_home = {one.line for one in judged if one.refusal is None and one.fit is not None and one.fit.in_place}
    moved = "it lies on another picture without being moved"
    return [
        replace(one, refusal=moved)
        if one.refusal is None and one.line in at_home and one.fit is not None and not one.fit.in_place
        else one
        for one in judged
    ]


def _telling(one: Proposal) -> bool:
    return one.refusal is None or one.method != DESCRIPTOR or (one.fit is not None and one.fit.score >= WORTH_TELLING)


def _rank(one: Proposal) -> tuple[bool, float, int]:
    """Best first: what a pair key names, then the score, then the smaller id."""
    return one.method != PAIR_KEY, -(one.fit.score if one.fit else 0.0), one.line


def _partners(accepted: Iterable[Proposal]) -> dict[int, int]:
    best: dict[int, Proposal] = {}
    for one in sorted(accepted, key=_rank):
        best.setdefault(one.color, one)
    return {color: best[color].line for color in sorted(best)}


def _spare(judged: Iterable[Proposal], partners: Mapping[int, int]) -> dict[int, int]:
    """Drawings that fit a paired picture but were not taken: {row: row of the drawing that was}."""
    taken = set(partners.values())
    left = sorted((one for one in judged if one.refusal is None and one.line not in taken), key=_rank)
    return {one.line: partners[one.color] for one in reversed(left)}
