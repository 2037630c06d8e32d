"""The training loop: streams batches, updates the networks, logs, saves, and goes on exactly where it stopped.

A run is a function of its config and dataset: every draw comes from (seed, position), sums have a fixed order for the
recorded number of threads, so a run killed anywhere and resumed ends with the same weights, bit for bit.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lcpipe.pipeline.dataset.errors import RecipeError, RunError
from lcpipe.pipeline.dataset.reading import open_dataset
from lcpipe.pipeline.dataset.storage import storage_errors, write_bytes

from .clock import Clock
from .layout import settled_format
from .loader import Batch, Loader
from .memory import keep_freed_memory, memory_advice
from .presets import FILES, RunConfig, config_from
from .run_folder import (
    PLACES,
    RUN,
    Note,
    append_log,
    checkpoints,
    cut_log,
    latest_checkpoint,
    prune,
    read_json,
    write_checkpoint,
    write_json,
)
from .run_record import agreed, describe, model_metadata, places
from .samples import png
from .saved_state import MODEL
from .signals import Interrupted, StopRequest
from .speed import matrix_products
from .tasks import Measures, Task, Turn, build_task
from .team import Team, joined
from .tensorboard import Board, check_tensorboard, opened_board
from .torch_settings import check_device, thread_count, torch_settings
from .updates import learning_rate, memory_format

SCORE = "probe_error"
GENTLEST = 1 / 8  # of the learning rate: after three times back, rolling back helps no more


@dataclass(frozen=True)
class Progress:
    """Where a run is, after every step; `entry` is the latest line of the log."""

    step: int
    steps: int
    images_per_s: float
    entry: Mapping[str, Any]


@dataclass(frozen=True)
class RunResult:
    """A finished run: its folder, the model in it, and how it did. `resumed_from` is the step that it went on from."""

    run: Path
    model: Path
    step: int
    images: int
    resumed_from: int
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Session:
    """What the loop works with."""

    run: Path
    config: RunConfig
    device: str
    task: Task
    loader: Loader
    record: Mapping[str, Any]
    on_progress: Callable[[Progress], None]
    stop: StopRequest
    team: Team
    note: Note


def train(
    dataset_uri: str,
    out: str | Path,
    config: RunConfig,
    *,
    device: str = "cpu",
    on_progress: Callable[[Progress], None] | None = None,
    on_note: Note | None = None,
) -> RunResult:
    """Trains into the folder `out`, or goes on with the run that is there already.

    Raises RunError where the run there has other settings or another dataset, and Interrupted after a clean stop.
    """
    keep_freed_memory()
    run, note = Path(out), on_note or logging.getLogger("lcpipe.model").info
    with joined(device) as (team, mine):
        check_device(mine)
        check_tensorboard(config.output.tensorboard)
        dataset = open_dataset(dataset_uri)
        check_shares(config, team)
        threads = config.threads or thread_count(run)
        with torch_settings(threads), matrix_products(config.speed), StopRequest() as stop:
            with memory_advice(config):
                config = settled_format(config, run, mine, team, note)
                task = build_task(config, dataset, mine, team)
            loader = Loader(dataset, config, team)
            record = agreed(run, describe(config, dataset, task, device, threads, team.size), note)
            team.wait()
            if team.leads:
                with storage_errors(str(run)):
                    run.mkdir(parents=True, exist_ok=True)
                    write_json(run / RUN, record)
                    write_json(run / PLACES, places(dataset_uri, config))
            session = Session(run, config, mine, task, loader, record, on_progress or ignore, stop, team, note)
            with memory_advice(config):
                return go_on(session)


def check_shares(config: RunConfig, team: Team) -> None:
    """Refuses a batch that cannot be shared out equally. Raises RecipeError."""
    pieces = team.size * config.accumulate
    if config.batch % pieces:
        what = (
            f"a batch of {config.batch} cannot be shared by {team.size} processes with accumulate={config.accumulate}"
        )
        raise RecipeError(what, where="--set batch", hint=f"choose a batch that {pieces} divides")


def resume(
    run: str | Path,
    *,
    steps: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_note: Note | None = None,
) -> RunResult:
    """Goes on with a run from its folder alone; `steps` makes it longer. Raises RunError."""
    record, where = read_json(Path(run) / RUN), read_json(Path(run) / PLACES)
    files = {key: where.get(key, "") for key in FILES}
    config = config_from({**record["config"], **files}, where=str(Path(run) / RUN))
    config = replace(config, steps=steps or config.steps)
    device = record["torch"]["device"]
    return train(where["dataset"], run, config, device=device, on_progress=on_progress, on_note=on_note)


def go_on(session: Session) -> RunResult:
    """Restores the newest whole checkpoint if there is one, and trains what is left."""
    run, config, team = session.run, session.config, session.team
    if team.leads:
        latest_checkpoint(run, session.note)  # the leader alone removes what is not whole
    team.wait()
    resumed_from, metrics, gentler = start, _, _ = restored(session)
    if start > config.steps:
        raise RunError(f"the run has {start} steps already", where=str(run), hint="give more by --steps")
    while start < config.steps:
        try:
            metrics = loop(session, start, gentler)
            break
        except Troubled as trouble:
            session, start, gentler = rolled_back(session, trouble, gentler)
    if team.leads:
        write_model(session, metrics)
    team.wait()
    return RunResult(run, run / MODEL, config.steps, config.steps * config.batch, resumed_from, metrics)


def restored(session: Session) -> tuple[int, Mapping[str, float], float]:
    """Step, metrics and factor of the learning rate of the newest whole checkpoint, which is put into the networks."""
    found = latest_checkpoint(session.run, session.note)
    step, metrics, gentler = 0, {}, 1.0
    if found is not None:
        checkpoint, state = found
        session.task.restore(checkpoint)
        step, metrics, gentler = state["step"], state["metrics"], state.get("rate_factor", 1.0)
    if session.team.leads:
        cut_log(session.run, step)
    return step, metrics, gentler


class Troubled(Exception):
    """A loss was infinite or no number before this step was saved."""

    def __init__(self, step: int, count: int) -> None:
        super().__init__(f"{count} of the steps up to {step}")
        self.step = step


def rolled_back(session: Session, trouble: Troubled, gentler: float) -> tuple[Session, int, float]:
    """The run as it was saved last, or as it began, to go on at half the learning rate. Raises RunError in the end."""
    if gentler <= GENTLEST:
        raise RunError(
            f"the losses are no numbers any more ({trouble}), at an eighth of the learning rate too",
            where=str(session.run),
            hint="start another run with a lower optimizer.learning_rate; earlier checkpoints of this one are good",
        )
    if not checkpoints(session.run):
        task = build_task(session.config, session.loader.dataset, session.device, session.team)
        session = replace(session, task=task)
    step, _, before = restored(session)
    gentler = min(before, gentler) / 2
    session.note(
        f"step {trouble.step}: losses are no numbers; back to step {step}, at {gentler:g} of the learning rate"
    )
    if session.team.leads:
        append_log(session.run, {"step": step, "rolled_back_from": trouble.step, "rate_factor": gentler})
    return session, step, gentler


def loop(session: Session, start: int, gentler: float) -> Mapping[str, float]:
    """Trains from `start` steps to the config's; returns the metrics of the last checkpoint. Raises Troubled.

    `gentler` is the factor of the learning rate after rolling back.
    """
    config, task, output = session.config, session.task, session.config.output
    metrics: Mapping[str, float] = {}
    entry: Mapping[str, Any] = {}
    measures: Measures = {}  # a value that a step does not have is the latest one
    troubled = torch.zeros((), dtype=torch.int64, device=session.device)
    clock = Clock(config.batch)
    shown = output.tensorboard and session.team.leads
    with closing(session.loader.steps(start)) as batches, opened_board(session.run, shown, start) as board:
        for step in range(start + 1, config.steps + 1):
            # Samples of this step, on the device.
            with clock.waiting:
                mine = next(batches)
            parts = cut(mine, session)

            # Rate by images seen before this step.
            rate = gentler * learning_rate(config.optimizer, (step - 1) * config.batch)
            set_learning_rate(task, rate)

            # One update of every network.
            measures |= task.update(Turn(step, parts))

            # Log, look, save.
            troubled += non_finite(measures)
            stopping = session.team.highest(session.stop.number)  # read once: a later signal is for the next step
            last = step == config.steps or bool(stopping)
            clock.count()
            if step % output.log_every == 0 or last:
                stop_if_troubled(session, troubled, step)
                entry = log_entry(session, step, measures, rate, clock)
                board.numbers(entry)
            if step % output.checkpoint_every == 0 or last:
                stop_if_troubled(session, troubled + broken_weights(task), step)
                metrics = save(session, step, gentler)
            if session.team.leads and (step % output.sample_every == 0 or step == config.steps):
                write_sheet(session, step, board)
            session.on_progress(Progress(step, config.steps, clock.images_per_s, entry))
            if stopping:
                raise Interrupted(stopping)
    return metrics


def cut(batches: tuple[Batch, Batch], session: Session) -> list[tuple[Batch, Batch]]:
    """The (critic's, generator's) batches of a step in parts, on the device; one object where they are shared."""
    first, second = batches
    moved = second.to(session.device, memory_format(session.config))
    own = moved if first is second else first.to(session.device, memory_format(session.config))
    mine = moved.parts(session.config.accumulate)
    return list(zip(mine if own is moved else own.parts(session.config.accumulate), mine, strict=True))


def set_learning_rate(task: Task, rate: float) -> None:
    """Gives every optimizer its rate."""
    for optimizer in task.optimizers.values():
        for group in optimizer.param_groups:
            group["lr"] = rate


def non_finite(measures: Measures) -> Tensor:
    """1 if any loss is no number, as a tensor: nothing waits for the device at every step."""
    return (~torch.isfinite(torch.stack(list(measures.values())))).any().long()


def broken_weights(task: Task) -> Tensor:
    """1 if any weight is no number: a step can break them after its losses were fine, and they shall be saved."""
    sums = [parameter.detach().sum() for module in task.trained.values() for parameter in module.parameters()]
    return (~torch.isfinite(torch.stack(sums))).any().long()


def stop_if_troubled(session: Session, troubled: Tensor, step: int) -> None:
    """Raises Troubled once a loss was infinite or no number; what was saved before stays good."""
    count = session.team.highest(int(troubled))
    if count:
        raise Troubled(step, count)


def log_entry(session: Session, step: int, measures: Measures, rate: float, clock: Clock) -> dict[str, Any]:
    """Writes and returns a line of the log; the device is waited for once, for all values together."""
    values = session.team.mean(torch.stack(list(measures.values()))).tolist()
    entry = {"step": step, "images": step * session.config.batch, "learning_rate": rate, "non_finite": 0}
    entry |= dict(zip(measures, values, strict=True)) | clock.read()
    if session.team.leads:
        append_log(session.run, entry)
    return entry


def write_sheet(session: Session, step: int, board: Board) -> None:
    """Writes samples/STEP.png."""
    picture = session.task.sheet().picture
    write_bytes(str(session.run / "samples" / f"{step:07d}.png"), png(picture))
    board.picture(picture, step)


def save(session: Session, step: int, gentler: float) -> Mapping[str, float]:
    """Writes a checkpoint, drops those no longer kept, and returns the metrics that it recorded."""
    session.team.check_agreement(session.task.trained.values(), step)
    if not session.team.leads:
        return {}
    metrics = {SCORE: session.task.sheet().error}
    files = session.task.state_files(model_metadata(session.run, session.record, step, metrics))
    state = {"images": step * session.config.batch, "metrics": metrics, "rate_factor": gentler}
    write_checkpoint(session.run, step, files, state)
    prune(session.run, session.config.output.keep, SCORE)
    return metrics


def write_model(session: Session, metrics: Mapping[str, float]) -> None:
    """Writes the run's model.safetensors, what users load."""
    metadata = model_metadata(session.run, session.record, session.config.steps, metrics)
    session.task.save_model(str(session.run / MODEL), metadata)


def ignore(_: Progress) -> None:
    """Where nobody watches."""
