"""Why a picture is in a dataset, or why it is not."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .dataset.errors import LcpipeError
from .dataset.reading import Dataset
from .markup import plain
from .overview import RATINGS, light_table, shard_tables
from .proposals import proposals
from .toml_text import inline

_SHORTEST_PREFIX = 6
_LISTED = 5
_MEMBERS = 20
_NAMES = ["id", "line_authentic.path"]

_FACTS = (
    "width height original_width original_height phash cluster rating license license_url artist source_url page_url "
    "fetched_sha256"
).split()


def explain(dataset: Dataset, id: str) -> dict[str, Any]:
    """The story of one picture, by its id, a prefix of it, or a place it was found at (`source:native id`).

    Raises LcpipeError when nothing or more than one thing answers to it.
    """
    drops, rows = dataset.drops(), light_table(dataset, ["id", "cluster", "refs"])
    found = _matches(drops, rows, id)
    if not found and len(id) >= _SHORTEST_PREFIX and len(partners := _partners(dataset, id.lower())) == 1:
        return _with_proposals(dataset, _paired(*partners.popitem()))
    if len(found) != 1:
        raise _unresolved(dataset, id, found, _ids(drops, rows))
    kept = rows.filter(pc.equal(rows.column("id"), found[0])).drop_columns(["refs"]).to_pylist()
    if kept:
        return _with_proposals(dataset, _kept(dataset, drops, rows, kept[0]))
    dropped = drops.filter(pc.equal(drops.column("id"), found[0])).to_pylist()[0]
    return _with_proposals(dataset, _dropped(dropped, drops, rows))


def _with_proposals(dataset: Dataset, story: dict[str, Any]) -> dict[str, Any]:
    """A story with the pairs that the picture was proposed for; the name of a partner is the beginning of its id."""
    sides = ("color", "line_art")
    told = [row for row in proposals(dataset) if any(row[side].startswith(story["id"]) for side in sides)]
    return story | {"proposals": told[:_MEMBERS]}


def lines(story: Mapping[str, Any]) -> list[str]:
    """The story for people."""
    head = {"kept": "is kept", "paired": "became a partner", "dropped": "was dropped"}[story["state"]]
    told = [f"{story['id']}", f"  {head}{_where(story)}"]
    told += [f"  {name:<12} {plain(value, 200)}" for name, value in _told(story)]
    told += [f"  line_{name:<12} {plain(inline(params), 240)}" for name, params in story.get("lines", {}).items()]
    told += [f"  pair         {_proposal(row, story['id'])}" for row in story.get("proposals", [])]
    told += [f"  same cluster {member['id'][:16]}  {member['state']}" for member in story.get("members", [])]
    return told


def _proposal(row: Mapping[str, Any], identity: str) -> str:
    """One line about a pair that was proposed, seen from one side of it."""
    other = row["line_art"] if row["color"].startswith(identity) else row["color"]
    score = "" if row["score"] is None else f", score {row['score']:.2f}"
    why = f": {plain(row['refusal'], 160)}" if row["refusal"] else ""
    return f"with {other[:16]} by {plain(row['method'], 40)}{score}, {plain(row['state'], 40)}{why}"


def _ids(drops: pa.Table, rows: pa.Table) -> list[str]:
    return sorted({*drops.column("id").to_pylist(), *rows.column("id").to_pylist()})


def _matches(drops: pa.Table, rows: pa.Table, asked: str) -> list[str]:
    """The ids that may be meant, one more than are listed at most; one where it is clear."""
    if ":" in asked:
        return sorted({*_by_ref(drops, asked), *_by_ref(rows, asked)})
    prefix = asked.lower()
    if len(prefix) < _SHORTEST_PREFIX:
        return []
    near = {id for table in (drops, rows) for id in _beginning(table.column("id"), prefix)}
    return [prefix] if prefix in near else sorted(near)[: _LISTED + 1]


def _beginning(ids: pa.ChunkedArray, prefix: str) -> list[str]:
    found: list[str] = ids.filter(pc.starts_with(ids, prefix)).to_pylist()
    return found


def _unresolved(dataset: Dataset, asked: str, found: Sequence[str], ids: Sequence[str]) -> LcpipeError:
    shown = plain(asked, 80)
    if found:
        some = ", ".join(id[:16] for id in found[:_LISTED]) + (", …" if len(found) > _LISTED else "")
        hint = f"give more of one of {some}"
        return LcpipeError(f"several pictures answer to {shown!r}", where=dataset.root, hint=hint)
    if len(asked) < _SHORTEST_PREFIX:
        hint = f"give at least {_SHORTEST_PREFIX} characters of an id"
    else:
        near = ", ".join(id[:16] for id in nearest(asked.lower(), ids))
        hint = f"the nearest ids are {near}" if near else "give the sha256 of a picture's file, or SOURCE:NAME"
    return LcpipeError(f"no picture answers to {shown!r}", where=dataset.root, hint=hint)


def nearest(asked: str, ids: Sequence[str]) -> list[str]:
    """The ids that begin most like `asked`, of a sorted list; none when not even two characters agree."""
    at = bisect_left(ids, asked)
    around = ids[max(at - 3, 0) : at + 3]
    ranked = sorted(around, key=lambda id: -_agreement(asked, id))
    return [id for id in ranked if _agreement(asked, id) >= 2][:3]


def _agreement(a: str, b: str) -> int:
    return next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _by_ref(table: pa.Table, ref: str) -> list[str]:
    """Ids of the rows that were found at a place."""
    source, _, native_id = ref.partition(":")
    refs = table.column("refs").combine_chunks()
    flat = pc.list_flatten(refs)
    here = pc.and_(pc.equal(flat.field("source"), source), pc.equal(flat.field("native_id"), native_id))
    parents = pc.list_parent_indices(refs).filter(here)
    found: list[str] = table.column("id").take(parents).to_pylist()
    return found


def _kept(dataset: Dataset, drops: pa.Table, rows: pa.Table, place: Mapping[str, str]) -> dict[str, Any]:
    config, split = place["config"], place["split"]
    row = _light_row(dataset, place)
    params = {name: row[f"line_{name}_params"] for name in dataset.line_columns} if config == "pairs" else {}
    return {
        "id": place["id"],
        "state": "kept",
        "config": config,
        "split": split,
        **{name: _readable(row.get(name)) for name in _FACTS},
        "consent": row["consent"],
        "refs": row["refs"],
        "lines": {name: value for name, value in params.items() if value is not None},
        "pair_score": row.get("pair_score"),
        "pair_transform": row.get("pair_transform"),
        "members": _members(drops, rows, place),
    }


def _light_row(dataset: Dataset, place: Mapping[str, str]) -> dict[str, Any]:
    held = dataset.schema(place["config"]) or pa.schema([])
    columns = ["id", *(name for name in _FACTS if name in held.names), "consent", "refs"]
    if place["config"] == "pairs":
        columns += ["pair_score", "pair_transform", *(f"line_{name}_params" for name in dataset.line_columns)]
    tables = shard_tables(dataset, place["config"], place["split"], columns)
    row: dict[str, Any] = next(
        filter(len, (table.filter(pc.field("id") == place["id"]) for table in tables))
    ).to_pylist()[0]
    return row


def _members(drops: pa.Table, rows: pa.Table, place: Mapping[str, str]) -> list[dict[str, str]]:
    """The others of a cluster: rows beside it, and what was dropped in favour of one of them."""
    same = (pc.field("cluster") == place["cluster"]) & (pc.field("config") == place["config"])
    kept: list[str] = rows.filter(same).column("id").to_pylist()
    dropped = drops.filter(pc.is_in(drops.column("kept_id"), value_set=pa.array(kept))).column("id").to_pylist()
    members = [{"id": other, "state": "kept"} for other in sorted(set(kept) - {place["id"]})]
    return [*members, *({"id": other, "state": "dropped"} for other in sorted(dropped))][:_MEMBERS]


def _dropped(row: Mapping[str, Any], drops: pa.Table, rows: pa.Table) -> dict[str, Any]:
    kept = rows.filter(pc.field("id") == row["kept_id"]).to_pylist() if row["kept_id"] else []
    others = [one for place in kept for one in _members(drops, rows, place) if one["id"] != row["id"]]
    where = [kept[0]["config"], kept[0]["split"]] if kept else None
    return {"id": row["id"], "state": "dropped", **row, "kept_in": where, "members": others}


def _partners(dataset: Dataset, prefix: str) -> dict[str, list[str]]:
    """Drawings whose ids begin with `prefix` and that became authentic lines: {name of the drawing: ids of its rows}.

    The base name of a row's authentic lines names the drawing that they come from. The pictures' bytes are a column of
    their own in the file: only ids and names are read.
    """
    tables = (table for split in dataset.splits("pairs") for table in shard_tables(dataset, "pairs", split, _NAMES))
    rows = (row for table in tables for row in table.filter(pc.field("line_authentic").is_valid()).to_pylist())
    named = ((row["line_authentic"]["path"].rsplit(".", 1)[0], row["id"]) for row in rows)
    found: dict[str, list[str]] = {}
    for name, id in named:
        if not id.startswith(name) and _begins(name, prefix):
            found.setdefault(name, []).append(id)
    return found


def _begins(name: str, prefix: str) -> bool:
    """True when one begins with the other: base names hold the first digits of an id."""
    return name.startswith(prefix) or prefix.startswith(name)


def _paired(name: str, pictures: Sequence[str]) -> dict[str, Any]:
    """The story of a drawing that is the authentic lines of some pictures: `partner` is the first of them."""
    own = {"partner": min(pictures), "partners": sorted(pictures)}
    return {"id": name, "state": "paired", "config": "pairs", **own, "column": "line_authentic"}


def _readable(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def _where(story: Mapping[str, Any]) -> str:
    if story["state"] == "kept":
        return f" in {story['config']}, split {story['split']}"
    if story["state"] == "paired":
        return f": it is the authentic line drawing of {', '.join(one[:16] for one in story['partners'])}"
    return f" at {story['stage']}: {story['reason']}"


def _told(story: Mapping[str, Any]) -> list[tuple[str, Any]]:
    refs = [f"{ref['source']}:{ref['native_id']}" for ref in story.get("refs") or []]
    sides = ("original_width", "original_height", "width", "height")
    size = "{} × {}, packed as {} × {}".format(*(story[side] for side in sides)) if "original_width" in story else ""
    wanted = [
        ("reasons", ", ".join(story.get("reasons") or [])),
        ("detail", story.get("detail")),
        ("kept instead", story.get("kept_id")),
        ("that one is in", ", split ".join(story["kept_in"]) if story.get("kept_in") else ""),
        ("found as", ", ".join(refs)),
        ("size", size or _size(story)),
        ("licence", story.get("license")),
        ("artist", story.get("artist")),
        ("rating", RATINGS.get(story.get("rating") or "", story.get("rating"))),
        ("consent", inline(story["consent"]) if story.get("consent") else ""),
        ("made from", story.get("fetched_sha256")),
        ("page", story.get("page_url") or story.get("source_url")),
        ("cluster", story.get("cluster")),
        ("pair score", story.get("pair_score")),
    ]
    return [(name, value) for name, value in wanted if value not in (None, "")]


def _size(story: Mapping[str, Any]) -> str:
    return f"{story['width']} × {story['height']}" if story.get("width") else ""
