"""One training step of `alacgan` against the released code's: pictures/s, work, share of the device's peak, memory.

    python benchmarks/bench_step.py [--device cpu] [--size 256] [--batch 2] [--repeat 3]
    python benchmarks/bench_step.py --memory                     # peak memory of every preset at 512², batch 4

The released way: eager, fp32, contiguous, every loss with a backward pass of its own (two of them through the whole
generator), torch's default Adam, memory as the C library hands it out. Each way lives in a process of its own and they
take turns, so that a busy machine slows both alike. Illustration2Vec and VGG16 have random weights: they cost the same.
`bound` is what the released step would gain if ours ran at the measured peak of matrix products throughout.
"""

import argparse
import json
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from lcpipe.model.features import illustration2vec_layers, vgg16_layers
from lcpipe.model.loader import Batch
from lcpipe.model.losses import pixel_penalty
from lcpipe.model.memory import keep_freed_memory
from lcpipe.model.presets import RunConfig, configure
from lcpipe.model.team import Team
from lcpipe.model.updates import (
    Networks,
    build_networks,
    critic_update,
    generator_update,
    memory_format,
    paint,
    paint_only,
    update_average,
)

PRESETS = ("tiny", "rpgan", "alacgan", "alacgan-paper")
Step = Callable[[], None]


def published(folder: Path, preset: str, size: int, batch: int, *settings: str) -> RunConfig:
    """A preset at another size, with files of random weights."""
    torch.manual_seed(0)
    for name, layers in (("illustration2vec", illustration2vec_layers()), ("vgg16", vgg16_layers(23))):
        if not (folder / f"{name}.safetensors").exists():
            save_file(dict(layers.state_dict()), folder / f"{name}.safetensors")
    files = (f"features_file={folder}/illustration2vec.safetensors", f"perceptual_file={folder}/vgg16.safetensors")
    small = () if size == 512 else ("critic.head=pooled", "critic.strides=[1, 2, 1]")
    return configure(preset, (f"size={size}", f"batch={batch}", *small, *files, *settings))


