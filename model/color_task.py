"""The task `colorize`: a generator that paints line drawings by hints, with its critic and its running average."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lcpipe.pipeline.dataset.draws import generator
from lcpipe.pipeline.dataset.reading import Dataset

from .checkpoints import save_model
from .loader import line_weights
from .painter import Painter
from .presets import RunConfig
from .samples import Probe, Sheet, build_probes, paint_sheet
from .saved_state import restore, state_files
from .tasks import Measures, Turn
from .team import Team
from .updates import Networks, build_networks, critic_update, generator_update, paint, paint_only, update_average


@dataclass(frozen=True)
class ColorTask:
    """What the trainer asks of a task, answered for the networks of a colouriser."""

    config: RunConfig
    device: str
    networks: Networks
    probes: list[Probe]

    @property
    def trained(self) -> Mapping[str, nn.Module]:
        """Generator and critic."""
        return present({"generator": self.networks.generator, "critic": self.networks.critic})

    @property
    def frozen(self) -> Mapping[str, nn.Module]:
        """Local features and the network of the content loss."""
        return present({"features": self.networks.features, "perceptual": self.networks.perceptual})

    @property
    def optimizers(self) -> Mapping[str, torch.optim.Optimizer]:
        """One for each network that learns."""
        found = {"generator": self.networks.generator_optimizer, "critic": self.networks.critic_optimizer}
        return {name: optimizer for name, optimizer in found.items() if optimizer is not None}

    def update(self, turn: Turn) -> Measures:
        """Critic, then generator; where they share a batch they share the painted picture too."""
        config, networks = self.config, self.networks
        ((first, second),) = turn.parts
        share = mixing_share(config, turn.step, self.device)
        shared = first is second
        painted = paint(networks, second) if shared else paint_only(networks, first)
        measures = critic_update(networks, painted, share, config.loss)
        painted = painted if shared else paint(networks, second)
        measures |= generator_update(networks, painted, config.loss)
        update_average(networks, config, turn.step * config.batch)
        return measures

    def sheet(self) -> Sheet:
        """The probe drawings, painted by the generator that would be exported now."""
        networks = self.networks
        painter = Painter(networks.best_generator, networks.features, {}, torch.device(self.device))
        return paint_sheet(painter.paint, self.probes)

    def state_files(self, metadata: Mapping[str, Any]) -> dict[str, bytes]:
        """Networks and moments."""
        return state_files(self.networks, metadata)

    def restore(self, checkpoint: Path) -> None:
        """Puts a checkpoint back. Raises WeightsError."""
        restore(self.networks, checkpoint)

    def save_model(self, path: str, metadata: Mapping[str, Any]) -> None:
        """Writes the generator that users paint with."""
        save_model(path, self.networks.best_generator, self.networks.features, metadata)


def build(config: RunConfig, dataset: Dataset, device: str, team: Team) -> ColorTask:
    """A colouriser as it begins. Raises WeightsError where a pretrained file is missing, DatasetError."""
    column = next(iter(line_weights(dataset, config.lines)))
    return ColorTask(config, device, build_networks(config, device), build_probes(dataset, config.size, column))


def present(modules: Mapping[str, nn.Module | None]) -> dict[str, nn.Module]:
    """Only the networks that there are."""
    return {name: module for name, module in modules.items() if module is not None}


def mixing_share(config: RunConfig, step: int, device: str) -> Tensor | None:
    """U(0, 1) for each sample of the critic's batch, (B,); None at steps without a penalty."""
    if step % config.loss.penalty_every:
        return None
    return torch.from_numpy(generator(config.seed, step, "penalty").random(config.batch, np.float32)).to(device)
