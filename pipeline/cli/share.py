"""Commands that hand datasets to others."""

import click

from .console import Console


@click.command()
@click.argument("source", metavar="SRC")
@click.argument("target", metavar="DST")
@click.option("--threads", type=click.IntRange(1, 64), default=4, show_default=True, help="Files sent at a time.")
@click.pass_obj
def copy(console: Console, source: str, target: str, threads: int) -> None:
    """Copy a dataset to a folder or an object store, or from one.

    DST becomes the dataset's folder. Files that are there already are not sent again, every file is held against its
    sha256 where it arrives, and the manifest comes last: an interrupted copy is no dataset, and the same command goes
    on with it.

    \b
    Examples:
      lcpipe copy datasets/shrine/3fa94c21d0e7 s3://bucket/shrine/3fa94c21d0e7
      lcpipe copy s3://bucket/shrine/3fa94c21d0e7 /data/shrine
    """
    from ..dataset.copying import copy as copied
    from ..dataset.copying import missing_bytes
    from ..summaries import copy_result

    with console.reporter.stage("copy", missing_bytes(source, target), "bytes") as stage:
        done = copied(source, target, threads=threads, advance=stage.advance)
    console.result(*copy_result(done))


@click.command()
@click.argument("dataset")
@click.argument("target", metavar="DST")
@click.option(
    "--to", type=click.Choice(["folder", "webdataset"]), required=True, help="Pictures in folders, or tar shards."
)
@click.option("--split", "splits", multiple=True, help="Only this split (repeatable).")
@click.option("--lines", multiple=True, metavar="NAME", help="Only this line column (repeatable).")
@click.pass_obj
def export(
    console: Console, dataset: str, target: str, to: str, splits: tuple[str, ...], lines: tuple[str, ...]
) -> None:
    """Write the pairs of a dataset in a layout that other training code reads.

    `folder` makes SPLIT/color and SPLIT/0, SPLIT/1, … with one PNG of the same name for every row, as the published
    AlacGAN code reads them; rows that lack one of the line columns are left out and counted. `webdataset` makes one tar
    per shard. SHA256SUMS and export.json tell what was written.

    \b
    Examples:
      lcpipe export datasets/shrine/3fa94c21d0e7 exported --to webdataset
      lcpipe export datasets/shrine/3fa94c21d0e7 exported --to folder --lines xdog_03 --split train
    """
    from ..dataset.reading import open_dataset
    from ..export import export as exported
    from ..summaries import export_result

    opened = open_dataset(dataset)
    done = exported(opened, to, target, splits=splits, lines=lines, reporter=console.reporter)
    console.result(*export_result(target, done))
