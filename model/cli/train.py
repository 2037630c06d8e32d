"""The command that trains."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from lcpipe.pipeline.dataset.errors import UsageError

from .console import Console, counter, needs_torch

if TYPE_CHECKING:
    from ..presets import RunConfig
    from ..trainer import Progress, RunResult


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
        from ..signals import Interrupted
        from ..trainer import RunResult

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
        from ..presets import DEFAULT_PRESET, configure
        from ..trainer import train as train_run

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
        from ..trainer import resume

        with _steps(console) as on_progress:
            return resume(run, steps=steps, on_progress=on_progress, on_note=console.note)

    return start


@contextmanager
def _steps(console: Console) -> Iterator[Callable[["Progress"], None]]:
    """Turns a trainer's progress into a bar of the steps that were left."""
    start: list[int] = []
    with counter(console, "train", "steps") as count:

        def on_progress(progress: "Progress") -> None:
            if not start:
                start.append(progress.step - 1)
            count(progress.step - start[0], progress.steps - start[0])

        yield on_progress


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
