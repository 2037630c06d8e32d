"""Commands that draw pictures as line art."""

import os
from typing import Any

import click

from ..dataset.errors import UsageError
from .console import Console

SHARING = 4  # processes that draw on one device: one alone reads and encodes more slowly than a GPU draws


@click.command("extract-lines")
@click.argument("inputs", metavar="INPUT...", nargs=-1)
@click.option("--method", "name", metavar="NAME", default="xdog", show_default=True, help="An extractor, or `list`.")
@click.option("--preset", metavar="NAME", help="Named settings of the extractor [default: the extractor's own].")
@click.option("--set", "sets", metavar="KEY=VALUE", multiple=True, help="Change one setting, for example sigma=0.3.")
@click.option("--size", type=click.IntRange(min=16), help="Short side of the drawing [default: the picture's own].")
@click.option("--oversample", type=click.IntRange(1, 4), default=2, show_default=True, help="Draw larger, then shrink.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="For settings that are drawn.")
@click.option("--out", type=click.Path(file_okay=False), help="The folder for the drawings, under the same names.")
@click.option("--overwrite", is_flag=True, help="Draw again what is there.")
@click.option("--compare", "sheet", is_flag=True, help="Make one contact sheet of all methods instead.")
@click.option("--workers", type=click.IntRange(min=1), help="Worker processes [default: one per core; 4 for a device].")
@click.option("--device", metavar="D", default="cpu", show_default=True, help="Of networks: cpu, cuda or cuda:1.")
@click.pass_obj
def extract_lines(console: Console, /, inputs: tuple[str, ...], name: str, out: str | None, **options: Any) -> None:
    """Draw pictures as line art: files, folders and Parquet datasets in, PNG out.

    \b
    Examples:
      lcpipe extract-lines --method xdog --set sigma=0.3 pictures --out lines
      lcpipe extract-lines --method sketch datasets/shrine/3fa94c21d0e7 --out lines
      lcpipe extract-lines --compare pictures/a.jpg --out sheet
      lcpipe extract-lines --method list
    """
    if name == "list":
        from ..plugins import describe

        rows = [row for row in describe() if row["kind"] == "extractors"]
        return console.result(
            {"methods": rows}, [f"{row['name']:<12} v{row['version']}  {row['about']}" for row in rows]
        )
    if not inputs or not out:
        raise UsageError("INPUT and --out are needed", where="extract-lines", hint="see `lcpipe extract-lines --help`")
    return _extract(console, inputs, name, out, **options)


def _extract(
    console: Console, inputs: tuple[str, ...], name: str, out: str, *,
    preset: str | None, sets: tuple[str, ...], size: int | None, oversample: int, seed: int,
    overwrite: bool, sheet: bool, workers: int | None, device: str,
) -> None:  # fmt: skip
    from ..engine import Engine
    from ..extract import checked_device, extract, method, planned
    from ..extract_sheet import compare
    from ..summaries import extract_result

    checked_device(device)
    how = method(name, sets, preset, size=size, oversample=oversample, seed=seed, device=device)
    if sheet:
        path = compare(planned(inputs, out), out, how)
        return console.result({"sheet": path}, [path])
    with Engine(workers if device == "cpu" else workers or min(SHARING, os.cpu_count() or 1)) as engine:
        done = extract(inputs, out, how, overwrite=overwrite, engine=engine, reporter=console.reporter)
    console.result(*extract_result(done, out))
    if done.failed:
        raise click.exceptions.Exit(3)
    return None
