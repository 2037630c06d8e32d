"""The report of an evaluation: one page that needs nothing else, every string from outside escaped."""

import base64
import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import cv2

from .evaluation_beside import settings_apart
from .evaluation_charts import curve_chart, curves_of, group_title, styles
from .evaluation_style import STYLE
from .hint_shapes import UInt8
from .metric_plugins import metric_file
from .protocols import MODEL

JPEG_QUALITY = 90

OVERLAP = {
    "none": "",
    "unknown": "<b>Overlap unknown.</b> The model was trained on another dataset that could not be looked into: "
    "some of these pictures may have been trained on.",
    "left_out": "<b>{rows} pictures were left out</b>: they, or near-duplicates of them, were trained on.",
    "allowed": "<b>{rows} of the pictures were trained on</b> and measured all the same: these numbers say nothing "
    "about drawings the model has not seen.",
}


def report_html(document: Mapping[str, Any], sheets: Mapping[str, UInt8]) -> str:
    """The whole page of an evaluation document and its sheets, uint8 (H, W, 3) by file name."""
    title = f"{document['model'].get('preset', 'model')} on {document['dataset']['name']}"
    body = "".join(
        (
            _masthead(document, title),
            _notices(document),
            _charts(document),
            _beside(document, sheets),
            *(_group(document, group, sheets) for group in document["groups"]),
            _gaps(document),
            _repeats(document),
            _loose(sheets),
            _metrics(document),
            _provenance(document),
        )
    )
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{_text(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>\n"
    )


def _text(value: object) -> str:
    """Safe between tags and in quoted attributes."""
    return html.escape(str(value), quote=True)


def _masthead(document: Mapping[str, Any], title: str) -> str:
    model, groups = document["model"], document["groups"]
    tiles = {
        "pictures per group": max(group["n"] for group in groups),
        "line columns": len({group["lines"] for group in groups}),
        "hint levels": len(document["protocol"]["hints"]),
        "protocol": f"{document['protocol']['name']} {document['protocol']['version']}",
        "images trained on": f"{(model.get('run') or {}).get('images', 0):,}",
    }
    items = "".join(f"<li><b>{_text(value)}</b>{name}</li>" for name, value in tiles.items())
    return (
        f'<p class="eyebrow">Evaluation</p><h1>{_text(title)}</h1>'
        f'<p class="lead">Held-out split <b>{_text(document["dataset"]["split"])}</b>; every hint level is its own row '
        f'and no mean is taken over levels.</p><ul class="tiles">{items}</ul>'
    )


def _notices(document: Mapping[str, Any]) -> str:
    """What a reader must know before any number."""
    overlap = document["overlap"]
    notices = [OVERLAP[overlap["state"]].format(rows=overlap["rows"])]
    for name, record in document["metrics"].items():
        if "not_computed" in record:
            notices.append(f"<b>{_text(name)} was not computed</b>: {_text(record['not_computed'])}.")
    for part, what in (document["model"].get("substitutes") or {}).items():
        notices.append(f"<b>Another {_text(part)} network than the preset's</b>: {_text(what)}.")
    if document["dataset"]["split"] == "validation":
        notices.append("These pictures also chose the model's best checkpoint; the dataset has no test split.")
    notices += [_text(note) + "." for note in document["notes"]]
    return "".join(f'<p class="notice">{notice}</p>' for notice in notices if notice)


def _values(document: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    """The values of all metrics that were computed."""
    for record in document["metrics"].values():
        if "not_computed" not in record:
            yield from record["values"]


def _levels(document: Mapping[str, Any]) -> list[str]:
    return [str(level) for level in document["protocol"]["hints"]]


def _charts(document: Mapping[str, Any]) -> str:
    """Every value over the hint levels, all groups together."""
    groups = document["groups"]
    legend = "".join(
        f'<li class="{style}"><svg viewBox="0 0 28 8"><line x1="0" x2="28" y1="4" y2="4"/></svg>'
        f"{_text(group_title(group))} <small>{group['kind']}</small></li>"
        for style, group in zip(styles(groups), groups, strict=True)
    )
    cards = []
    for value in _values(document):
        chart = curve_chart(curves_of(groups, value["name"]), _levels(document))
        cards.append(f'<div class="card"><h3>{_heading(value)}</h3>{chart}</div>' if chart else "")
    percent = f"{document['protocol']['bootstrap']['level']:.0%}"
    return (
        '<h2>What hints buy</h2><p class="lead">Means over pictures against the number of hints; whiskers are '
        f'{percent} bootstrap intervals.</p><ul class="legend">{legend}</ul><div class="charts">{"".join(cards)}</div>'
    )


def _heading(value: Mapping[str, str]) -> str:
    """A value's name with its unit and the better direction."""
    arrow = "↑" if value["better"] == "higher" else "↓"
    return f"{_text(value['name'])} <small>{_text(value['unit'])} {arrow}</small>"


def _group(document: Mapping[str, Any], group: Mapping[str, Any], sheets: Mapping[str, UInt8]) -> str:
    """One line column as one painter paints it: the table of its levels, and its sheets if it is the model's own."""
    values = [value for value in _values(document) if any(value["name"] in level["means"] for level in group["levels"])]
    rows = "".join(
        f"<tr><td>{_text(level['hints'])}</td>{_cell(level['means'].get('hint_cells'), short=True)}"
        + "".join(_cell(level["means"].get(value["name"])) for value in values)
        + "</tr>"
        for level in group["levels"]
    )
    images = "".join(_image(f"{kind}-{group['lines']}.png", sheets) for kind in ("grid", "cases"))
    failed = f", {len(group['failed'])} could not be painted" if group["failed"] else ""
    return (
        f'<h2>{_text(group_title(group))}</h2><p class="lead">{group["kind"]} lines, n = {group["n"]}{failed}.</p>'
        + _table(("hints", "cells"), values, rows)
        + (images if group["by"] == MODEL else "")
    )


def _table(first: Sequence[str], values: Sequence[Mapping[str, str]], rows: str) -> str:
    """A table that may be scrolled sideways: some plain columns, then values."""
    head = "".join(f"<th>{name}</th>" for name in first) + "".join(f"<th>{_heading(value)}</th>" for value in values)
    return f'<div class="card scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _beside(document: Mapping[str, Any], sheets: Mapping[str, UInt8]) -> str:
    """Baselines and ablations: how each was trained otherwise, and every value minus the model's."""
    if not document["beside"]:
        return ""
    lines = dict.fromkeys(group["lines"] for group in document["groups"])
    lead = (
        "The model's values, and below them every other painter's minus the model's on the same drawings and hints, "
        "with the interval of that difference. Runs that differ in one setting show what it is worth."
    )
    tables = "".join(_differences(document, name) + _image(f"beside-{name}.png", sheets) for name in lines)
    return f'<h2>Baselines and ablations</h2><p class="lead">{lead}</p>{_settings(document)}{tables}'


def _settings(document: Mapping[str, Any]) -> str:
    """A column for the model and every model file beside it, a row for every setting in which not all agree."""
    rows = settings_apart(document["model"], document["baselines"])
    if not rows:
        return ""
    names = ["model", *(record["name"] for record in document["baselines"] if "sha256" in record)]
    body = "".join(
        f"<tr><td>{_text(key)}</td>{''.join(f'<td>{_text(value)}</td>' for value in values)}</tr>"
        for key, values in rows.items()
    )
    head = ["trained with", *(_text(name) for name in names)]
    return f"<h3>What differs</h3>{_table(head, (), body)}"


def _differences(document: Mapping[str, Any], lines: str) -> str:
    """A line column: at every hint level the model's own values, and below them what every other painter has more."""
    found = {
        (each["hints"], beside["by"], each["value"]): each
        for beside in document["beside"]
        for each in beside["differences"]
        if each["lines"] == lines
    }
    values = [value for value in _values(document) if any(name == value["name"] for _, _, name in found)]
    own = [group for group in document["groups"] if (group["by"], group["lines"]) == (MODEL, lines)]
    rows = ""
    for level in (level for group in own for level in group["levels"]):
        hints = str(level["hints"])
        cells = "".join(_cell(level["means"].get(value["name"])) for value in values)
        rows += f'<tr class="own"><td>{MODEL}</td><td>{_text(hints)}</td>{cells}</tr>'
        for by in dict.fromkeys(by for at, by, _ in found if at == hints):
            cells = "".join(_difference(found.get((hints, by, value["name"]))) for value in values)
            rows += f"<tr><td>{_text(by)}</td><td>{_text(hints)}</td>{cells}</tr>"
    return f"<h3>{_text(lines)}</h3>{_table(('painter', 'hints'), values, rows)}" if found else ""


def _difference(each: Mapping[str, Any] | None) -> str:
    """A difference with its interval, marked where it is sure; or a dash."""
    if each is None:
        return "<td>–</td>"
    digits = 2 if abs(each["difference"]) >= 1 else 3
    value, low, high = (f"{each[key]:+.{digits}f}" for key in ("difference", "low", "high"))
    sure = f' class="{each["verdict"]}"' if each["verdict"] in ("better", "worse") else ""
    return f"<td{sure}>{value} <b>{_text(each['verdict'])}</b><small>{low} to {high}</small></td>"


def _gaps(document: Mapping[str, Any]) -> str:
    """Authentic minus synthetic, on the pictures that have both."""
    blocks = []
    for gap in document["gaps"]:
        there = {name for level in gap["levels"] for name in level["means"]}
        values = [value for value in _values(document) if value["name"] in there]
        rows = "".join(
            f"<tr><td>{_text(level['hints'])}</td>"
            + "".join(_cell(level["means"].get(value["name"])) for value in values)
            + "</tr>"
            for level in gap["levels"]
        )
        lead = f"{gap['by']}: authentic minus {gap['lines']}, n = {gap['n']} pictures that have both."
        blocks.append(f'<p class="lead">{_text(lead)}</p>{_table(("hints",), values, rows)}')
    return f"<h2>What authentic lines cost</h2>{''.join(blocks)}" if blocks else ""


def _repeats(document: Mapping[str, Any]) -> str:
    """Mean and standard deviation over draws."""
    rows = "".join(
        f"<tr><td>{_text(record['by'])}</td><td>{_text(record['hints'])}</td><td>{_text(name)}</td>"
        f"<td>{value['mean']:.4g} ± {value['std']:.2g}</td></tr>"
        for record in document["repeats"]
        for name, value in record["values"].items()
    )
    lead = '<p class="lead">Mean and standard deviation over draws of crops.</p>'
    return f"<h2>All draws</h2>{lead}{_table(('painter', 'hints', 'value', 'mean ± std'), (), rows)}" if rows else ""


def _cell(mean: Mapping[str, float] | None, *, short: bool = False) -> str:
    """A mean with its interval below, or a dash."""
    if mean is None:
        return "<td>–</td>"
    if short:
        return f"<td>{mean['mean']:,.0f}</td>"
    digits = 2 if abs(mean["mean"]) >= 1 else 3
    low, high = f"{mean['low']:.{digits}f}", f"{mean['high']:.{digits}f}"
    return f"<td>{mean['mean']:.{digits}f}<small>{low} to {high}</small></td>"


def _image(name: str, sheets: Mapping[str, UInt8]) -> str:
    """A sheet within the page; the PNG of the same name lies beside it."""
    if name not in sheets:
        return ""
    bgr = cv2.cvtColor(sheets[name], cv2.COLOR_RGB2BGR)
    data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
    url = "data:image/jpeg;base64," + base64.b64encode(data).decode()
    return f'<img src="{url}" alt="{_text(name)}: drawings and what was painted from them">'


def _loose(sheets: Mapping[str, UInt8]) -> str:
    image = _image("grid-line_art.png", sheets)
    lead = '<p class="lead">Real line art that has no coloured partner: there is no truth to measure against.</p>'
    return f"<h2>Drawings without a partner</h2>{lead}{image}" if image else ""


def _metrics(document: Mapping[str, Any]) -> str:
    """What each value means, in the words of its own file."""
    terms = "".join(
        f"<dt>{_text(name)}</dt><dd>{_lines((metric_file(name).__doc__ or '').strip())}{_files(record)}</dd>"
        for name, record in document["metrics"].items()
    )
    return f'<h2>The metrics</h2><div class="card"><dl>{terms}</dl></div>'


def _lines(text: str) -> str:
    return "<br>".join(_text(line.strip()) for line in text.splitlines() if line.strip())


def _files(record: Mapping[str, Any]) -> str:
    files: Sequence[Mapping[str, str]] = record.get("weights", ())
    return "".join(f"<br><small>{_text(file['name'])} <code>{_text(file['sha256'])}</code></small>" for file in files)


def _provenance(document: Mapping[str, Any]) -> str:
    """Digests and settings: what must be equal for two evaluations to be compared."""
    model, dataset, protocol = document["model"], document["dataset"], document["protocol"]
    trained = model.get("dataset") or {}
    facts = {
        "model": model["sha256"],
        "trained on": f"{trained.get('name', 'unknown')} {trained.get('version', '')} {trained.get('digest', '')}",
        "run": " ".join(f"{key} {value}" for key, value in (model.get("run") or {}).items()),
        "measured on": f"{dataset['name']} {dataset['version']} {dataset['digest']}",
        "seed": protocol["seed"],
        "crop": f"at most {protocol['crop_px']} px, the centre",
        "environment": ", ".join(f"{key} {value}" for key, value in document["environment"].items()),
    }
    terms = "".join(f"<dt>{name}</dt><dd><code>{_text(value)}</code></dd>" for name, value in facts.items())
    return f'<h2>Provenance</h2><div class="card"><dl>{terms}</dl></div>'
