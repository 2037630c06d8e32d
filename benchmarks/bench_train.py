"""A training step against the plain way, the loader against the step, and `rpgan` against `alacgan` in equal time.

    python benchmarks/bench_train.py [--device cpu] [--size 128] [--batch 2] [--repeat 3]
    python benchmarks/bench_train.py --dataset DATASET --seconds 600 [--narrow]        # the comparison of presets, too

The plain way is a step of the same networks as the released code takes it: eager, fp32, contiguous. Both ways take
turns, so that a busy machine slows them alike. Illustration2Vec and VGG16 have random weights here: they cost the same.
The comparison trains both presets for the same seconds with the same named substitutes, and measures them alike.
"""

import argparse
import json
import os
import signal
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from lcpipe.model.evaluate import evaluate
from lcpipe.model.features import illustration2vec_layers, vgg16_layers
from lcpipe.model.loader import Batch, Loader
from lcpipe.model.memory import keep_freed_memory
from lcpipe.model.presets import RunConfig, configure
from lcpipe.model.run_folder import checkpoints
from lcpipe.model.signals import Interrupted
from lcpipe.model.team import Team
from lcpipe.model.trainer import train
from lcpipe.model.updates import build_networks, critic_update, generator_update, memory_format, paint, paint_only
from lcpipe.pipeline.dataset.reading import open_dataset

FLOPS_PER_IMAGE_512 = 2 * 516e9  # of the published step: counted in the reference of the architecture
NARROW = ("generator.ngf=16", "generator.blocks=[4, 2, 2, 2]", "critic.ndf=8")
SUBSTITUTES = ("features=none", "perceptual=l1")
COMPARED = ("lpips_alex", "hint_delta_e_mean", "kid")


def published(folder: Path, size: int, batch: int, *settings: str) -> RunConfig:
    """The preset `alacgan` at another size, with files of random weights."""
    torch.manual_seed(0)
    for name, layers in (("illustration2vec", illustration2vec_layers()), ("vgg16", vgg16_layers(9))):
        if not (folder / f"{name}.safetensors").exists():
            save_file(dict(layers.state_dict()), folder / f"{name}.safetensors")
    files = (f"features_file={folder}/illustration2vec.safetensors", f"perceptual_file={folder}/vgg16.safetensors")
    strides = "[1, 2]" if size < 512 else "[1, 2, 1, 2, 1, 2, 1]"
    common = (f"size={size}", f"batch={batch}", "critic.head=pooled", f"critic.strides={strides}")
    return configure("alacgan", (*common, *files, *settings))


