"""The generator's forward pass on a CPU: the released way (eager, contiguous) against ours (channels_last, bf16).

    python benchmarks/bench_generator.py [--sizes 256 512] [--threads N] [--repeat 5]

The ways take turns, so that a busy machine slows all of them alike; the ratios are the figure. How much the layout
gains depends on the CPU and the build of torch: 6x was measured on one machine, 1.2x on another.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor

from lcpipe.model.networks import Generator, GeneratorConfig

WAYS = {
    "plain": (torch.contiguous_format, torch.float32),
    "channels_last": (torch.channels_last, torch.float32),
    "channels_last_bf16": (torch.channels_last, torch.bfloat16),
}


def inputs(size: int) -> tuple[Tensor, Tensor, Tensor]:
    """A random drawing with hints and features."""
    line, hint = torch.rand(1, 1, size, size) * 2 - 1, torch.zeros(1, 4, size // 4, size // 4)
    return line, hint, torch.rand(1, 512, size // 16, size // 16)


def forward(size: int, layout: torch.memory_format, dtype: torch.dtype) -> Callable[[], Tensor]:
    """A forward pass with weights and inputs in one memory format and one dtype."""
    generator = Generator(GeneratorConfig()).eval().to(dtype=dtype, memory_format=layout)  # type: ignore[call-overload]
    line, hint, features = (part.to(dtype).contiguous(memory_format=layout) for part in inputs(size))
    return lambda: generator(line, hint, features)


@torch.inference_mode()
def measured(size: int, repeat: int) -> dict[str, float]:
    """The median milliseconds of each way at one size, and how many times faster than the plain one each is."""
    ways = {name: forward(size, *how) for name, how in WAYS.items()}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(repeat + 1):
        for name, run in ways.items():
            began = time.perf_counter()
            run()
            if turn:  # the first one warms up
                times[name].append((time.perf_counter() - began) * 1000)
    medians = {name: statistics.median(values) for name, values in times.items()}
    ratios = {f"{name}_ratio": medians["plain"] / value for name, value in medians.items() if name != "plain"}
    return {key: round(value, 2) for key, value in ({f"{n}_ms": v for n, v in medians.items()} | ratios).items()}


def main() -> None:
    """Measures every size and prints one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for size in options.sizes:
        facts = {"benchmark": "generator", "size": size, "threads": options.threads}
        print(json.dumps(facts | measured(size, options.repeat)))


if __name__ == "__main__":
    main()
