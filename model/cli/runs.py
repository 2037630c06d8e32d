"""The command that compares training runs."""

import click

from .console import Console, needs_torch


@click.command()
@click.argument("run", nargs=-1, required=True, type=click.Path())
@click.option("--out", metavar="FILE", default="runs.html", show_default=True, help="The page to write.")
@click.pass_obj
def runs(console: Console, run: tuple[str, ...], out: str) -> None:
    """Compare training runs in one page: what differs, curves and probe pictures.

    \b
    Example:
      lcpipe runs runs/one runs/two --out compared.html
    """
    with needs_torch():
        from ..run_pages import summaries, write_runs_page

        found = write_runs_page(run, out)
    rows = summaries(found)
    lines = [f"{key:<18} " + "  ".join(f"{value!s:>14}" for value in values) for key, values in rows.items()]
    names = f"{'run':<18} " + "  ".join(f"{one.name:>14}" for one in found)
    answer = {
        "page": out,
        "runs": {one.name: {key: values[i] for key, values in rows.items()} for i, one in enumerate(found)},
    }
    console.result(answer, [names, *lines, f"page  {out}"])
