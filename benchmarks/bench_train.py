"""The loader against the fastest step, and `rpgan` against `alacgan` in equal time. A step itself: bench_step.py.

    python benchmarks/bench_train.py [DATASET]                                 # the loader, and how much a run starves
    python benchmarks/bench_train.py DATASET --seconds 720 --narrow --test TEST --out DIR [--features NAME]

The comparison trains both presets at 256² with the same named substitutes for features and perceptual network, the
same widths and batch, for the same seconds: on a CPU at once, one thread each, by the CPU seconds of each process, so
that a busy machine takes from neither. TEST is a dataset with authentic line art whose pictures are not in DATASET; it
is measured on its authentic drawings, and the presets are compared picture by picture.
"""

import argparse
import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from _rows import make_dataset
from bench_step import our_step

from lcpipe.model.compare import compare
from lcpipe.model.evaluate import evaluate
from lcpipe.model.loader import Loader
from lcpipe.model.memory import keep_freed_memory
from lcpipe.model.presets import RunConfig, configure
from lcpipe.model.run_folder import checkpoints
from lcpipe.model.signals import Interrupted
from lcpipe.model.trainer import train
from lcpipe.pipeline.dataset.reading import open_dataset

SIZE, BATCH = 256, 4
NARROW = ("generator.ngf=16", "generator.blocks=[4, 2, 2, 2]", "critic.ndf=8")
COMMON = (
    f"size={SIZE}", f"batch={BATCH}", "perceptual=l1", "threads=1", "workers=1", "critic.head=pooled",
    "critic.strides=[2, 1]", "output.log_every=10", "output.sample_every=1000000", "output.checkpoint_every=50",
)  # fmt: skip
# L1 alone pulls a tenth as hard as the perceptual loss that rpgan's weight was chosen for: the game's weight follows.
PRESETS = {"alacgan": (), "rpgan": ("loss.adversarial_weight=0.1",)}
COMPARED = ("lpips_alex", "hint_delta_e_mean", "kid")
PROTOCOL = """
name = "authentic"
version = 1
seed = 2333
splits = ["test", "validation"]
lines = ["authentic"]
n = 128
crop_px = 256
hints = [0, 16]
metrics = ["kid", "lpips_alex", "hint_delta_e"]
[bootstrap]
draws = 2000
level = 0.95
[grid]
rows = 6
hints = [0, 16]
cell_px = 256
line_art = 4
"""


def loading(dataset: str, device: str) -> dict[str, Any]:
    """Pictures/s that the loader gives, what the quickest preset's step eats, and the share of a run spent starving."""
    config = configure("tiny", ("output.log_every=20", "output.sample_every=1000000"), 60)
    feed: Iterator[Any] = Loader(open_dataset(dataset), config).steps(0)
    fed = config.batch * 40 / taken(lambda: sum(1 for _ in islice(feed, 40)))
    step = our_step(config, device)
    eaten = config.batch * 10 / taken(lambda: [step() for _ in range(10)])
    with TemporaryDirectory() as folder:
        train(dataset, Path(folder) / "run", config, device=device)
        lines = [json.loads(line) for line in (Path(folder) / "run" / "log.jsonl").read_text().splitlines()]
    return {
        "what": "loader", "preset": "tiny", "size": config.size, "device": device,
        "loader_images_per_s": round(fed, 1), "step_images_per_s": round(eaten, 1), "ratio": round(fed / eaten, 1),
        "starved": max(line["waiting_share"] for line in lines[1:]),
    }  # fmt: skip


