"""Training runs side by side in one page that needs nothing else: settings that differ, curves, probe pictures."""

import base64
import html
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lcpipe.pipeline.dataset.errors import RunError
from lcpipe.pipeline.dataset.storage import write_bytes

from .evaluation_style import STYLE
from .presets import flat
from .run_folder import LOG, RUN, checkpoints, logged_step, read_json, whole_state

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 220, 60, 24, 10
TONES = 6
MOST_POINTS = 400  # a curve has no more corners than the page has room for
SHEETS = 3  # of a run: the first, the middle and the last
CURVES = {
    "loss_content": "content loss",
    "loss_adversarial": "adversarial loss of the generator",
    "loss_critic": "loss of the critic",
    "penalty": "gradient penalty",
    "gradient_ratio": "adversarial to content gradient at the generator's output",
    "images_per_s": "pictures a second",
    "waiting_share": "share of the time that waited for pictures",
    "learning_rate": "learning rate",
}


@dataclass(frozen=True)
class Run:
    """What a page shows of a run; `entries` are the lines of its log."""

    name: str
    record: Mapping[str, Any]
    entries: Sequence[Mapping[str, Any]]
    scores: Mapping[int, float]
    sheets: Sequence[Path]


def write_runs_page(runs: Sequence[str], out: str) -> list[Run]:
    """Compares runs in the page `out`; returns what was read. Raises RunError for a folder that is none."""
    found = [read_run(Path(run)) for run in runs]
    write_bytes(out, page(found).encode())
    return found


