"""The README.md of a dataset: front matter as the Hugging Face hub reads it, and the story for people."""

from collections.abc import Iterable, Mapping
from importlib.resources import files
from string import Template
from typing import Any

import pyarrow as pa

from .dataset.reading import Dataset
from .markup import counted, markdown, percent, plain, size_text
from .overview import (
    RATINGS,
    attributions,
    audience,
    columns_of,
    counts_of,
    funnel,
    ordered,
    rights_columns,
)
from .recipe_words import processing
from .yaml_features import feature_list
from .yaml_text import yaml_text

_MAKERS = 2000
_REASONS = 100

# SPDX ids whose lower case is what the hub calls them; anything else is `other` there.
HUB_LICENSES = frozenset(
    """
    apache-2.0 mit cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0
    cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 pddl odbl
    odc-by wtfpl unlicense gfdl artistic-2.0 bsd-2-clause bsd-3-clause agpl-3.0 gpl-3.0 gpl-2.0 zlib
    """.split()
)
_SIZES = ("1K", "10K", "100K", "1M", "10M", "100M", "1B")


def card_text(dataset: Dataset) -> str:
    """The whole card: YAML between two rules, then Markdown. Everything from outside is quoted or escaped."""
    rights = rights_columns(dataset)
    body = Template(_template()).substitute(_body(dataset, rights))
    return f"---\n{yaml_text(front_matter(dataset, rights))}---\n\n{body}"


def _template() -> str:
    return (files("lcpipe.pipeline") / "templates" / "card.md").read_text(encoding="utf-8")


def front_matter(dataset: Dataset, rights: pa.Table) -> dict[str, Any]:
    """What the hub reads: licence, size, audience, where the splits lie and which columns they have."""
    above_general, _ = audience(rights)
    total = sum(sum(splits.values()) for splits in dataset.manifest["counts"]["splits"].values())
    return {
        **license_fields(dataset.manifest["licenses"], rights),
        "pretty_name": plain(f"{dataset.name} {dataset.version}", 200),
        "size_categories": [size_category(total)],
        "task_categories": ["image-to-image"],
        "tags": [
            *("line-art", "colorization", "anime", "illustration", "lcpipe"),
            *(["not-for-all-audiences"] if above_general else []),
        ],
        "configs": [_config(dataset, config) for config in dataset.configs],
        "dataset_info": [_info(dataset, config) for config in dataset.configs],
    }


def license_fields(licenses: Mapping[str, int], rights: pa.Table) -> dict[str, Any]:
    """One licence for all rows by its hub name; otherwise `other`, and a name that says where to look."""
    names = sorted(licenses)
    if len(names) != 1:
        return {"license": "other", "license_name": "several-see-the-license-column"}
    hub_name = names[0].lower().removesuffix("-or-later").removesuffix("-only")
    if hub_name in HUB_LICENSES:
        return {"license": hub_name}
    link = names[0] if names[0].startswith("https://") else _only(rights.column("license_url"))
    return {"license": "other", "license_name": plain(names[0], 120), **({"license_link": link} if link else {})}


def _only(column: Any) -> str | None:
    """The one value of a column, None where there are none or several."""
    values = counts_of(column)
    return values[0][0] if len(values) == 1 else None


def size_category(rows: int) -> str:
    """The hub's class of a number of rows: `n<1K`, `1K<n<10K`, …"""
    for number, name in enumerate(_SIZES):
        if rows < 10 ** (3 + number):
            return f"n<{name}" if number == 0 else f"{_SIZES[number - 1]}<n<{name}"
    return "n>1T" if rows >= 10**12 else f"{_SIZES[-1]}<n<10B"


def _config(dataset: Dataset, config: str) -> dict[str, Any]:
    paths = [
        {"split": split, "path": f"data/{config}/{split}-*.parquet"}
        for split in dataset.splits(config)
        if dataset.count(config, split)
    ]
    return {"config_name": config, **({"default": True} if config == "pairs" else {}), "data_files": paths}


def _info(dataset: Dataset, config: str) -> dict[str, Any]:
    sizes = {split: _bytes(dataset, config, split) for split in dataset.splits(config) if dataset.count(config, split)}
    splits = [
        {"name": split, "num_bytes": size, "num_examples": dataset.count(config, split)}
        for split, size in sizes.items()
    ]
    total = sum(sizes.values())
    return {
        "config_name": config,
        "features": feature_list(columns_of(dataset, config)),
        "splits": splits,
        "download_size": total,
        "dataset_size": total,
    }


def _bytes(dataset: Dataset, config: str, split: str) -> int:
    shards = (file for file in dataset.manifest["files"] if file.get("config") == config and file.get("split") == split)
    return sum(int(file["bytes"]) for file in shards)


