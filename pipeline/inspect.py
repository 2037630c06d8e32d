"""What is in a dataset, in a terminal's worth of lines."""

from typing import Any
from unicodedata import east_asian_width

from .dataset.reading import Dataset
from .markup import counted, percent, plain, size_text
from .overview import RATINGS, columns_of, counts_of, funnel, ordered, rights_columns, rows_of, top

_BAR_CHARACTERS = 24


def summary(dataset: Dataset) -> dict[str, Any]:
    """Counts, splits, columns, licences, ratings, reasons and sizes: plain values for `--json`."""
    manifest = dataset.manifest
    counts = manifest["counts"]
    stages = funnel(manifest, dataset.drops())
    return {
        "name": dataset.name,
        "version": dataset.version,
        "digest": dataset.digest,
        "schema_version": manifest["schema_version"],
        "found": counts["found"],
        "kept": counts["kept"],
        "paired": counts["paired"],
        "dropped": counts["dropped"],
        "splits": {config: dict(rows_of(dataset, config)) for config in dataset.configs},
        "columns": {config: columns_of(dataset, config).names for config in dataset.configs},
        "line_columns": list(dataset.line_columns),
        "licenses": dict(manifest["licenses"]),
        "ratings": dict(counts_of(rights_columns(dataset).column("rating"))),
        "reasons": {stage.name: dict(stage.dropped) for stage in stages if stage.dropped},
        "sources": {name: facts.get("found", 0) for name, facts in manifest["provenance"]["sources"].items()},
        "files": len(manifest["files"]),
        "bytes": sum(int(file["bytes"]) for file in manifest["files"]),
        "lcpipe": manifest["provenance"]["lcpipe"]["version"],
    }


def lines(summary: dict[str, Any]) -> list[str]:
    """The summary for people."""
    head = [
        f"{plain(summary['name'])} {plain(summary['version'])}",
        f"  digest   {summary['digest']}",
        f"  schema   {summary['schema_version']}, packed by lcpipe {plain(summary['lcpipe'])}",
        f"  size     {size_text(summary['bytes'])} in {counted(summary['files'], 'file')}",
        "",
        f"  found    {summary['found']:,} = {summary['kept']:,} kept + {summary['paired']:,} paired "
        f"+ {summary['dropped']:,} dropped",
    ]
    splits = [
        (f"{config} {split}", rows) for config, named in summary["splits"].items() for split, rows in named.items()
    ]
    ratings = [(RATINGS.get(rating, rating), rows) for rating, rows in summary["ratings"].items()]
    reasons = [
        (f"{stage} {reason}", rows) for stage, named in summary["reasons"].items() for reason, rows in named.items()
    ]
    return [
        *head,
        *_bars("splits", splits),
        *_bars("licences", list(ordered(summary["licenses"]))),
        *_bars("ratings", ratings),
        *_bars("sources, pictures listed", sorted(summary["sources"].items())),
        *_bars("dropped because", reasons),
        "",
        *_wrapped("line columns", [f"line_{name}" for name in summary["line_columns"]]),
        *(line for config, names in summary["columns"].items() for line in _wrapped(f"columns of {config}", names)),
    ]


def _bars(title: str, counts: list[tuple[str, int]]) -> list[str]:
    """Names, numbers and shares under a title; nothing for an empty list."""
    if not counts:
        return []
    shown = top(tuple(counts), 15, "others")
    total = sum(number for _, number in shown)
    longest = max(number for _, number in shown)
    width = max(_cells(plain(name, 40)) for name, _ in shown)
    return [
        "",
        f"  {title}",
        *(
            f"    {_padded(plain(name, 40), width)}  {number:>9,}  {percent(number, total):>6}  "
            f"{'█' * round(_BAR_CHARACTERS * number / max(longest, 1))}".rstrip()
            for name, number in shown
        ),
    ]


def _cells(text: str) -> int:
    """How many cells of a terminal a text fills: characters of East Asian scripts fill two."""
    return len(text) + sum(east_asian_width(character) in "WF" for character in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _cells(text))


def _wrapped(title: str, names: list[str], width: int = 100) -> list[str]:
    """Names in lines of at most `width` characters under a title."""
    found = ["    "]
    for name in names:
        if len(found[-1]) + len(name) + 1 > width:
            found.append("    ")
        found[-1] += f"{plain(name, 60)} "
    return [f"  {title}", *(line.rstrip() for line in found)] if names else []
