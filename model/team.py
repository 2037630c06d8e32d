"""The processes that train one model together, as `torchrun` starts them: each takes its share of every batch.

No wrapper around the networks: one may differentiate twice through them (torch's own loses such gradients). Weights
begin alike because they are seeded alike, gradients are flattened and averaged in one exchange.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn

from lcpipe.pipeline.dataset.errors import RunError, UsageError


@dataclass(frozen=True)
class Team:
    """This process's place among all of them; one process alone is rank 0 of 1 and exchanges nothing."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes the log, pictures and checkpoints."""
        return self.rank == 0

    def average_gradients(self, modules: Iterable[nn.Module]) -> None:
        """Gives every process the mean of all processes' gradients."""
        if self.size == 1:
            return
        found = [p.grad for module in modules for p in module.parameters() if p.grad is not None]
        flat = self.mean(torch.cat([gradient.flatten() for gradient in found]))
        parts = torch.split_with_sizes(flat, [gradient.numel() for gradient in found])
        for gradient, values in zip(found, parts, strict=True):
            gradient.copy_(values.view_as(gradient))

    def mean(self, value: Tensor) -> Tensor:
        """The mean of a detached value over all processes."""
        if self.size == 1:
            return value
        total = value.clone()
        distributed.all_reduce(total)
        return total / self.size

    def highest(self, number: int) -> int:
        """The largest of all processes' numbers: what one was told, all know."""
        if self.size == 1:
            return number
        told = torch.tensor([number])
        distributed.all_reduce(told, distributed.ReduceOp.MAX)
        return int(told)

    def wait(self) -> None:
        """Until all processes are here."""
        if self.size > 1:
            distributed.barrier()

    def check_agreement(self, modules: Iterable[nn.Module], step: int) -> None:
        """Raises RunError where the processes' weights have drifted apart."""
        if self.size == 1:
            return
        sums = torch.stack([p.detach().double().sum() for module in modules for p in module.parameters()])
        if not torch.equal(self.mean(sums), sums):
            raise RunError(
                "the processes' weights differ", where=f"rank {self.rank}, step {step}",
                hint="go on from the last checkpoint; give all processes the same device, torch and settings",
            )  # fmt: skip


@contextmanager
def joined(device: str, environment: Mapping[str, str] = os.environ) -> Iterator[tuple[Team, str]]:
    """The team that torchrun started this process in, and its own device; alone where it did not. Raises UsageError."""
    size = int(environment.get("WORLD_SIZE", "1"))
    if size == 1 or "RANK" not in environment:
        yield Team(), device
        return
    kind, _, number = device.partition(":")
    if number:
        raise UsageError(f"every process takes its own {kind} device", where="--device", hint=f"give --device {kind}")
    mine = f"{kind}:{environment.get('LOCAL_RANK', '0')}" if kind == "cuda" else device
    if kind == "cuda":
        torch.cuda.set_device(mine)
    # Two back ends: numbers of the log and signals travel by gloo, so that they never wait for the device.
    distributed.init_process_group("cpu:gloo,cuda:nccl" if kind == "cuda" else "gloo")
    try:
        yield Team(distributed.get_rank(), size), mine
    finally:
        distributed.destroy_process_group()
