"""The sections of the report, each from plain data to HTML."""

from collections.abc import Iterable, Mapping, Sequence
from math import log2
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from . import report_charts as charts
from .markup import block, counted, escaped, isolated, percent
from .overview import RATINGS, Attribution, Counts, Overview, attributions, counts_of, drop_examples, ordered, top
from .report_browse import column_name
from .report_gallery import Shown, Thumb
from .toml_text import toml_text

_EXAMPLES = 8
_REASONS = 40
_RECIPE_CHARACTERS = 60_000


def card(title: str, body: str, note: str = "", *, wide: bool = False) -> str:
    """A titled box."""
    small = f" <small>{escaped(note)}</small>" if note else ""
    return f'<div class="card{" wide" if wide else ""}"><h3>{escaped(title)}{small}</h3>{body}</div>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: frozenset[int] = frozenset()) -> str:
    """A table of cells that are already safe; the columns in `numbers` are set to the right."""

    def cells(tag: str, row: Sequence[str]) -> str:
        marks = (' class="n"' if number in numbers else "" for number in range(len(row)))
        return "".join(f"<{tag}{mark}>{cell}</{tag}>" for mark, cell in zip(marks, row, strict=True))

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{cells("th", head)}</tr></thead><tbody>{body}</tbody></table></div>'


def origin(manifest: Mapping[str, Any], rights: pa.Table) -> str:
    """Sources, licences, ratings and makers."""
    sources = manifest["provenance"]["sources"]
    rows = [
        (isolated(name, 60), escaped(source.get("kind", ""), 40), f"{source.get('found', 0):,}")
        for name, source in sorted(sources.items())
    ]
    makers = attributions(rights)
    return (
        '<div class="grid">'
        + card("Sources", table(("source", "kind", "listed"), rows, frozenset({2})))
        + card("Ratings", charts.stacked(_ratings(rights)))
        + card("Licences", charts.bars(top(ordered(manifest["licenses"]), 12)), "rows")
        + card("Makers", _makers(makers), f"{len({maker.artist for maker in makers if maker.artist}):,} named")
        + "</div>"
    )


def _ratings(rights: pa.Table) -> Counts:
    """From general to explicit, then what carries none."""
    found = dict(counts_of(rights.column("rating")))
    named = [(words, found.pop(letter)) for letter, words in RATINGS.items() if letter in found]
    unrated = rights.column("rating").null_count
    return (*named, *found.items(), *((("no rating", unrated),) if unrated else ()))


def _makers(makers: Sequence[Attribution]) -> str:
    counts: dict[str, int] = {}
    for maker in makers:
        name = maker.artist or "not recorded"
        counts[name] = counts.get(name, 0) + maker.rows
    return charts.bars(top(ordered(counts), 10))


def shape(pairs: Counts, line_art: Counts, light: pa.Table, drops: pa.Table) -> str:
    """Splits, sizes, proportions and clusters."""
    loose = ", ".join(f"{count:,} in {split}" for split, count in line_art)
    note = f"and drawings without a partner: {loose}" if loose else ""
    width, height = (light.column(f"original_{side}").to_numpy().astype(np.float64) for side in ("width", "height"))
    packed = pc.binary_join_element_wise(
        light.column("width").cast(pa.string()), light.column("height").cast(pa.string()), " × "
    )
    return (
        '<div class="grid">'
        + card("Splits", charts.stacked(pairs), note, wide=True)
        + card("Short side before", _short_sides(np.minimum(width, height)), "pixels")
        + card("Proportions before", _proportions(width, height), "width : height")
        + card("Size in the dataset", charts.bars(top(counts_of(packed), 8, "other sizes")), "pixels")
        + card("Near-duplicate clusters", _clusters(light), "rows per cluster")
        + card("Most near-duplicates", _largest(light, drops))
        + "</div>"
    )


def _short_sides(sides: Any) -> str:
    edges = [float(2 ** (step / 2)) for step in range(12, 25)]
    marks = ["64", "256", "1024", "4096"]
    return charts.histogram(sides, edges, marks)


def _proportions(width: Any, height: Any) -> str:
    ratios = np.log2(width / np.maximum(height, 1))
    marks = ["1:4", "1:2", "1:1", "2:1", "4:1"]
    return charts.histogram(ratios, [step / 4 - 2.125 for step in range(18)], marks)


def _clusters(light: pa.Table) -> str:
    sizes: dict[str, int] = {}
    for _, count in counts_of(light.column("cluster")):
        name = "one row" if count == 1 else "two rows" if count == 2 else f"up to {2 ** int(log2(count - 1) + 1)} rows"
        sizes[name] = sizes.get(name, 0) + 1
    return charts.bars(tuple(reversed(sizes.items())))


def _largest(light: pa.Table, drops: pa.Table) -> str:
    """The pictures with the most near-duplicates: kept beside them in one cluster, or dropped in their favour."""
    gone = dict(counts_of(drops.column("kept_id")))
    kept = {cluster: count - 1 for cluster, count in counts_of(light.column("cluster")) if count > 1}
    ranked = sorted({*gone, *kept}, key=lambda id: (-gone.get(id, 0) - kept.get(id, 0), id))
    rows = [
        (f"<code>{escaped(id[:12])}</code>", f"{kept.get(id, 0):,}", f"{gone.get(id, 0):,}")
        for id in ranked[:_EXAMPLES]
    ]
    if not rows:
        return '<p class="quiet">no picture has a near-duplicate</p>'
    return table(("best picture", "others kept", "dropped"), rows, frozenset({1, 2}))


