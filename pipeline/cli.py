"""The command line: reads arguments, calls the library, prints. One of the two modules that know Click."""

import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NoReturn

import click

from .dataset.errors import LcpipeError, UsageError

GROUPS = {
    "data": ("init", "build-dataset"),
    "lines": ("extract-lines",),
    "model": ("train", "evaluate", "colorize"),
    "look": ("inspect", "explain", "verify", "lineage", "plugins"),
    "all": ("demo",),
}
MODEL_COMMANDS = {
    "train": "Train a colouriser on a dataset, or go on with a run.",
    "evaluate": "Measure a trained colouriser on a dataset's held-out pictures.",
    "colorize": "Paint line drawings with a trained colouriser.",
}
DEFAULT_CACHE = ".lcpipe"
STOPPED = (130, 143)
SETTINGS: dict[str, Any] = {
    "help_option_names": ["-h", "--help"],
    "auto_envvar_prefix": "LCPIPE",
    "max_content_width": 100,
}


class Console:
    """What commands print with: the result on stdout, everything else on stderr."""

    def __init__(self, level: int, as_json: bool) -> None:
        self.level = level
        self.as_json = as_json

    def result(self, value: dict[str, Any], lines: Sequence[str]) -> None:
        """The command's answer: lines for a person, or exactly one JSON object."""
        text = json.dumps(value, ensure_ascii=False, sort_keys=True) if self.as_json else "\n".join(lines)
        click.echo(text)

    def note(self, text: str) -> None:
        """One line about what goes on, unless quiet."""
        if self.level >= 0:
            click.echo(text, err=True)

    @property
    def reporter(self) -> Any:
        """Progress bars and log lines for the library."""
        from .progress import Reporter

        return Reporter(self.level)


