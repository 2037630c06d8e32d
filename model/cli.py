"""The commands of the model: they read arguments, call the library and print. One of the two modules that know Click.

Importing this module imports no torch: help must be quick, and machines that only build datasets have none.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import click

from lcpipe.pipeline.dataset.errors import LcpipeError, UsageError

if TYPE_CHECKING:
    from .presets import RunConfig
    from .trainer import Progress, RunResult

SHOWN = ("psnr", "ssim", "lpips_alex", "lpips_vgg", "hint_delta_e_mean", "hint_delta_e_below_5")


class Stage(Protocol):
    """Something that counts towards a total."""

    def advance(self, count: int = 1) -> None: ...


class Reporter(Protocol):
    """Bars on a terminal, log lines otherwise."""

    def stage(self, name: str, total: int | None = None, unit: str = "pictures") -> AbstractContextManager[Stage]: ...


class Console(Protocol):
    """What the command line gives every command to print with."""

    @property
    def reporter(self) -> Reporter: ...
    def result(self, value: dict[str, Any], lines: Sequence[str]) -> None: ...
    def note(self, text: str) -> None: ...


@contextmanager
def needs_torch() -> Iterator[None]:
    """Says which extra is missing, instead of a traceback, on a machine that only builds datasets."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("torch", "safetensors", "skimage"):
            raise
        what = f"this command needs {error.name}, which is not installed"
        raise LcpipeError(what, hint="pip install 'lcpipe[torch]'") from None


@click.command()
@click.argument("dataset", required=False)
@click.option("--out", type=click.Path(file_okay=False), help="The folder of the run; an existing run is gone on with.")
@click.option("--resume", metavar="RUN", type=click.Path(file_okay=False), help="Go on with a run, as it was started.")
@click.option("--preset", metavar="NAME", help="A set of settings: tiny, alacgan, alacgan-paper.  [default: tiny]")
@click.option("--steps", type=click.IntRange(min=1), help="Updates of the generator, of the whole run.")
@click.option("--device", metavar="D", default="cpu", show_default=True, help="cpu, cuda or cuda:1.")
@click.option("--set", "sets", metavar="KEY=VALUE", multiple=True, help="Change one setting of the preset.")
@click.pass_obj
def train(
    console: Console,
    dataset: str | None,
    out: str | None,
    resume: str | None,
    preset: str | None,
    steps: int | None,
    device: str,
    sets: tuple[str, ...],
) -> None:
    """Train a colouriser on a DATASET, or go on with a run.

    The run may be stopped at any moment: the same command again, or --resume, goes on where it was.

    \b
    Examples:
      lcpipe train datasets/shrine/3fa94c21d0e7 --out runs/shrine
      lcpipe train datasets/shrine/3fa94c21d0e7 --out runs/big --preset alacgan --device cuda --set batch=8
      lcpipe train --resume runs/shrine --steps 4000
    """
    with needs_torch():
        from .signals import Interrupted
        from .trainer import RunResult

        start = _resumed(resume, dataset, out, preset, sets) if resume else _started(dataset, out)
        try:
            result: RunResult = start(console, preset, steps, device, sets)
        except Interrupted as stopped:
            console.note(f"{stopped}; the run is saved: go on with `lcpipe train --resume {resume or out}`")
            raise click.exceptions.Exit(stopped.exit_code) from None
    console.result(_run_facts(result), _run_lines(result))


Start = Callable[[Console, str | None, int | None, str, tuple[str, ...]], "RunResult"]


def _started(dataset: str | None, out: str | None) -> Start:
    """A run from its dataset; the folder may hold the same run already."""
    if not dataset or not out:
        missing = "a DATASET" if not dataset else "--out RUN"
        raise UsageError(
            f"{missing} is missing", hint="`lcpipe train DATASET --out RUN`, or `lcpipe train --resume RUN`"
        )

    def start(
        console: Console, preset: str | None, steps: int | None, device: str, sets: tuple[str, ...]
    ) -> "RunResult":
        from .presets import DEFAULT_PRESET, configure
        from .trainer import train as train_run

        config: RunConfig = configure(preset or DEFAULT_PRESET, sets, steps)
        with _steps(console) as on_progress:
            return train_run(dataset, out, config, device=device, on_progress=on_progress, on_note=console.note)

    return start


def _resumed(run: str, dataset: str | None, out: str | None, preset: str | None, sets: tuple[str, ...]) -> Start:
    """A run from its own folder, which knows its dataset and settings."""
    if dataset or out or preset or sets:
        what = "--resume takes dataset, folder and settings from the run"
        raise UsageError(what, hint="give only --resume RUN, and --steps for a longer run")

    def start(
        console: Console, preset: str | None, steps: int | None, device: str, sets: tuple[str, ...]
    ) -> "RunResult":
        from .trainer import resume

        with _steps(console) as on_progress:
            return resume(run, steps=steps, on_progress=on_progress, on_note=console.note)

    return start


