"""Measures a trained model on held-out pictures by a protocol: numbers with provenance, and pictures beside them.

The same model, dataset, protocol and environment give the same evaluation.json, byte for byte: no times, no paths.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any

import torch

from lcpipe.pipeline.dataset.canonical import sha256_hex
from lcpipe.pipeline.dataset.errors import DatasetError, LcpipeError
from lcpipe.pipeline.dataset.reading import open_dataset

from .baseline_plugins import load_baselines
from .evaluation_beside import beside_model
from .evaluation_folder import FORMAT, check_out, publish
from .evaluation_gap import authentic_gaps, repeated
from .evaluation_groups import Group, Work, chosen_ids, measure_group, measure_repeat
from .evaluation_rows import authentic_drawings, choose_columns, choose_split, crops_of, lone_drawings
from .evaluation_sheets import beside_sheets, group_sheet, lone_sheet, ranked_sheet
from .hint_shapes import UInt8
from .hints import no_hints
from .metric_plugins import metric_file, metric_record, prepare_metrics
from .metrics.sample import Metric, SetMetric
from .overlap import find_overlap
from .painter import load_painter
from .protocols import MODEL, load_protocol
from .torch_settings import torch_settings

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
    baselines: Sequence[str] = (),
    on_picture: OnPicture = lambda done, total: None,
) -> dict[str, Any]:
    """Evaluates a model file and writes evaluation.json, report.html and pictures into the folder `out`.

    `baselines` are names (`flat_fill`) or model files, measured in the same way. Raises LcpipeError, also when the
    dataset has nothing that was held out.
    """
    check_out(out)
    plan = load_protocol(protocol)
    plan = replace(plan, n=min(plan.n, limit or plan.n))
    dataset, painter = open_dataset(dataset_uri), load_painter(model, device)
    split = choose_split(dataset, plan, allow_overlap)
    overlap = find_overlap(model, painter.metadata, dataset, split)
    metrics = prepare_metrics(plan.metrics, device)
    usable = {name: metric for name, metric in metrics.items() if not isinstance(metric, LcpipeError)}
    work = Work(MODEL, painter, dataset, plan, split, frozenset() if allow_overlap else overlap.ids, usable)
    others = load_baselines(baselines, device)
    with torch_settings(torch.get_num_threads()):
        works = [work, *(replace(work, by=other.name, painter=other.painter) for other in others)]
        groups = measure_groups(works, on_picture)
        pictures = draw_sheets(work, groups)
    records = [group.record for group in groups]
    recorded = {name: metric_record(name, metric) for name, metric in metrics.items()}
    document = {
        "format": FORMAT,
        "protocol": asdict(plan),
        "model": model_record(painter.metadata, model),
        "baselines": [other.record for other in others],
        "dataset": {"name": dataset.name, "version": dataset.version, "digest": dataset.digest, "split": split},
        "overlap": overlap.record(allow_overlap),
        "metrics": recorded,
        "environment": environment(device),
        "notes": notes(records) + without_values(records, usable),
        "groups": records,
        "beside": beside_model(records, recorded),
        "gaps": authentic_gaps(records, plan),
        "repeats": repeated(records, plan),
        "sheets": sorted(name for name in pictures if "/" not in name),
        "pictures": sorted(name for name in pictures if "/" in name),
    }
    publish(out, document, pictures)
    return document


def measure_groups(works: Sequence[Work], on_picture: OnPicture) -> list[Group]:
    """Every painter and line column that has pictures. Raises DatasetError when none has."""
    measured = authentic_jobs if works[0].protocol.drawings == "authentic" else paired_jobs
    jobs = [job for work in works for job in measured(work)]
    total, done = sum(job.count for job in jobs), count(1)
    on_picture(0, total)
    groups = [job.measure(lambda: on_picture(next(done), total)) for job in jobs]
    found = [group for group in groups if group is not None]
    if not found:
        raise _nothing(works[0])
    return found


@dataclass(frozen=True)
class Job:
    """A group that is to be measured, and how many pictures it has."""

    count: int
    measure: Callable[[Callable[[], None]], Group | None]


def paired_jobs(work: Work) -> Iterator[Job]:
    """Every line column of the held-out rows."""
    for column in choose_columns(work.dataset, work.protocol, work.split):
        yield Job(min(work.protocol.n, len(chosen_ids(work, column))), partial(measure_group, work, column))


def authentic_jobs(work: Work) -> Iterator[Job]:
    """Every repeat of the authentic drawings."""
    plan = work.protocol
    crops = sum(crops_of(line, plan) for _, line in authentic_drawings(work.dataset, plan.splits))
    for repeat in range(plan.repeats):
        yield Job(min(plan.n, crops), partial(measure_repeat, work, repeat))


def _nothing(work: Work) -> DatasetError:
    """What is said when there is nothing to measure."""
    if work.protocol.drawings != "paired":
        what = f"the protocol {work.protocol.name} is about authentic line art, and the dataset has none"
        hint = "build it with a source whose role is line_art, or use --protocol paired"
    else:
        what = f"no picture of the split {work.split} can be measured: {len(work.without)} were trained on"
        hint = "measure another dataset, or these with --allow-overlap"
    return DatasetError(what, where=work.dataset.root, hint=hint)


def notes(groups: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a reader must know beside the numbers, each said once."""
    said = [note for group in groups for note in group["notes"]]
    for group in groups:
        if group["failed"]:
            first = group["failed"][0]
            said.append(f"{group['by']} failed on {len(group['failed'])} of {group['lines']}, first: {first['why']}")
    if not any(group["kind"] == "authentic" for group in groups):
        said.append("no authentic line art was measured: nothing is said about drawings made by hand")
    return list(dict.fromkeys(said))