def _body(dataset: Dataset, rights: pa.Table) -> dict[str, str]:
    manifest, drops = dataset.manifest, dataset.drops()
    counts = manifest["counts"]
    pairs = sum(counts["splits"].get("pairs", {}).values())
    loose = sum(counts["splits"].get("line_art", {}).values())
    return {
        "name": markdown(dataset.name),
        "version": markdown(dataset.version),
        "digest": markdown(dataset.digest),
        "schema": markdown(manifest["schema_version"]),
        "lcpipe": markdown(manifest["provenance"]["lcpipe"]["version"]),
        "pairs": counted(pairs, "pair"),
        "loose": f", and {counted(loose, 'drawing')} without a partner in the config `line_art`" if loose else "",
        "line_list": ", ".join(f"`line_{name}`" for name in dataset.line_columns) or "none",
        "line": f"line_{dataset.line_columns[0]}" if dataset.line_columns else "line_authentic",
        "first_split": next((split for split in dataset.splits("pairs") if dataset.count("pairs", split)), "train"),
        "splits": _splits(dataset),
        "sources": _sources(manifest),
        "found": f"{counts['found']:,}",
        "kept": f"{counts['kept']:,}",
        "paired": f"{counts['paired']:,}",
        "dropped": f"{counts['dropped']:,}",
        "reasons": _reasons(manifest, drops),
        "processing": processing(manifest["provenance"]["recipe"]),
        "licenses": _licenses(manifest["licenses"]),
        "makers": _makers(rights),
        "ratings": _ratings(rights),
        "access": _access(manifest["provenance"]["recipe"]),
        "contact": _contact(manifest["provenance"]["recipe"]),
    }


def _rows(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table of cells that are already safe."""
    names = list(head)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _splits(dataset: Dataset) -> str:
    rows = [
        (config, split, f"{dataset.count(config, split):,}", size_text(_bytes(dataset, config, split)))
        for config in dataset.configs
        for split in dataset.splits(config)
    ]
    return _rows(("config", "split", "rows", "size"), rows)


_ROBOTS = {"obey": "obeyed", "documented_api": "obeyed for pictures; listed through the API that the site documents"}


def _robots(facts: Mapping[str, Any]) -> str:
    """What was made of robots.txt, and where the site's terms stand."""
    terms = facts.get("settings", {}).get("terms_url")
    return _ROBOTS.get(str(facts.get("robots")), "–") + (f"; terms: {markdown(terms, 300)}" if terms else "")


def _sources(manifest: Mapping[str, Any]) -> str:
    sources = sorted(manifest["provenance"]["sources"].items())
    rows = [
        (
            markdown(name),
            markdown(facts.get("kind", "")),
            f"{facts.get('found', 0):,}",
            _robots(facts),
        )
        for name, facts in sources
    ]
    return _rows(("source", "kind", "pictures listed", "robots.txt"), rows)


def _reasons(manifest: Mapping[str, Any], drops: pa.Table) -> str:
    stages = funnel(manifest, drops)
    rows = [(stage.name, markdown(reason), f"{count:,}") for stage in stages for reason, count in stage.dropped]
    return _rows(("stage", "reason", "pictures"), rows[:_REASONS]) if rows else "Nothing was dropped."


def _licenses(licenses: Mapping[str, int]) -> str:
    total = sum(licenses.values())
    rows = [(markdown(name), f"{count:,}", percent(count, total)) for name, count in ordered(licenses)[:_REASONS]]
    return _rows(("licence", "rows", "share"), rows)


def _makers(rights: pa.Table) -> str:
    makers = attributions(rights)
    lines = [
        f"- {markdown(maker.artist) if maker.artist else '*maker not recorded*'}, {markdown(maker.license)}"
        f"{f' ({markdown(maker.url, 200)})' if maker.url else ''}: {counted(maker.rows, 'row')}"
        for maker in makers[:_MAKERS]
    ]
    more = len(makers) - len(lines)
    lines += [f"- and {more:,} more: every row names its maker in `artist` and `license`"] if more > 0 else []
    return "\n".join(lines) or "No rows."


def _ratings(rights: pa.Table) -> str:
    above_general, some_unrated = audience(rights)
    named = [f"{RATINGS.get(rating, markdown(rating))} {n:,}" for rating, n in counts_of(rights.column("rating"))]
    words = f"Ratings as the sources give them: {', '.join(named)}." if named else "The sources give no ratings."
    if above_general:
        words += " Not all of it is for all audiences."
    if some_unrated:
        words += f" {counted(rights.column('rating').null_count, 'row')} without a rating: look before showing them."
    return words


def _access(recipe: Mapping[str, Any]) -> str:
    excluded = sum(len(value) for value in recipe.get("exclude", {}).values() if isinstance(value, list))
    takedowns = f"; takedowns of the recipe: {excluded:,}" if excluded else ""
    return f"Pictures whose makers opted out are refused by the filter `consent`{takedowns}."


def _contact(recipe: Mapping[str, Any]) -> str:
    contact = recipe.get("crawl", {}).get("contact", "")
    return f" Write to {markdown(contact, 200)}." if contact else " Write to whoever gave you this dataset."
