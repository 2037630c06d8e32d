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
