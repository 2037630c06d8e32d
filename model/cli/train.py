"""The command that trains."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import click

from lcpipe.pipeline.dataset.errors import UsageError

from .console import Console, Stage, needs_torch

if TYPE_CHECKING:
    from ..presets import RunConfig
    from ..trainer import Progress, RunResult


@click.command()
@click.argument("dataset", required=False)
@click.option("--out", type=click.Path(file_okay=False), help="The folder of the run; an existing run is gone on with.")
@click.option("--resume", metavar="RUN", type=click.Path(file_okay=False), help="Go on with a run, as it was started.")
@click.option(
    "--preset",
    metavar="NAME",
    help="tiny, rpgan, alacgan, alacgan-paper, unet; of lines: lines, materials.  [default: tiny; rpgan on a GPU]",
)
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
        from ..presets import configure, default_preset
        from ..trainer import train as train_run

        config: RunConfig = configure(preset or default_preset(device), sets, steps)
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
    """Turns a trainer's progress into a bar of the steps that were left, with the latest values below it."""
    with ExitStack() as open_stage:
        opened: list[Stage] = []
        shown: list[int] = [0]

        def on_progress(progress: "Progress") -> None:
            if not opened:
                left = progress.steps - progress.step + 1
                opened.append(open_stage.enter_context(console.reporter.stage("train", left, "steps")))
            opened[0].advance()
            if progress.entry and progress.entry["step"] != shown[0]:
                shown[0] = progress.entry["step"]
                opened[0].show(live_lines(progress.entry))

        yield on_progress


SHOWN = {"loss_content": "content", "loss_adversarial": "adversarial", "loss_critic": "critic", "penalty": "penalty"}


def live_lines(entry: Mapping[str, Any]) -> list[str]:
    """The latest line of the log for a person who watches: losses, speed, and how long the networks starved."""
    losses = [f"{name} {entry[key]:.4g}" for key, name in SHOWN.items() if key in entry]
    others = [f"{key} {value:.4g}" for key, value in entry.items() if key.startswith("loss_") and key not in SHOWN]
    speed = f"{entry['images_per_s']:.3g} pictures/s, starved {entry['waiting_share']:.1%}"
    return [
        "   ".join(losses + others),
        f"{speed}, {entry['images']:,} pictures seen, rate {entry['learning_rate']:.2g}",
    ]


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
