"""Searches the rows and the drops of a dataset: what a visitor typed, as conditions that all must hold."""

import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from .answers import AnswerError, whole_of
from .shelves import TAGS, Shelves

PAGE_ROWS = 60
MAX_PAGE_ROWS = 200
MAX_EXCLUDED = 100_000
SHOWN = ("id", "config", "split", "width", "height", "cluster", "rating", "license", "artist", "pair_score", "pictures")
SORTS = {
    "dataset": None,
    "pair_score": lambda row: -(row.get("pair_score") or -1.0),
    "score": lambda row: -(row.get("score") or 0),
    "size": lambda row: -row["width"] * row["height"],
}


def find_rows(shelves: Shelves, asked: Mapping[str, str]) -> dict[str, Any]:
    """One page of the rows that match `q`, `split`, `license`, `method`, `low` and `high`. Raises AnswerError."""
    words = asked.get("q", "").lower().split()
    low, high = (_share(asked, key) for key in ("low", "high"))
    found = [
        row for row in shelves.rows if _fits(row, asked, low, high) and all(_mentions(row, word) for word in words)
    ]
    order = asked.get("sort", "dataset")
    if order not in SORTS:
        raise AnswerError(400, f"rows cannot be sorted by {order[:40]!r}", hint=f"choose one of {', '.join(SORTS)}")
    if (key := SORTS[order]) is not None:
        found = sorted(found, key=key)
    return _page(found, asked, _shown)


def find_drops(shelves: Shelves, asked: Mapping[str, str]) -> dict[str, Any]:
    """One page of the drops with `reason` and words `q`; with the counts of all reasons. Raises AnswerError."""
    words = asked.get("q", "").lower().split()
    matching = [drop for drop in shelves.drops if all(word in _drop_text(drop) for word in words)]
    reason = asked.get("reason", "")
    found = [drop for drop in matching if reason in ("", *drop["reasons"])]
    reasons = Counter(reason for drop in matching for reason in drop["reasons"])
    return {**_page(found, asked, dict), "reasons": dict(reasons.most_common())}


def find_clusters(shelves: Shelves, asked: Mapping[str, str]) -> dict[str, Any]:
    """One page of the clusters with several members. Raises AnswerError."""
    return _page(shelves.clusters(), asked, dict)


def exclude_toml(ids: Iterable[object], dataset: str) -> str:
    """The file of a recipe's `[exclude] files` that takes these ids out of the next build. Raises AnswerError."""
    chosen = sorted({str(id) for id in ids})
    if not chosen or len(chosen) > MAX_EXCLUDED or not all(_is_id(id) for id in chosen):
        raise AnswerError(400, "no list of ids to exclude", hint=f"mark from 1 to {MAX_EXCLUDED} rows")
    lines = [f"    {json.dumps(id)}," for id in chosen]
    text = "\n".join(
        [
            f"# {len(chosen)} rows marked in the studio while looking at {''.join(dataset.split())}.",
            '# Name this file in a recipe: [exclude] files = ["exclude.toml"]',
            "ids = [",
            *lines,
            "]",
            "",
        ]
    )
    tomllib.loads(text)
    return text


def _is_id(id: str) -> bool:
    return len(id) == 64 and set(id) <= set("0123456789abcdef")


def _fits(row: Mapping[str, Any], asked: Mapping[str, str], low: float, high: float) -> bool:
    """Split, licence, method and pair score."""
    split, method = asked.get("split", ""), asked.get("method", "")
    if split and split not in (row["split"], f"{row['config']}/{row['split']}"):
        return False
    if asked.get("license") and row["license"] != asked["license"]:
        return False
    if method and f"line_{method}" not in row["pictures"]:
        return False
    score = row.get("pair_score")
    return (low, high) == (0.0, 1.0) or (score is not None and low <= score <= high)


def _mentions(row: Mapping[str, Any], word: str) -> bool:
    """A word is the beginning of an id, a whole tag with underscores, or a part of one; `-word` means its absence."""
    if word.startswith("-") and len(word) > 1:
        return not _mentions(row, word[1:])
    tags = [tag.lower() for name in TAGS for tag in row.get(name) or ()]
    named = word in (row.get("artist") or "").lower() or any(word in ref["native_id"].lower() for ref in row["refs"])
    return row["id"].startswith(word) or named or any(word in tag for tag in tags)


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    tags = [tag for name in TAGS for tag in row.get(name) or ()]
    return {**{key: row.get(key) for key in SHOWN}, "tags": tags[:40]}


def _drop_text(drop: Mapping[str, Any]) -> str:
    refs = " ".join(f"{ref['source']}:{ref['native_id']}" for ref in drop["refs"])
    return f"{drop['id']} {drop['detail'] or ''} {refs} {' '.join(drop['reasons'])}".lower()


def _page(found: list[dict[str, Any]], asked: Mapping[str, str], show: Any) -> dict[str, Any]:
    start = whole_of(asked, "start", 0, 0, 10**9)
    count = whole_of(asked, "count", PAGE_ROWS, 1, MAX_PAGE_ROWS)
    return {"total": len(found), "start": start, "rows": [show(row) for row in found[start : start + count]]}


def _share(asked: Mapping[str, str], key: str) -> float:
    """A pair score from 0 to 1."""
    default = {"low": 0.0, "high": 1.0}[key]
    try:
        value = float(asked.get(key) or default)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise AnswerError(400, f"the {key}est pair score is no number from 0 to 1", hint="type one like 0.8")
    return value