def content(facts: Overview, shown: Sequence[Shown]) -> str:
    """Tags, colours and how the line drawings look in numbers."""
    named = {"tags_general": "Tags", "tags_character": "Characters", "tags_copyright": "Series"}
    boxes = [
        card(named[kind], charts.bars(counts[:12], whole=max(facts.pairs.num_rows, 1)), f"{len(counts):,} different")
        for kind, counts in facts.tags.items()
        if counts
    ]
    boxes.append(card("Colours", _hues(shown), f"hues of {counted(len(shown), 'picture')} shown below"))
    boxes.append(card("Lines", _line_table(shown), f"medians of the {counted(len(shown), 'pair')} shown below"))
    return f'<div class="grid">{"".join(boxes)}</div>'


def _hues(shown: Sequence[Shown]) -> str:
    """A histogram of the hue circle in the hues themselves."""
    sectors = [thumb.hues for row in shown for thumb in row.thumbs if thumb.hues]
    if not sectors:
        return '<p class="quiet">no pictures</p>'
    means = np.mean(np.asarray(sectors), axis=0)
    tallest = max(float(means.max()), 1e-9)
    columns = "".join(
        f'<rect x="{100 * number / 24 + 0.2:.2f}" width="3.77" y="{40 - 39 * mean / tallest:.2f}" '
        f'height="{39 * mean / tallest:.2f}" rx=".6" fill="hsl({15 * number + 7} 62% 56%)"/>'
        for number, mean in enumerate(means)
    )
    return f'<svg class="hues" viewBox="0 0 100 40" preserveAspectRatio="none" role="img">{columns}</svg>'


def _line_table(shown: Sequence[Shown]) -> str:
    """Ink and softness per line column, the authentic one last: a method far from it is not what people draw."""
    thumbs: dict[str, list[Thumb]] = {}
    for thumb in (thumb for row in shown for thumb in row.thumbs if thumb.ink is not None):
        thumbs.setdefault(thumb.label, []).append(thumb)
    rows = [
        (
            isolated(column_name(label), 40),
            percent(median(thumb.ink or 0.0 for thumb in group), 1),
            percent(median(thumb.soft or 0.0 for thumb in group), 1),
            f"{len(group):,}",
        )
        for label, group in thumbs.items()
    ]
    return table(("column", "ink", "soft edges", "shown"), rows, frozenset({1, 2, 3}))


def dropped(drops: pa.Table) -> str:
    """Every reason with its count and a few examples."""
    if not drops.num_rows:
        return '<p class="lead">Nothing was dropped.</p>'
    reasons = counts_of(drops.column("reason"))
    lead = (
        f"{counted(drops.num_rows, 'picture')} dropped. A picture counts under its first reason; all its reasons are "
        "in drops.parquet, and <code>lcpipe explain DATASET ID</code> tells the story of one."
    )
    return f'<p class="lead">{lead}</p>' + "".join(
        _reason(drops, reason, count, drops.num_rows) for reason, count in reasons[:_REASONS]
    )


def _reason(drops: pa.Table, reason: str, count: int, total: int) -> str:
    examples = drop_examples(drops, reason, _EXAMPLES)
    rows = [
        (
            f"<code>{escaped(row['id'][:12])}</code>",
            isolated(first_ref(row["refs"]), 90),
            f"{row['width']} × {row['height']}" if row["width"] else "",
            _story(row),
        )
        for row in examples
    ]
    note = f"{count:,}" if count == len(rows) else f"{count:,}, {len(rows)} shown"
    return (
        f'<details><summary>{isolated(reason, 60)} <small class="num">{note}</small>'
        f'<span class="share">{percent(count, total)} of the dropped</span></summary>'
        f"<div>{table(('id', 'found as', 'size', 'more'), rows, frozenset({2}))}</div></details>"
    )


def first_ref(refs: Sequence[Mapping[str, Any]] | None) -> str:
    """The first place a picture was found at, as `source:native id`."""
    return f"{refs[0]['source']}:{refs[0]['native_id']}" if refs else ""


def _story(row: Mapping[str, Any]) -> str:
    others = [reason for reason in row["reasons"] or () if reason != row["reason"]]
    parts = [
        isolated(row["detail"], 160) if row["detail"] else "",
        f"kept instead: <code>{escaped(row['kept_id'][:12])}</code>" if row["kept_id"] else "",
        f"also {isolated(', '.join(others), 120)}" if others else "",
    ]
    return "; ".join(part for part in parts if part)


def provenance(manifest: Mapping[str, Any]) -> str:
    """The recipe, and what made the dataset of it."""
    made = manifest["provenance"]
    tables = {
        "Versions": {"lcpipe": _version(made["lcpipe"]), "schema": manifest["schema_version"], **made["plugins"]},
        "Environment": made["environment"],
        "Weights": made["weights"],
    }
    boxes = "".join(card(title, _facts(facts)) for title, facts in tables.items() if facts)
    sources = {name: source.get("catalog", "") for name, source in sorted(made["sources"].items())}
    recipe = block(toml_text(made["recipe"]), _RECIPE_CHARACTERS)
    return (
        f'<div class="grid">{boxes}{card("Catalogues", _facts(sources), "sha256", wide=True)}</div>'
        f"<details open><summary>The recipe</summary><pre>{recipe}</pre></details>"
    )


def _version(lcpipe: Mapping[str, Any]) -> str:
    return f"{lcpipe['version']}, commit {lcpipe['commit'][:12]}" if lcpipe.get("commit") else str(lcpipe["version"])


def _facts(facts: Mapping[str, Any]) -> str:
    return table(("name", "value"), [(isolated(name, 60), isolated(value, 120)) for name, value in facts.items()])
