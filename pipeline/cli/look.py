"""Commands that look at datasets, models and plug-ins."""

import os
import sys
from typing import Any

import click

from .console import Console, PageFile


@click.command()
@click.argument("dataset")
@click.option("--html", type=PageFile(), help="Also write the report page to this file.")
@click.pass_obj
def inspect(console: Console, dataset: str, html: str | None) -> None:
    """Show what is in a dataset; on a terminal with 24-bit colours, also some of its pictures.

    \b
    Example:
      lcpipe inspect datasets/shrine/3fa94c21d0e7
    """
    from ..dataset.reading import open_dataset
    from ..dataset.storage import write_bytes
    from ..inspect import lines, summary
    from ..report import report_html
    from ..terminal_pictures import can_show, thumbnails

    opened = open_dataset(dataset)
    facts = summary(opened)
    pictures = thumbnails(opened) if can_show(os.environ, sys.stdout.isatty(), sys.stdout.encoding) else []
    console.result(facts, [*lines(facts), *pictures])
    if html:
        write_bytes(html, report_html(opened).encode())
        console.note(f"wrote {html}")


@click.command()
@click.argument("dataset")
@click.argument("picture_id", metavar="ID")
@click.option("--html", type=PageFile(), help="Also write the picture's cluster, as thumbnails, to this file.")
@click.option("--cache", default=".lcpipe", show_default=True, help="The cache of the build, for the thumbnails.")
@click.pass_obj
def explain(console: Console, dataset: str, picture_id: str, html: str | None, cache: str) -> None:
    """Say why a picture is in a dataset, or why not.

    ID is a picture's id, its first digits (at least six), or SOURCE:NAME as its source calls it.

    \b
    Example:
      lcpipe explain datasets/shrine/3fa94c21d0e7 9b1f04
    """
    from ..dataset.reading import open_dataset
    from ..explain import explain as explained
    from ..explain import lines

    facts = explained(open_dataset(dataset), picture_id)
    console.result(facts, lines(facts))
    if html:
        _write_cluster(console, html, facts, cache)


def _write_cluster(console: Console, path: str, facts: dict[str, Any], cache: str) -> None:
    from ..contact import Group, page, shown, stored
    from ..dataset.storage import write_bytes

    members = [(facts["id"], f"{facts['id'][:16]} {facts['state']}")]
    if facts.get("kept_id"):
        members.append((facts["kept_id"], f"{facts['kept_id'][:16]} kept instead"))
    members += [(one["id"], f"{one['id'][:16]} {one['state']}") for one in facts.get("members", [])]
    groups = [Group("this picture and its cluster", members)]
    write_bytes(path, page(f"{facts['id'][:16]} {facts['state']}", groups, stored(cache, shown(groups))).encode())
    console.note(f"wrote {path}")


@click.command()
@click.argument("dataset")
@click.option("--full", is_flag=True, help="Also decode every picture and compute every digest anew.")
@click.pass_obj
def verify(console: Console, dataset: str, full: bool) -> None:
    """Check that a dataset is whole and is what it says.

    Exits with 3 when something is wrong, naming the file and the row group.

    \b
    Example:
      lcpipe verify datasets/shrine/3fa94c21d0e7 --full
    """
    from ..dataset.verify import verify as verified
    from ..summaries import verify_result

    problems = verified(dataset, full=full)
    console.result(*verify_result(dataset, problems))
    if problems:
        raise click.exceptions.Exit(3)


@click.command()
@click.argument("a")
@click.argument("b")
@click.pass_obj
def diff(console: Console, a: str, b: str) -> None:
    """Say what changed from dataset A to dataset B: rows, reasons, lines, measurements, recipe, versions.

    Every cell of both is read and compared.

    \b
    Example:
      lcpipe diff datasets/shrine/3fa94c21d0e7 datasets/shrine/81c0ffee1234
    """
    from ..dataset.reading import open_dataset
    from ..diff import diff as compared
    from ..diff import lines

    told = compared(open_dataset(a), open_dataset(b))
    console.result(told, lines(told))


@click.command()
@click.argument("path")
@click.option("--dataset", "datasets", multiple=True, help="Where a dataset may be found (repeatable).")
@click.pass_obj
def lineage(console: Console, path: str, datasets: tuple[str, ...]) -> None:
    """Trace a model, run or dataset back to its sources, checking each digest.

    Exits with 3 when a digest does not agree.

    \b
    Example:
      lcpipe lineage runs/shrine/model.safetensors
    """
    from ..lineage import lineage as traced
    from ..lineage import lines, worst

    tree = traced(path, datasets=datasets)
    console.result(tree, lines(tree))
    if worst(tree) == "MISMATCH":
        raise click.exceptions.Exit(3)


@click.command()
@click.pass_obj
def plugins(console: Console) -> None:
    """List the sources, measures, filters and extractors that are there.

    \b
    Example:
      lcpipe plugins
    """
    from ..plugins import describe

    rows = describe()
    width = max(len(row["name"]) for row in rows)
    console.result(
        {"plugins": rows},
        [f"{row['kind']:<11} {row['name']:<{width}}  v{row['version']}  {row['about']}" for row in rows],
    )