def random_batch(config: RunConfig, device: str) -> Batch:
    """Noise of the right shapes: time does not depend on what pictures show."""
    sides = ((1, config.size), (3, config.size), (4, config.size // 4))
    line, color, hint = (torch.rand(config.batch, channels, side, side) * 2 - 1 for channels, side in sides)
    return Batch(line, color, hint).to(device, memory_format(config))


def our_step(config: RunConfig, device: str) -> Step:
    """A step as `train` takes it; where critic and generator share a batch, they share its painted picture, too."""
    keep_freed_memory()
    networks, batch, share = build_networks(config, device), random_batch(config, device), torch.rand(config.batch)
    shares = [share.to(device)]

    def step() -> None:
        painted = paint_only(networks, batch) if config.data.separate_batches else paint(networks, batch)
        critic_update(networks, [painted], shares, config.loss, Team())
        fresh = paint(networks, batch) if config.data.separate_batches else painted
        generator_update(networks, [fresh], config.loss, Team())
        update_average(networks, config, config.batch)

    return step


def released_step(config: RunConfig, device: str) -> Step:
    """The same update in the order of the released training script, one backward pass for each loss."""
    networks, batch, share = build_networks(config, device), random_batch(config, device), torch.rand(config.batch)
    critic, generator = networks.critic, networks.generator
    assert critic is not None  # the preset has one
    optimizers = [torch.optim.Adam(part.parameters(), 1e-4, (0.5, 0.9)) for part in (critic, generator)]
    mixed = share.view(-1, 1, 1, 1).to(device)

    def step() -> None:
        critic.requires_grad_(True).zero_grad()
        with torch.no_grad():
            features = found_features(networks, batch.line)
            fake = generator(batch.line, batch.hint, features)
        critic(fake, features).mean().backward(retain_graph=True)
        real = critic(batch.color, features).mean()
        (config.loss.drift_weight * real.square() - real).backward(retain_graph=True)
        between = (mixed * batch.color + (1 - mixed) * fake).requires_grad_(True)
        slope = torch.autograd.grad(critic(between, features).sum(), between, create_graph=True)[0]
        (config.loss.penalty_weight * pixel_penalty(slope)).backward()
        optimizers[0].step()

        critic.requires_grad_(False)
        generator.zero_grad()
        features = found_features(networks, batch.line)
        fake = generator(batch.line, batch.hint, features)
        (-config.loss.adversarial_weight * critic(fake, features).mean()).backward(retain_graph=True)
        painted = networks.perceptual(fake) if networks.perceptual else fake
        with torch.no_grad():
            wanted = networks.perceptual(batch.color) if networks.perceptual else batch.color
        F.mse_loss(painted, wanted).backward()
        optimizers[1].step()

    return step


def found_features(networks: Networks, line: Tensor) -> Tensor | None:
    """The local features of a batch of drawings."""
    return None if networks.features is None else networks.features(line)


WAYS: Mapping[str, Callable[[RunConfig, str], Step]] = {"released": released_step, "ours": our_step}


class Work(TorchDispatchMode):
    """Adds up the floating point operations of convolutions and matrix products, also of gradients of gradients."""

    def __init__(self) -> None:
        super().__init__()
        self.flop = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        count = flop_registry.get(function._overloadpacket)
        if count is not None:
            self.flop += count(*args, **(kwargs or {}), out_val=result)
        return result


_PREPARED: dict[str, Any] = {}  # of a worker process: its one step, built before the clock runs


def prepare(way: str, config: RunConfig, device: str, threads: int) -> None:
    """Builds the step of a worker process, and takes it once."""
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(way == "ours" and device == "cpu")
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    _PREPARED.update(step=WAYS[way](config, device), device=device)
    timed_step()


def timed_step() -> tuple[float, float]:
    """Seconds of a step by the wall, and CPU seconds of this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    _PREPARED["step"]()
    if _PREPARED["device"].startswith("cuda"):
        torch.cuda.synchronize()
    return time.perf_counter() - wall, time.process_time() - cpu


def counted_step() -> int:
    """The floating point operations of a step."""
    with Work() as work:
        _PREPARED["step"]()
    return work.flop


def peak_rate(device: str, side: int = 2048) -> float:
    """FLOP/s of the best of ten products of large fp32 matrices, in CPU seconds times threads where there is no GPU."""
    left, right = torch.rand(2, side, side, device=device)
    best = float("inf")
    for _ in range(10):
        began = time.perf_counter()
        product = left @ right
        float(product[0, 0])
        best = min(best, time.perf_counter() - began)
    return 2 * side**3 / best


def peak_memory(preset: str, config: RunConfig, device: str) -> float:
    """GiB that a process holds at most in two steps of a preset."""
    step = our_step(config, device)
    step(), step()
    if device.startswith("cuda"):
        return torch.cuda.max_memory_allocated() / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def alone(initializer: Callable[..., None] | None = None, *arguments: Any) -> ProcessPoolExecutor:
    """One fresh process."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(1, context, initializer, arguments)


def steps(asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Both ways, turn by turn."""
    layouts = {"released": ("memory_format=contiguous",), "ours": ("memory_format=channels_last",)}
    if asked.device.startswith("cuda"):
        layouts["ours"] += ("speed.precision=bf16",)
    pools = {}
    for way, layout in layouts.items():
        config = published(folder, "alacgan", asked.size, asked.batch, *layout)
        pools[way] = alone(prepare, way, config, asked.device, asked.threads)
    times: dict[str, list[tuple[float, float]]] = {way: [] for way in pools}
    for _ in range(asked.repeat):
        for way, pool in pools.items():
            times[way].append(pool.submit(timed_step).result())
    flop = {way: pool.submit(counted_step).result() for way, pool in pools.items()}
    for pool in pools.values():
        pool.shutdown()
    wall = {way: statistics.median(pair[0] for pair in found) for way, found in times.items()}
    cpu = {way: statistics.median(pair[1] for pair in found) for way, found in times.items()}
    torch.set_num_threads(asked.threads)
    peak = peak_rate(asked.device)
    clock = cpu if asked.device == "cpu" and asked.threads == 1 else wall  # others on the machine cost no CPU seconds
    return {
        "what": "step", "device": asked.device, "size": asked.size, "batch": asked.batch, "threads": asked.threads,
        **{f"{way}_s": round(value, 2) for way, value in wall.items()},
        **{f"{way}_cpu_s": round(value, 2) for way, value in cpu.items()},
        "ratio": round(wall["released"] / wall["ours"], 2), "cpu_ratio": round(cpu["released"] / cpu["ours"], 2),
        **{f"{way}_gflop_per_image": round(count / asked.batch / 1e9) for way, count in flop.items()},
        "peak_gflops": round(peak / 1e9),
        **{f"{way}_share_of_peak": round(flop[way] / clock[way] / peak, 3) for way in flop},
        "bound": round(clock["released"] * peak / flop["ours"], 2),
    }  # fmt: skip


def memory(asked: argparse.Namespace, folder: Path, preset: str) -> dict[str, Any]:
    """The peak memory of one preset."""
    config = published(folder, preset, 512, 4)
    with alone() as pool:
        found = pool.submit(peak_memory, preset, config, asked.device).result()
    return {"what": "memory", "preset": preset, "device": asked.device, "size": 512, "batch": 4, "gib": round(found, 2)}


def main() -> None:
    """Prints one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--memory", nargs="*", metavar="PRESET", help="peak memory of these presets, or of all")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if asked.memory is None:
            print(json.dumps(steps(asked, Path(name))), flush=True)
        for preset in () if asked.memory is None else asked.memory or PRESETS:
            print(json.dumps(memory(asked, Path(name), preset)), flush=True)


if __name__ == "__main__":
    main()