def taken(work: Callable[[], object]) -> float:
    """Seconds of the second time, the first warms up."""
    work()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def trained(dataset: str, run: Path, config: RunConfig, seconds: float, device: str) -> dict[str, Any]:
    """Trains for so many seconds, from now on or from where it was, then saves and says how far it came."""
    clock = time.perf_counter if device.startswith("cuda") else time.process_time
    spent = run / "seconds.txt"
    before, began, told = float(spent.read_text()) if spent.exists() else 0.0, clock(), []

    def stop_in_time(_: object) -> None:
        if not told and before + clock() - began >= seconds:
            told.append(os.kill(os.getpid(), signal.SIGTERM))  # once: a second signal would end the process at once

    try:
        train(dataset, run, config, device=device, on_progress=stop_in_time)
    except Interrupted:
        pass
    spent.write_text(str(before + clock() - began))
    newest = checkpoints(run)[-1]
    return {"model": str(newest / "model.safetensors"), "steps": int(newest.name.rpartition("-")[2])}


def both_trained(dataset: str, folder: Path, settings: Sequence[str], seconds: float, device: str) -> dict[str, Any]:
    """Both presets' models: at once on a CPU, one after the other where they would share a GPU."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1 if device.startswith("cuda") else len(PRESETS), context) as pool:
        jobs = {
            preset: pool.submit(
                trained, dataset, folder / preset, configure(preset, (*settings, *own), 10**7), seconds, device
            )
            for preset, own in PRESETS.items()
        }
        return {preset: job.result() for preset, job in jobs.items()}


def compared(folder: Path, test: str, found: dict[str, Any], device: str) -> Iterator[dict[str, Any]]:
    """Means with their 95 % intervals by lines and hints, then the differences picture by picture."""
    plan = folder / "authentic.toml"
    plan.write_text(PROTOCOL)
    for preset, facts in found.items():
        document = evaluate(
            facts["model"], test, str(folder / f"{preset}-evaluation"), protocol=str(plan), device=device
        )
        for group in document["groups"]:
            for level in group["levels"]:
                means = {name: value for name, value in level["means"].items() if name.startswith(COMPARED)}
                yield {"what": "preset", "preset": preset, "lines": group["lines"], "hints": level["hints"], **means}
    first, second = PRESETS
    for each in compare(*(str(folder / f"{preset}-evaluation") for preset in PRESETS)).differences:
        if each.value.startswith(COMPARED):
            verdict = {"A": first, "B": second}.get(each.verdict, each.verdict)
            yield {"what": f"{second} minus {first}", **asdict(each), "better_preset": verdict}


def comparison(asked: argparse.Namespace, folder: Path) -> Iterator[dict[str, Any]]:
    """Both presets after the same seconds."""
    settings = (*COMMON, f"features={asked.features}", *(NARROW if asked.narrow else ()))
    found = both_trained(asked.dataset, folder, settings, asked.seconds, asked.device)
    facts = {"device": asked.device, "size": SIZE, "batch": BATCH, "seconds": asked.seconds, "narrow": asked.narrow}
    substitutes = {"features": asked.features, "perceptual": "l1"}
    yield {"what": "presets", **facts, **substitutes, "steps": {name: value["steps"] for name, value in found.items()}}
    yield from compared(folder, asked.test or asked.dataset, found, asked.device)


def main() -> None:
    """Prints one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", nargs="?", help="a packed dataset; drawn shapes otherwise, for the loader alone")
    parser.add_argument("--test", help="the dataset to measure on; the held-out rows of DATASET otherwise")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seconds", type=float, default=0, help="of training for each preset")
    parser.add_argument("--features", default="none", help="what stands in for Illustration2Vec in both")
    parser.add_argument("--narrow", action="store_true", help="narrow networks, for CPUs")
    parser.add_argument("--out", help="keep runs and evaluations here; the same command goes on with them")
    asked = parser.parse_args()
    keep_freed_memory()
    with TemporaryDirectory() as temporary:
        folder = Path(asked.out or temporary)
        asked.dataset = asked.dataset or str(make_dataset(Path(temporary) / "shapes", 96, 1))
        rows = partial(comparison, asked, folder) if asked.seconds else lambda: [loading(asked.dataset, asked.device)]
        for row in rows():
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
