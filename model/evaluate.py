"""Measures a trained model on held-out pictures by a protocol: numbers with provenance, and pictures beside them.

The same model, dataset, protocol and environment give the same evaluation.json, byte for byte: no times, no paths.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any

import torch

from lcpipe.pipeline.dataset.canonical import sha256_hex
from lcpipe.pipeline.dataset.errors import DatasetError
from lcpipe.pipeline.dataset.reading import open_dataset
from lcpipe.pipeline.dataset.storage import join, write_bytes

from .colorize import encode_png
from .evaluation_groups import Group, Work, measure_group
from .evaluation_report import report_html
from .evaluation_rows import choose_columns, choose_split, count_rows, lone_drawings
from .evaluation_sheets import group_sheet, lone_sheet
from .hint_shapes import UInt8
from .hints import no_hints
from .metric_plugins import metric_record, prepare_metrics
from .metrics.sample import Metric
from .overlap import find_overlap
from .painter import load_painter
from .protocols import load_protocol
from .torch_settings import torch_settings

FORMAT = 1
RESULT = "evaluation.json"
REPORT = "report.html"

OnPicture = Callable[[int, int], None]


def evaluate(
    model: str | Path,
    dataset_uri: str,
    out: str,
    *,
    protocol: str = "paired",
    allow_overlap: bool = False,
    limit: int | None = None,
    device: str = "cpu",
    on_picture: OnPicture = lambda done, total: None,
) -> dict[str, Any]:
    """Evaluates a model file and writes evaluation.json, report.html and sheets of pictures into the folder `out`.

    Raises LcpipeError, also when the dataset has nothing that was held out.
    """
    plan = load_protocol(protocol)
    plan = replace(plan, n=min(plan.n, limit or plan.n))
    dataset, painter = open_dataset(dataset_uri), load_painter(model, device)
    split = choose_split(dataset, plan, allow_overlap)
    overlap = find_overlap(model, painter.metadata, dataset, split)
    metrics = prepare_metrics(plan.metrics, device)
    usable = {name: metric for name, metric in metrics.items() if isinstance(metric, Metric)}
    work = Work(painter, dataset, plan, split, frozenset() if allow_overlap else overlap.ids, usable)
    with torch_settings(torch.get_num_threads()):
        groups = measure_groups(work, on_picture)
        sheets = draw_sheets(work, groups)
    document = {
        "format": FORMAT,
        "protocol": asdict(plan),
        "model": model_record(painter.metadata, model),
        "dataset": {"name": dataset.name, "version": dataset.version, "digest": dataset.digest, "split": split},
        "overlap": overlap.record(allow_overlap),
        "metrics": {name: metric_record(name, metric) for name, metric in metrics.items()},
        "environment": environment(device),
        "groups": [group.record for group in groups],
        "sheets": sorted(sheets),
    }
    publish(out, document, sheets)
    return document


def measure_groups(work: Work, on_picture: OnPicture) -> list[Group]:
    """Every line column that has pictures. Raises DatasetError when none has."""
    columns = choose_columns(work.dataset, work.protocol, work.split)
    rows = [count_rows(work.dataset, work.split, column, work.without) for column in columns]
    total, done = sum(min(work.protocol.n, number) for number in rows), count(1)
    on_picture(0, total)
    groups = [measure_group(work, column, lambda: on_picture(next(done), total)) for column in columns]
    found = [group for group in groups if group is not None]
    if not found:
        what = f"no picture of the split {work.split} can be measured: {len(work.without)} were trained on"
        hint = "measure another dataset, or these with --allow-overlap"
        raise DatasetError(what, where=work.dataset.root, hint=hint)
    return found


def draw_sheets(work: Work, groups: list[Group]) -> dict[str, UInt8]:
    """A sheet of pictures for every group, and one of drawings without a partner, by file name."""
    grid = work.protocol.grid
    sheets = {f"grid-{group.record['lines']}.png": group_sheet(group.shown, grid) for group in groups if grid.rows}
    lines = lone_drawings(work.dataset, grid.line_art, work.protocol.crop_px)
    if lines:
        painted = [(line, work.painter.paint(line, no_hints(*line.shape))) for line in lines]
        sheets["grid-line_art.png"] = lone_sheet(painted, grid)
    return sheets


def model_record(metadata: Mapping[str, Any], path: str | Path) -> dict[str, Any]:
    """What an evaluation says about a model: all that the file says of itself, and the file's own sha256."""
    return {**metadata, "sha256": sha256_hex(Path(path).read_bytes())}


def environment(device: str) -> dict[str, Any]:
    """What else moves the numbers in their last digits."""
    threads = torch.get_num_threads()
    return {"lcpipe": version("lcpipe"), "torch": torch.__version__, "device": device, "threads": threads}


def publish(out: str, document: Mapping[str, Any], sheets: Mapping[str, UInt8]) -> None:
    """Writes the folder of an evaluation; evaluation.json comes last, so one without it was not finished."""
    for name, pixels in sheets.items():
        write_bytes(join(out, name), encode_png(pixels))
    write_bytes(join(out, REPORT), report_html(document, sheets).encode())
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_bytes(join(out, RESULT), text.encode() + b"\n")