@contextmanager
def _steps(console: Console) -> Iterator[Callable[["Progress"], None]]:
    """Turns a trainer's progress into a bar of the steps that were left."""
    start: list[int] = []
    with _counter(console, "train", "steps") as count:

        def on_progress(progress: "Progress") -> None:
            if not start:
                start.append(progress.step - 1)
            count(progress.step - start[0], progress.steps - start[0])

        yield on_progress


@contextmanager
def _counter(console: Console, name: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """A callback of (done, total) that opens a bar when the total is known."""
    opened: list[tuple[AbstractContextManager[Stage], Stage]] = []
    last = [0]

    def count(done: int, total: int) -> None:
        if not opened:
            context = console.reporter.stage(name, total, unit)
            opened.append((context, context.__enter__()))
        opened[0][1].advance(done - last[0])
        last[0] = done

    try:
        yield count
    finally:
        for context, _ in opened:
            context.__exit__(None, None, None)


def _run_facts(result: "RunResult") -> dict[str, Any]:
    return {
        "run": str(result.run),
        "model": str(result.model),
        "step": result.step,
        "images": result.images,
        "resumed_from": result.resumed_from,
        "metrics": dict(result.metrics),
    }


def _run_lines(result: "RunResult") -> list[str]:
    done = f"{result.step} steps, {result.images} images"
    new = "nothing was left to do" if result.resumed_from == result.step else f"from step {result.resumed_from}"
    return [f"model    {result.model}", f"trained  {done} ({new})", f"samples  {result.run / 'samples'}"]


@click.command()
@click.argument("model", type=click.Path())
@click.argument("dataset")
@click.option("--out", required=True, help="The folder for evaluation.json, report.html and sheets of pictures.")
@click.option("--protocol", metavar="NAME", default="paired", show_default=True, help="What is measured, or a .toml.")
@click.option("--allow-overlap", is_flag=True, help="Measure pictures that the model was trained on, too.")
@click.option("--limit", type=click.IntRange(min=1), help="At most N pictures: a quick look.")
@click.option("--device", metavar="D", default="cpu", show_default=True, help="cpu, cuda or cuda:1.")
@click.pass_obj
def evaluate(console: Console, /, model: str, dataset: str, out: str, **options: Any) -> None:
    """Measure a MODEL on the held-out pictures of a DATASET.

    Every line column and every number of hints is its own row; metrics whose weights are missing are named.

    \b
    Example:
      lcpipe evaluate runs/shrine/model.safetensors datasets/shrine/3fa94c21d0e7 --out evaluations/shrine
    """
    with needs_torch():
        from .evaluate import RESULT
        from .evaluate import evaluate as evaluated

        with _counter(console, "evaluate", "pictures") as count:
            document = evaluated(model, dataset, out, on_picture=count, **options)
    report = f"{out.rstrip('/')}/report.html"
    answer = {"evaluation": f"{out.rstrip('/')}/{RESULT}", "report": report, "overlap": document["overlap"]}
    console.result(answer | {"groups": _without_pictures(document)}, [*_table(document), f"report  {report}"])


def _without_pictures(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The groups of an evaluation without every picture's own values."""
    return [{key: value for key, value in group.items() if key != "pictures"} for group in document["groups"]]


def _table(document: dict[str, Any]) -> Iterator[str]:
    """Means by line column and number of hints."""
    computed = {value["name"] for record in document["metrics"].values() for value in record["values"]}
    missing = {name: record["not_computed"] for name, record in document["metrics"].items() if "not_computed" in record}
    names = [name for name in SHOWN if name in computed and name not in missing]
    yield f"{'lines':<16} {'n':>4} {'hints':>6}  " + "  ".join(f"{name:>{max(len(name), 7)}}" for name in names)
    for group in document["groups"]:
        for level in group["levels"]:
            means = [level["means"].get(name) for name in names]
            cells = [f"{mean['mean']:.3f}" if mean else "–" for mean in means]
            values = "  ".join(f"{cell:>{max(len(name), 7)}}" for cell, name in zip(cells, names, strict=True))
            yield f"{group['lines']:<16} {group['n']:>4} {level['hints']:>6}  {values}"
    for name, why in missing.items():
        yield f"{name} was not computed: {why}"
    if document["overlap"]["state"] != "none":
        yield f"overlap {document['overlap']['state'].replace('_', ' ')}"


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
        from .colorize import colorize as paint

        with _counter(console, "colorize", "drawings") as count:
            count(0, len(line_art))
            done = iter(range(1, len(line_art) + 1))
            jobs = paint(
                line_art, out, model=model, hints=hints, device=device, overwrite=overwrite,
                on_painted=lambda job: count(next(done), len(line_art)),
            )  # fmt: skip
    console.result({"painted": [job.picture for job in jobs]}, [job.picture for job in jobs])


COMMANDS: dict[str, click.Command] = {"train": train, "evaluate": evaluate, "colorize": colorize}
