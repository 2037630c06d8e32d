"""The command that paints."""

import click

from .console import Console, counter, needs_torch


@click.command()
@click.argument("line_art", nargs=-1, required=True)
@click.option("--model", metavar="FILE", help="A model.safetensors.  [default: the one that comes with lcpipe]")
@click.option("--hints", metavar="FILE", help="Strokes as JSON, a project, or an RGBA picture of the drawing's size.")
@click.option("--out", required=True, help="A .png for one drawing, or a folder.")
@click.option("--overwrite", is_flag=True, help="Replace pictures that are there already.")
@click.option("--device", metavar="D", default="cpu", show_default=True, help="cpu, cuda or cuda:1.")
@click.pass_obj
def colorize(
    console: Console,
    line_art: tuple[str, ...],
    model: str | None,
    hints: str | None,
    out: str,
    overwrite: bool,
    device: str,
) -> None:
    """Paint line drawings, of any size and format, as PNG.

    \b
    Examples:
      lcpipe colorize girl.png --model runs/shrine/model.safetensors --out painted.png
      lcpipe colorize girl.png --model runs/shrine/model.safetensors --hints hints.json --out painted.png
      lcpipe colorize drawings/*.png --model runs/shrine/model.safetensors --out painted/
    """
    with needs_torch():
        from ..colorize import colorize as paint

        with counter(console, "colorize", "drawings") as count:
            count(0, len(line_art))
            done = iter(range(1, len(line_art) + 1))
            jobs = paint(
                line_art, out, model=model, hints=hints, device=device, overwrite=overwrite,
                on_painted=lambda job: count(next(done), len(line_art)),
            )  # fmt: skip
    console.result({"painted": [job.picture for job in jobs]}, [job.picture for job in jobs])
