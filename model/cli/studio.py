"""The command that serves the page."""

import click

from .console import Console, needs_studio, needs_torch


@click.command()
@click.option("--model", "models", metavar="FILE", multiple=True, help="A model.safetensors; several can be compared.")
@click.option("--dataset", metavar="DIR", help="A packed dataset to look through and to take drawings from.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes any free one.")
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="Others need the token shown.")
@click.option("--device", metavar="D", default="cpu", show_default=True, help="cpu, cuda or cuda:1.")
@click.pass_obj
def studio(console: Console, models: tuple[str, ...], dataset: str | None, port: int, host: str, device: str) -> None:
    """Scribble colours on a line drawing in the browser and see it painted; look through a dataset.

    \b
    Examples:
      lcpipe studio
      lcpipe studio --model runs/shrine/model.safetensors --dataset datasets/shrine/3fa94c21d0e7
    """
    with needs_torch(), needs_studio():
        from ..studio.serve import Options, serve

        options = Options(models, dataset, host, port, device)
        try:
            serve(options, lambda url: console.result({"url": url}, [f"studio   {url}", "         Ctrl+C stops it"]))
        except KeyboardInterrupt:
            console.note("stopped; drawings are kept in the browser")
            raise click.exceptions.Exit(130) from None
