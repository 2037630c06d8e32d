"""The command that measures a model."""

from collections.abc import Iterator
from typing import Any

import click

from lcpipe.pipeline.dataset.errors import ThresholdError

from .console import Console, counter, needs_torch

SHOWN = ("kid", "fid", "psnr", "ssim", "lpips_alex", "hint_delta_e_mean", "obedience_gain", "bleed_share", "line_f1")


@click.command()
@click.argument("model", type=click.Path())
@click.argument("dataset")
@click.option("--out", required=True, help="The folder for evaluation.json, report.html and sheets of pictures.")
@click.option("--protocol", metavar="NAME", default="paired", show_default=True, help="What is measured, or a .toml.")
@click.option("--allow-overlap", is_flag=True, help="Measure pictures that the model was trained on, too.")
@click.option(
    "--baseline",
    "baselines",
    metavar="NAME",
    multiple=True,
    help="Measure beside it: flat_fill, propagation or a model file (repeatable).",
)
@click.option("--limit", type=click.IntRange(min=1), help="At most N pictures: a quick look.")
@click.option("--device", metavar="D", default="cpu", show_default=True, help="cpu, cuda or cuda:1.")
@click.pass_obj
def evaluate(console: Console, /, model: str, dataset: str, out: str, **options: Any) -> None:
    """Measure a MODEL on the held-out pictures of a DATASET.

    Every line column and every number of hints is its own row; metrics whose weights are missing are named. Exits
    with 3 when the model could paint none of the drawings.

    \b
    Examples:
      lcpipe evaluate runs/shrine/model.safetensors datasets/shrine/3fa94c21d0e7 --out evaluations/shrine
      lcpipe evaluate runs/shrine/model.safetensors DATASET --protocol control --baseline flat_fill --out control
    """
    with needs_torch():
        from ..evaluate import evaluate as evaluated
        from ..evaluation_folder import REPORT, RESULT

        with counter(console, "evaluate", "pictures") as count:
            document = evaluated(model, dataset, out, on_picture=count, **options)
    report = f"{out.rstrip('/')}/{REPORT}"
    answer = {"evaluation": f"{out.rstrip('/')}/{RESULT}", "report": report, "overlap": document["overlap"]}
    console.result(answer | {"groups": _without_pictures(document)}, [*_table(document), f"report  {report}"])
    if not any(group["n"] for group in document["groups"] if group["by"] == "model"):
        raise click.exceptions.Exit(ThresholdError.exit_code)  # the notes say why


def _without_pictures(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The groups of an evaluation without every picture's own values."""
    return [{key: value for key, value in group.items() if key != "pictures"} for group in document["groups"]]


def _table(document: dict[str, Any]) -> Iterator[str]:
    """Means by line column and number of hints."""
    groups = document["groups"]
    records = [record for record in document["metrics"].values() if "not_computed" not in record]
    there = {name for group in groups for level in group["levels"] for name in level["means"]}
    names = [v["name"] for record in records for v in record["values"] if v["name"].startswith(SHOWN)]
    names = [name for name in names if name in there]
    missing = {name: record["not_computed"] for name, record in document["metrics"].items() if "not_computed" in record}
    titles = [group["lines"] if group["by"] == "model" else f"{group['lines']} · {group['by']}" for group in groups]
    wide = max(16, *(len(title) for title in titles))
    yield f"{'lines':<{wide}} {'n':>4} {'hints':>6}  " + "  ".join(f"{name:>{max(len(name), 7)}}" for name in names)
    for title, group in zip(titles, groups, strict=True):
        for level in group["levels"]:
            means = [level["means"].get(name) for name in names]
            cells = [f"{mean['mean']:.3f}" if mean else "–" for mean in means]
            values = "  ".join(f"{cell:>{max(len(name), 7)}}" for cell, name in zip(cells, names, strict=True))
            yield f"{title:<{wide}} {group['n']:>4} {level['hints']:>6}  {values}"
    for name, why in missing.items():
        yield f"{name} was not computed: {why}"
    yield from document["notes"]
    if document["overlap"]["state"] != "none":
        yield f"overlap {document['overlap']['state'].replace('_', ' ')}"