def read_run(folder: Path) -> Run:
    """A run from its folder; torn lines of the log are left out. Raises RunError."""
    record = read_json(folder / RUN)
    if not isinstance(record.get("config"), dict):
        raise RunError("run.json has no config", where=str(folder), hint="give a folder written by `lcpipe train`")
    text = (folder / LOG).read_text(encoding="utf-8", errors="replace") if (folder / LOG).is_file() else ""
    lines = [line for line in text.splitlines() if math.isfinite(logged_step(line))]
    states = [state for checkpoint in checkpoints(folder) if (state := whole_state(checkpoint)) is not None]
    scores = {state["step"]: score for state in states for score in state.get("metrics", {}).values()}
    sheets = sorted((folder / "samples").glob("*.png"))
    chosen = [sheets[index * (len(sheets) - 1) // (SHEETS - 1)] for index in range(SHEETS)] if sheets else []
    return Run(folder.name, record, [json.loads(line) for line in lines], scores, list(dict.fromkeys(chosen)))


def page(runs: Sequence[Run]) -> str:
    """The whole page."""
    title = " · ".join(run.name for run in runs)
    charts = "".join(chart(runs, key, label) for key, label in CURVES.items())
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{safe(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
        f'<p class="eyebrow">training runs</p><h1>{safe(title)}</h1>{legend(runs)}'
        f"<h2>How they went</h2>{table(summaries(runs), runs)}"
        f"<h2>What differs</h2>{table(differences(runs), runs)}"
        f"<h2>Curves over pictures seen</h2>{charts}"
        f"<h2>Probe pictures</h2>{''.join(pictures(run) for run in runs)}</html>\n"
    )


def safe(value: object) -> str:
    """Anything as text of the page: names and settings come from outside."""
    return html.escape(f"{value:.4g}" if isinstance(value, float) else str(value))


def legend(runs: Sequence[Run]) -> str:
    """The colour of every run."""
    line = '<svg viewBox="0 0 28 8"><line x1="0" x2="28" y1="4" y2="4"/></svg>'
    items = "".join(f'<li class="tone{i % TONES}">{line}{safe(run.name)}</li>' for i, run in enumerate(runs))
    return f'<ul class="legend">{items}</ul>'


def summaries(runs: Sequence[Run]) -> dict[str, list[object]]:
    """Facts of every run, a row each."""
    last = [run.entries[-1] if run.entries else {} for run in runs]
    return {
        "preset": [run.record.get("preset", "–") for run in runs],
        "dataset": [str(run.record.get("dataset", {}).get("digest", "–"))[:12] for run in runs],
        "steps": [entry.get("step", 0) for entry in last],
        "pictures": [entry.get("images", 0) for entry in last],
        "last content loss": [entry.get("loss_content", "–") for entry in last],
        "best probe error": [min(run.scores.values(), default="–") for run in runs],
        "substitutes": ["; ".join(run.record.get("substitutes", {}).values()) or "none" for run in runs],
    }


def differences(runs: Sequence[Run]) -> dict[str, list[object]]:
    """The settings in which not all runs agree."""
    configs = [flat(run.record["config"]) for run in runs]
    keys = sorted(set().union(*configs))
    rows = {key: [config.get(key, "–") for config in configs] for key in keys}
    return {key: values for key, values in rows.items() if any(value != values[0] for value in values)}


def table(rows: Mapping[str, Sequence[object]], runs: Sequence[Run]) -> str:
    """A row for every key, a column for every run."""
    if not rows:
        return "<p>Nothing.</p>"
    head = "".join(f"<th>{safe(run.name)}</th>" for run in runs)
    body = "".join(
        f"<tr><td>{safe(key)}</td>{''.join(f'<td>{safe(value)}</td>' for value in values)}</tr>"
        for key, values in rows.items()
    )
    return f'<div class="scroll"><table><tr><th></th>{head}</tr>{body}</table></div>'


def points(run: Run, key: str) -> list[tuple[float, float]]:
    """(pictures seen, value) where the log has a finite one, thinned by the mean of neighbours."""
    found = [(float(entry["images"]), entry[key]) for entry in run.entries if "images" in entry and key in entry]
    finite = [(x, float(y)) for x, y in found if isinstance(y, int | float) and math.isfinite(y)]
    step = -(-len(finite) // MOST_POINTS) or 1
    groups = (finite[start : start + step] for start in range(0, len(finite), step))
    return [(group[-1][0], sum(y for _, y in group) / len(group)) for group in groups]


def chart(runs: Sequence[Run], key: str, label: str) -> str:
    """One value of all runs over the pictures they had seen; empty where no run logged it."""
    curves = [points(run, key) for run in runs]
    every = [point for curve in curves for point in curve]
    if not every:
        return ""
    right, low, high = max(x for x, _ in every), min(y for _, y in every), max(y for _, y in every)
    span = (high - low) or abs(high) or 1.0
    lines = "".join(
        f'<g class="tone{number % TONES}"><polyline points="{" ".join(placed(curve, right, low, span))}"/></g>'
        for number, curve in enumerate(curves)
        if curve
    )
    texts = (
        f'<text x="{LEFT - 6}" y="{TOP + 8}" text-anchor="end">{high:.3g}</text>'
        f'<text x="{LEFT - 6}" y="{HEIGHT - BOTTOM}" text-anchor="end">{low:.3g}</text>'
        f'<text x="{WIDTH}" y="{HEIGHT - 6}" text-anchor="end">{right:,.0f} pictures</text>'
    )
    rule = f'<line class="rule" x1="{LEFT}" x2="{WIDTH}" y1="{HEIGHT - BOTTOM}" y2="{HEIGHT - BOTTOM}"/>'
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{safe(label)}"'
    return f'<div class="card"><h3>{safe(label)}</h3><svg class="chart" {box}>{rule}{texts}{lines}</svg></div>'


def placed(curve: Sequence[tuple[float, float]], right: float, low: float, span: float) -> Iterator[str]:
    """Points of a curve on the chart."""
    for x, y in curve:
        across = LEFT + (WIDTH - LEFT) * x / max(right, 1)
        down = HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (y - low) / span
        yield f"{across:.1f},{down:.1f}"


def pictures(run: Run) -> str:
    """The probe sheets of a run, inside the page."""
    shown = "".join(
        f"<figure><figcaption>step {safe(int(sheet.stem) if sheet.stem.isdigit() else sheet.stem)}</figcaption>"
        f'<img alt="probe sheet of {safe(run.name)}" src="data:image/png;base64,{encoded(sheet)}"></figure>'
        for sheet in run.sheets
    )
    return f"<h3>{safe(run.name)}</h3>{shown or '<p>None yet.</p>'}"


def encoded(sheet: Path) -> str:
    """A picture's bytes as text."""
    return base64.b64encode(sheet.read_bytes()).decode()
