"""The report of a dataset: one page that explains it, with nothing to load and no script to run."""

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from string import Template

import pyarrow as pa

from . import proposals, report_lines
from . import report_browse as browse
from . import report_charts as charts
from . import report_sections as sections
from .dataset.reading import Dataset
from .markup import escaped, size_text
from .overview import funnel, overview, rights_columns, rows_of, size_bytes
from .report_gallery import Shown, gallery, loose_line_art


def report_html(dataset: Dataset) -> str:
    """The whole page. It holds no times and depends on the rows alone, so the same dataset gives the same page."""
    facts, rights, drops = overview(dataset), rights_columns(dataset), dataset.drops()
    shown = gallery(dataset, facts.pairs)
    style = _template("report.css")
    parts = {
        **_masthead(dataset, shown),
        **_funnel(dataset, drops),
        "style": style,
        "style_hash": "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        "origin": sections.origin(dataset.manifest, rights),
        "shape": sections.shape(rows_of(dataset, "pairs"), rows_of(dataset, "line_art"), facts.pairs, drops),
        "content": sections.content(facts, shown),
        "pairs": browse.pairs(shown, loose_line_art(dataset), facts.pairs.num_rows)
        + proposals.section(dataset)
        + report_lines.domain_gap(dataset),
        "dropped": sections.dropped(drops),
        "provenance": sections.provenance(dataset.manifest),
    }
    return Template(_template("report.html")).substitute(parts)


def _template(name: str) -> str:
    return (files("lcpipe.pipeline") / "templates" / name).read_text(encoding="utf-8").strip()


def _masthead(dataset: Dataset, shown: list[Shown]) -> Mapping[str, str]:
    counts = dataset.manifest["counts"]
    loose = sum(rows for _, rows in rows_of(dataset, "line_art"))
    numbers = [
        (sum(rows for _, rows in rows_of(dataset, "pairs")), "pair", "pairs"),
        *([(loose, "drawing without a partner", "drawings without a partner")] if loose else []),
        (len(dataset.line_columns), "line column", "line columns"),
        (counts["found"], "picture found", "pictures found"),
        (len(dataset.manifest["licenses"]), "licence", "licences"),
    ]
    tiles = [(f"{number:,}", one if number == 1 else many) for number, one, many in numbers]
    tiles.append((size_text(size_bytes(dataset.manifest)), "in shards"))
    return {
        "title": f"{escaped(dataset.name, 80)} {escaped(dataset.version, 40)}",
        "name": escaped(dataset.name, 80),
        "version": escaped(dataset.version, 40),
        "digest": escaped(dataset.digest, 80),
        "tiles": "".join(f"<li><b>{value}</b>{escaped(name)}</li>" for value, name in tiles),
        "hero": "".join(map(_hero, shown[:9])),
        "lcpipe": escaped(dataset.manifest["provenance"]["lcpipe"]["version"], 40),
    }


def _hero(row: Shown) -> str:
    """The picture, half of it as its line drawing."""
    images = "".join(f'<img src="{thumb.uri}" alt="">' for thumb in row.thumbs[:2])
    return f"<span>{images}</span>"


def _funnel(dataset: Dataset, drops: pa.Table) -> Mapping[str, str]:
    counts = dataset.manifest["counts"]
    stages = funnel(dataset.manifest, drops)
    partners = f"{counts['paired']:,} became the authentic lines of another picture, " if counts["paired"] else ""
    lead = (
        f"Of {counts['found']:,} pictures found, {counts['kept']:,} are kept, {partners}"
        f"and {counts['dropped']:,} were dropped, each for a counted reason."
    )
    drawing = charts.funnel(counts["found"], stages, counts["paired"], counts["kept"])
    return {"funnel_lead": lead, "funnel": f'<div class="card">{drawing}</div>'}
