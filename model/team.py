"""The processes that train one model together: each takes its share of every batch, and gradients are averaged."""

from collections.abc import Iterable
from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True)
class Team:
    """This process's place among all of them; one process alone is rank 0 of 1."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes the log, pictures and checkpoints."""
        return self.rank == 0

    def average_gradients(self, modules: Iterable[nn.Module]) -> None:
        """Gives every process the mean of all processes' gradients."""

    def mean(self, value: Tensor) -> Tensor:
        """The mean of a detached value over all processes."""
        return value
