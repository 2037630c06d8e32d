"""Memory of networks: kept between layers, and what to change where it does not suffice.

glibc gives large buffers back when they are freed, and the system fills every page of a fresh one with zeros: asking
for it again costs more than many layers.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from lcpipe.pipeline.dataset.errors import RunError

from .presets import RunConfig

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of malloc.h
KEPT_BYTES = 1 << 30


def keep_freed_memory() -> bool:
    """Tells the C library to keep what is freed, for the rest of the process; False where it knows no such setting."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        return False
    return all(library.mallopt(key, KEPT_BYTES) == 1 for key in (M_MMAP_THRESHOLD, M_TRIM_THRESHOLD))


@contextmanager
def memory_advice(config: RunConfig) -> Iterator[None]:
    """Turns an allocation that failed into one line that names the setting to change. Raises RunError."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_shortage(error):
            raise
        raise RunError(f"out of memory with {asked(config)}", hint=advice(config)) from error


def is_shortage(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on the device or beside it."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return any(sign in str(error) for sign in ("can't allocate memory", "out of memory", "Storage size calculation"))


def asked(config: RunConfig) -> str:
    """What decides how much memory a step takes."""
    return f"batch {config.batch}, size {config.size}, accumulate {config.accumulate}, ngf {config.generator.ngf}"


def advice(config: RunConfig) -> str:
    """The setting that helps most: parts give the same result, so they come first."""
    parts = next((n for n in range(config.accumulate + 1, config.batch + 1) if config.batch % n == 0), None)
    if parts is not None:
        return f"--set accumulate={parts} trains the same batch in smaller parts, and the run goes on with it"
    return "choose a smaller size, batch or generator.ngf for another run"