def without_values(groups: Sequence[Mapping[str, Any]], metrics: Mapping[str, Metric | SetMetric]) -> list[str]:
    """Which metrics were computed and gave no number at all, for want of hints, of areas or of size."""
    found = {name for group in groups for level in group["levels"] for name in level["means"]}
    if not any(group["n"] for group in groups):
        return []  # where nothing could be painted, that has been said
    return [
        f"{name} has no value here: its own description says what it needs"
        for name, metric in metrics.items()
        if isinstance(metric, Metric) and not any(value.name in found for value in metric_file(name).VALUES)
    ]


def draw_sheets(work: Work, groups: Sequence[Group]) -> dict[str, UInt8]:
    """Pictures by file name: sheets of the model's groups, their best and worst, single ones to vote on, lone drawings,
    and all painters side by side."""
    grid = work.protocol.grid
    found = beside_sheets(groups, grid)
    for group in (group for group in groups if group.shown and group.record["by"] == MODEL):
        lines = group.record["lines"]
        if grid.rows and group.shown[0].case.color.size:
            found[f"grid-{lines}.png"] = group_sheet(group.shown[: grid.rows], grid)
            found |= ranked_sheet(work, group)
        for seen in group.shown[: grid.kept]:
            for level, painted in seen.painted.items():
                found[f"pictures/{lines.replace(' ', '-')}/{level}/{seen.case.id}.png"] = painted
    lines_alone = lone_drawings(work.dataset, grid.line_art, work.protocol.crop_px)
    if lines_alone:
        painted_alone = [(line, picture) for line in lines_alone if (picture := unguided(work, line)) is not None]
        found |= {"grid-line_art.png": lone_sheet(painted_alone, grid)} if painted_alone else {}
    return found


def unguided(work: Work, line: UInt8) -> UInt8 | None:
    """A drawing painted without hints; None where the model paints no numbers, which the groups name already."""
    try:
        return work.painter.paint(line, no_hints(*line.shape))
    except LcpipeError:
        return None


def model_record(metadata: Mapping[str, Any], path: str | Path) -> dict[str, Any]:
    """What an evaluation says about a model: all that the file says of itself, and the file's own sha256."""
    return {**metadata, "sha256": sha256_hex(Path(path).read_bytes())}


def environment(device: str) -> dict[str, Any]:
    """What else moves the numbers in their last digits."""
    threads = torch.get_num_threads()
    return {"lcpipe": version("lcpipe"), "torch": torch.__version__, "device": device, "threads": threads}