class Commands(click.Group):
    """Lists the commands by group, and loads those of the model only when one is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for names in GROUPS.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in MODEL_COMMANDS:
            from lcpipe.model.cli import COMMANDS

            return COMMANDS[cmd_name]
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.list_commands(ctx) and not args[0].startswith("-"):
            from .plugins import suggestion

            raise click.UsageError(f"no command is called '{args[0]}'; {suggestion(args[0], self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name, self._about(name)) for name in names])

    def _about(self, name: str) -> str:
        return MODEL_COMMANDS.get(name) or self.commands[name].get_short_help_str(limit=90)


@click.group(cls=Commands, context_settings=SETTINGS)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but the result.")
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
@click.option("--no-color", is_flag=True, help="No colours on the terminal (also: NO_COLOR).")
@click.version_option(package_name="lcpipe", message="lcpipe %(version)s")
@click.pass_context
def lcpipe(ctx: click.Context, quiet: bool, verbose: bool, as_json: bool, no_color: bool) -> None:
    """From crawled illustrations to line-art pairs to a colouriser, each step versioned with the next.

    \b
    Example:
      lcpipe init shrine && lcpipe build-dataset shrine/recipe.toml
    """
    if no_color:
        os.environ["NO_COLOR"] = "1"
    ctx.obj = Console(-1 if quiet else int(verbose), as_json)


@lcpipe.command()
@click.argument("folder", default=".", type=click.Path(file_okay=False))
@click.pass_obj
def init(console: Console, folder: str) -> None:
    """Write a commented recipe to start from.

    \b
    Example:
      lcpipe init shrine
    """
    from .demo import write_recipe

    path = write_recipe(folder)
    console.result({"recipe": path}, [f"wrote {path}", f"next: edit it, then `lcpipe build-dataset {path}`"])


@lcpipe.command("build-dataset")
@click.argument("recipe", type=click.Path())
@click.option(
    "--out", default="datasets", show_default=True, help="Where datasets go: OUT/NAME/DIGEST (a path or URI)."
)
@click.option(
    "--cache", default=DEFAULT_CACHE, show_default=True, help="Where catalog, measurements and rendered cells are kept."
)
@click.option("--workers", type=click.IntRange(min=1), help="Worker processes on this machine [default: one per core].")
@click.option("--scheduler", help="Join a Dask cluster instead, for example tcp://10.0.0.1:8786.")
@click.option(
    "--until",
    type=click.Choice(["crawl", "measure", "select", "render", "pack"]),
    default="pack",
    help="Stop after this stage.",
)
@click.option(
    "--limit", type=click.IntRange(min=1), help="Only the N pictures with the smallest ids: a cheap, repeatable trial."
)
@click.option("--dry-run", is_flag=True, help="Say what would be done from what the cache holds; write nothing.")
@click.pass_obj
def build_dataset(console: Console, /, recipe: str, dry_run: bool, **options: Any) -> None:
    """Crawl, measure, select, render and pack what a recipe describes, skipping what is done.

    \b
    Examples:
      lcpipe build-dataset recipe.toml --limit 100
      lcpipe build-dataset recipe.toml --until select --dry-run
    """
    from .build import Options, build, plan
    from .recipe import read_recipe
    from .summaries import build_result, plan_result

    wanted = read_recipe(recipe)
    if dry_run:
        return console.result(*plan_result(plan(wanted, Options(**options))))
    return console.result(*build_result(build(wanted, Options(**options), console.reporter)))


@lcpipe.command("extract-lines")
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
@click.option("--workers", type=click.IntRange(min=1), help="Worker processes [default: one per core].")
@click.pass_obj
def extract_lines(console: Console, /, inputs: tuple[str, ...], name: str, out: str | None, **options: Any) -> None:
    """Draw pictures as line art: files and folders in, PNG out.

    \b
    Examples:
      lcpipe extract-lines --method xdog --set sigma=0.3 pictures --out lines
      lcpipe extract-lines --compare pictures/a.jpg --out sheet
      lcpipe extract-lines --method list
    """
    if name == "list":
        from .plugins import describe

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
    overwrite: bool, sheet: bool, workers: int | None,
) -> None:  # fmt: skip
    from .engine import Engine
    from .extract import compare, extract, method
    from .summaries import extract_result

    how = method(name, sets, preset, size=size, oversample=oversample, seed=seed)
    if sheet:
        path = compare(inputs, out, how)
        return console.result({"sheet": path}, [path])
    with Engine(workers) as engine:
        done = extract(inputs, out, how, overwrite=overwrite, engine=engine, reporter=console.reporter)
    console.result(*extract_result(done, out))
    if done.failed:
        raise click.exceptions.Exit(3)
    return None


@lcpipe.command()
@click.argument("dataset")
@click.option("--html", type=click.Path(dir_okay=False), help="Also write the report page to this file.")
@click.pass_obj
def inspect(console: Console, dataset: str, html: str | None) -> None:
    """Show what is in a dataset.

    \b
    Example:
      lcpipe inspect datasets/shrine/3fa94c21d0e7
    """
    from .dataset.reading import open_dataset
    from .dataset.storage import write_bytes
    from .inspect import lines, summary
    from .report import report_html

    opened = open_dataset(dataset)
    facts = summary(opened)
    console.result(facts, lines(facts))
    if html:
        write_bytes(html, report_html(opened).encode())
        console.note(f"wrote {html}")


@lcpipe.command()
@click.argument("dataset")
@click.argument("picture_id", metavar="ID")
@click.pass_obj
def explain(console: Console, dataset: str, picture_id: str) -> None:
    """Say why a picture is in a dataset, or why not.

    ID is a picture's id, its first digits (at least six), or SOURCE:NAME as its source calls it.

    \b
    Example:
      lcpipe explain datasets/shrine/3fa94c21d0e7 9b1f04
    """
    from .dataset.reading import open_dataset
    from .explain import explain as explained
    from .explain import lines

    facts = explained(open_dataset(dataset), picture_id)
    console.result(facts, lines(facts))


@lcpipe.command()
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
    from .dataset.verify import verify as verified
    from .summaries import verify_result

    problems = verified(dataset, full=full)
    console.result(*verify_result(dataset, problems))
    if problems:
        raise click.exceptions.Exit(3)


@lcpipe.command()
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
    from .lineage import lineage as traced
    from .lineage import lines, worst

    tree = traced(path, datasets=datasets)
    console.result(tree, lines(tree))
    if worst(tree) == "MISMATCH":
        raise click.exceptions.Exit(3)


@lcpipe.command()
@click.pass_obj
def plugins(console: Console) -> None:
    """List the sources, measures, filters and extractors that are there.

    \b
    Example:
      lcpipe plugins
    """
    from .plugins import describe

    rows = describe()
    width = max(len(row["name"]) for row in rows)
    console.result(
        {"plugins": rows},
        [f"{row['kind']:<11} {row['name']:<{width}}  v{row['version']}  {row['about']}" for row in rows],
    )


@lcpipe.command()
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
    from .demo import STEPS, WITHOUT_CRITIC, DemoPaths, evaluated, write_comparison, write_drawing, write_recipe

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
        command = lcpipe.get_command(context, name)
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


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs a command and exits: 0 done, 1 input or world at fault, 2 usage, 3 below a threshold, 130/143 stopped."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in given
    signal.signal(signal.SIGTERM, _stop)
    code = _run(partial(lcpipe.main, args=_front(given), standalone_mode=False), as_json)
    if code in STOPPED:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # workers may be starting or busy; what they hold is not finished work
    sys.exit(code)


def _front(given: list[str]) -> list[str]:
    """Moves `--json`, `-q`, `-v` and `--no-color` to the front, so that they may stand anywhere."""
    own = ("--json", "-q", "--quiet", "-v", "--verbose", "--no-color")
    stop = given.index("--") if "--" in given else len(given)
    return [a for a in given[:stop] if a in own] + [a for a in given[:stop] if a not in own] + given[stop:]


def _run(call: Callable[[], Any], as_json: bool) -> int:
    try:
        return int(call() or 0)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except (LcpipeError, click.ClickException, click.exceptions.Abort, KeyboardInterrupt, _Terminated) as error:
        failure = _failure(error)
    if as_json:
        click.echo(
            json.dumps({"error": failure.what, "where": failure.where, "hint": failure.hint}, ensure_ascii=False)
        )
    else:
        click.echo(f"error: {failure}", err=True)
    return failure.exit_code


def _failure(error: BaseException) -> LcpipeError:
    """Whatever ended a command, as what is said of it and the code to exit with."""
    if isinstance(error, LcpipeError):
        return error
    if isinstance(error, click.ClickException):
        return UsageError(error.format_message(), hint="see `lcpipe --help`")
    stopped = LcpipeError("stopped; finished work is kept", hint="run the same command again to go on")
    stopped.exit_code = 143 if isinstance(error, _Terminated) else 130
    return stopped


class _Terminated(BaseException):
    """SIGTERM, raised where the program stands so that it can close its files."""


def _stop(number: int, frame: object) -> NoReturn:
    raise _Terminated