def stepper(config: RunConfig, device: str) -> Callable[[], None]:
    """One critic and one generator update on a random batch, waiting for the device."""
    networks, size = build_networks(config, device), config.size
    parts = (
        torch.rand(config.batch, channels, side, side) for channels, side in ((1, size), (3, size), (4, size // 4))
    )
    batch = Batch(*parts).to(device, memory_format(config))
    share = torch.rand(config.batch, device=device)

    def step() -> None:
        critic_update(networks, [paint_only(networks, batch)], [share], config.loss, Team())
        generator_update(networks, [paint(networks, batch)], config.loss, Team())
        if device.startswith("cuda"):
            torch.cuda.synchronize()

    return step


def in_turns(ways: dict[str, Callable[[], None]], repeat: int, clock: Callable[[], float]) -> dict[str, float]:
    """The median seconds of every way; the first turn warms up."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(repeat + 1):
        for name, run in ways.items():
            began = clock()
            run()
            if turn:
                times[name].append(clock() - began)
    return {name: statistics.median(values) for name, values in times.items()}


def steps(folder: Path, device: str, size: int, batch: int, repeat: int) -> dict[str, Any]:
    """Pictures a second of the plain step and of ours, and what matrix work that is."""
    fast = ["memory_format=channels_last"]
    if device.startswith("cuda"):
        fast += ["speed.precision=bf16", "speed.compile=on"]
    ways = {
        "plain": stepper(published(folder, size, batch, "memory_format=contiguous"), device),
        "ours": stepper(published(folder, size, batch, *fast), device),
    }
    alone = device == "cpu" and torch.get_num_threads() == 1  # then others on the machine cost us no CPU seconds
    seconds = in_turns(ways, repeat, time.process_time if alone else time.perf_counter)
    rates = {f"{name}_images_per_s": round(batch / value, 3) for name, value in seconds.items()}
    flops = FLOPS_PER_IMAGE_512 * (size / 512) ** 2 * batch / seconds["ours"]
    peak = torch.cuda.max_memory_allocated() / 2**30 if device.startswith("cuda") else None
    return {
        "what": "step", "device": device, "size": size, "batch": batch, "threads": torch.get_num_threads(),
        "clock": "CPU" if alone else "wall", **rates,
        "ratio": round(seconds["plain"] / seconds["ours"], 2), "ours_gflops": round(flops / 1e9, 1), "peak_gib": peak,
    }  # fmt: skip


def loading(dataset: str, size: int, batch: int, rate: float) -> dict[str, Any]:
    """Pictures a second that the loader gives, against what the step eats."""
    config = configure("rpgan", (f"size={size}", f"batch={batch}", "hints.unhinted=0.5", *SUBSTITUTES))
    feed: Iterator[Any] = Loader(open_dataset(dataset), config).steps(0)
    next(feed)
    began = time.perf_counter()
    count = sum(1 for _ in islice(feed, 20)) * batch
    fed = count / (time.perf_counter() - began)
    return {"what": "loader", "images_per_s": round(fed, 1), "step_images_per_s": rate, "ratio": round(fed / rate, 1)}


def trained(
    preset: str, settings: Sequence[str], dataset: str, run: Path, seconds: float, device: str
) -> tuple[Path, int]:
    """The model of a preset after so many seconds of training, and its steps."""
    end: list[float] = []

    def stop_in_time(_: object) -> None:
        end.append(time.perf_counter() + seconds) if not end else None
        if time.perf_counter() >= end[0]:
            os.kill(os.getpid(), signal.SIGTERM)

    try:
        train(dataset, run, configure(preset, settings, 10**7), device=device, on_progress=stop_in_time)
    except Interrupted:
        pass
    newest = checkpoints(run)[-1]
    return newest / "model.safetensors", int(newest.name.rpartition("-")[2])


def comparison(
    dataset: str, folder: Path, seconds: float, size: int, device: str, narrow: bool
) -> Iterator[dict[str, Any]]:
    """Both presets after the same seconds: means with their intervals, by lines and hints."""
    shared = [f"size={size}", "batch=4", "critic.head=pooled", "critic.strides=[2, 1]", *SUBSTITUTES]
    shared += ["output.sample_every=1000000", "output.checkpoint_every=1000000", *(NARROW if narrow else ())]
    for preset in ("alacgan", "rpgan"):
        model, count = trained(preset, shared, dataset, folder / preset, seconds, device)
        document = evaluate(model, dataset, str(folder / f"{preset}-evaluation"))
        for group in document["groups"]:
            for level in group["levels"]:
                means = {name: value for name, value in level["means"].items() if name.startswith(COMPARED)}
                facts = {"preset": preset, "steps": count, "seconds": seconds, "device": device, "size": size}
                yield {"what": "presets", **facts, "lines": group["lines"], "hints": level["hints"], **means}


def main() -> None:
    """Prints one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--dataset", help="compare the loader with the step, and with --seconds the presets")
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--narrow", action="store_true", help="narrow networks, for CPUs")
    asked = parser.parse_args()
    keep_freed_memory()
    with tempfile.TemporaryDirectory() as folder:
        found = steps(Path(folder), asked.device, asked.size, asked.batch, asked.repeat)
        print(json.dumps(found), flush=True)
        if asked.dataset:
            print(json.dumps(loading(asked.dataset, asked.size, asked.batch, found["ours_images_per_s"])), flush=True)
        if asked.dataset and asked.seconds:
            for row in comparison(asked.dataset, Path(folder), asked.seconds, asked.size, asked.device, asked.narrow):
                print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
