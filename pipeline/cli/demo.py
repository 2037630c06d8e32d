"""The command that goes the whole way."""

from collections.abc import Sequence
from typing import Any

import click

from .console import Console


@click.command()
@click.option(
    "--out", default="demo", show_default=True, type=click.Path(file_okay=False), help="Where everything goes."
)
@click.option("--workers", type=click.IntRange(min=1), help="Worker processes [default: one per core].")
@click.option("--steps", type=click.IntRange(min=1), help="Train longer or shorter: updates of the generator.")
@click.pass_obj
def demo(console: Console, out: str, workers: int | None, steps: int | None) -> None:
    """Go the whole way on pictures the project draws itself: no network, no licence question.

    Builds a dataset, trains a small colouriser, evaluates it, and paints a drawing. A second run skips what is done.

    \b
    Example:
      lcpipe demo --out demo
    """
    from ..demo import STEPS, WITHOUT_CRITIC, DemoPaths, evaluated, write_comparison, write_drawing, write_recipe

    paths = DemoPaths.below(out)
    run = Steps(console)
    write_recipe(out, "demo", overwrite=True)
    where = {"out": str(paths.datasets), "cache": str(paths.cache), "workers": workers}
    dataset = run.call("build-dataset", recipe=str(paths.recipe), **where)["dataset"]
    model = run.call("train", dataset=dataset, out=str(paths.run), steps=steps or STEPS, sets=WITHOUT_CRITIC)["model"]
    if not evaluated(paths, model, dataset):
        run.call("evaluate", model=model, dataset=dataset, out=str(paths.evaluation))
    write_drawing(dataset, paths)
    painting = {"line_art": (str(paths.drawing),), "model": model, "overwrite": True}
    run.call("colorize", **painting, hints=str(paths.hints), out=str(paths.painted))
    run.call("colorize", **painting, out=str(paths.unguided))
    write_comparison(dataset, paths)
    made = paths.made(dataset, model)
    console.result(made, [f"{name:<12} {path}" for name, path in made.items()])


class Steps(Console):
    """Runs other commands of this program as steps of one: their answers go to stderr, and back to the caller."""

    def __init__(self, console: Console) -> None:
        super().__init__(console.level, console.as_json)
        self.answer: dict[str, Any] = {}

    def result(self, value: dict[str, Any], lines: Sequence[str]) -> None:
        self.answer = value
        for line in lines:
            self.note(f"  {line}")

    def call(self, name: str, **arguments: Any) -> dict[str, Any]:
        """Runs the command `name` with its defaults for what is not given, and returns its answer."""
        context = click.get_current_context()
        commands = context.find_root().command
        command = commands.get_command(context, name) if isinstance(commands, click.Group) else None
        if command is None:
            raise click.UsageError(f"no command is called '{name}'")
        self.note(f"{name}")
        given = context.obj
        context.obj = self
        try:
            context.invoke(command, **arguments)
        finally:
            context.obj = given
        return self.answer
