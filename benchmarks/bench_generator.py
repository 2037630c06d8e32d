"""The generator's forward pass on a CPU: the released way (eager, contiguous) against ours (channels_last, bf16).

    python benchmarks/bench_generator.py [--sizes 256 512] [--threads N] [--repeat 3]

Ratios within one run are the figure; the times depend on the machine. Ends with an error where ours is under 4x.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor

from lcpipe.model.networks import Generator, GeneratorConfig

EXPECTED = 4.0


def inputs(size: int) -> tuple[Tensor, Tensor, Tensor]:
    """A random drawing with hints and features."""
    line, hint = torch.rand(1, 1, size, size) * 2 - 1, torch.zeros(1, 4, size // 4, size // 4)
    return line, hint, torch.rand(1, 512, size // 16, size // 16)


def seconds(run: Callable[[], Tensor], repeat: int) -> float:
    """The median time of a call, after one to warm up."""
    run()
    times = []
    for _ in range(repeat):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def in_layout(generator: Generator, size: int, layout: torch.memory_format, dtype: torch.dtype) -> Callable[[], Tensor]:
    """A forward pass with weights and inputs in one memory format, computing in one dtype."""
    generator = generator.to(memory_format=layout)  # type: ignore[call-overload]
    line, hint, features = (part.contiguous(memory_format=layout) for part in inputs(size))

    def run() -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype is torch.bfloat16):
            return generator(line, hint, features)  # type: ignore[no-any-return]

    return run


@torch.inference_mode()
def measured(size: int, repeat: int) -> dict[str, float]:
    """Milliseconds of each way at one size, and how many times faster than the plain one ours are."""
    generator = Generator(GeneratorConfig()).eval()
    plain = seconds(in_layout(generator, size, torch.contiguous_format, torch.float32), repeat)
    fp32 = seconds(in_layout(generator, size, torch.channels_last, torch.float32), repeat)
    bf16 = seconds(in_layout(generator, size, torch.channels_last, torch.bfloat16), repeat)
    times = {"plain_ms": plain * 1000, "channels_last_ms": fp32 * 1000, "channels_last_bf16_ms": bf16 * 1000}
    ratios = {"ratio_channels_last": plain / fp32, "ratio_channels_last_bf16": plain / bf16}
    return {key: round(value, 2) for key, value in (times | ratios).items()}


def main() -> None:
    """Measures every size and prints one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    results = {size: measured(size, options.repeat) for size in options.sizes}
    for size, result in results.items():
        print(json.dumps({"benchmark": "generator", "size": size, "threads": options.threads, **result}))
    if min(result["ratio_channels_last"] for result in results.values()) < EXPECTED:
        sys.exit(f"channels_last is less than {EXPECTED}x faster than the plain way")


if __name__ == "__main__":
    main()
