"""What torch must be told so that the same run gives the same bits."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from lcpipe.pipeline.dataset.errors import RunError

from .run_folder import RUN, read_json


def check_device(device: str) -> None:
    """Raises RunError where the device does not exist."""
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise RunError(
            f"cannot use the device {device!r}: {reason}", hint="choose another --device, for example cpu"
        ) from None


def thread_count(run: Path) -> int:
    """The threads that the run was begun with, else as many as torch takes by itself."""
    if (run / RUN).exists():
        return int(read_json(run / RUN)["torch"]["threads"])
    return torch.get_num_threads()


@contextmanager
def torch_settings(threads: int) -> Iterator[None]:
    """Fixed threads and deterministic algorithms, and afterwards what there was before."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # CUDA's matrix products need it to be deterministic
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    try:
        with unfilled_memory():
            yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1])


@contextmanager
def unfilled_memory() -> Iterator[None]:
    """Spares the filling of fresh tensors that comes with deterministic algorithms: it costs time, and we read none."""
    module: Any = torch.utils.deterministic
    before = module.fill_uninitialized_memory
    module.fill_uninitialized_memory = False
    try:
        yield
    finally:
        module.fill_uninitialized_memory = before
