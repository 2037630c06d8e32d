"""The task `colorize`: a generator that paints line drawings by hints, with its critic and its running average."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lcpipe.pipeline.dataset.draws import generator
from lcpipe.pipeline.dataset.reading import Dataset

from .checkpoints import save_model
from .loader import Batch, line_weights
from .painter import Painter
from .presets import RunConfig
from .run_folder import Note
from .samples import Probe, Sheet, build_probes, paint_sheet
from .saved_state import restore, state_files
from .speed import checked_gradient, compile_checked, main_pass, wants_compiling
from .tasks import Measures, Turn
from .team import Team
from .updates import (
    Networks,
    build_networks,
    critic_update,
    generator_update,
    memory_format,
    paint,
    paint_only,
    update_average,
)


@dataclass(frozen=True)
class ColorTask:
    """What the trainer asks of a task, answered for the networks of a colouriser."""

    config: RunConfig
    device: str
    networks: Networks
    probes: list[Probe]
    team: Team

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
        """Critic, then generator; where they share a batch that is in one part, they share its painted picture too."""
        config, networks, parts = self.config, self.networks, turn.parts
        alone = len(parts) == 1 and parts[0][0] is parts[0][1]
        painted = [paint(networks, second) if alone else paint_only(networks, first) for first, second in parts]
        measures = critic_update(networks, painted, self.shares(turn), config.loss, self.team)
        fresh = painted if alone else (paint(networks, second) for _, second in parts)
        measures |= generator_update(networks, fresh, config.loss, self.team, len(parts))
        update_average(networks, config, turn.step * config.batch)
        return measures

    def shares(self, turn: Turn) -> list[Tensor | None]:
        """U(0, 1) for each sample of the critic's parts; None at steps without a penalty."""
        count = len(turn.parts)
        if turn.step % self.config.loss.penalty_every:
            return [None] * count
        drawn = generator(self.config.seed, turn.step, "penalty").random(self.config.batch, np.float32)
        mine = np.split(np.split(drawn, self.team.size)[self.team.rank], count)
        return [torch.from_numpy(part).to(self.device) for part in mine]

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
    networks = build_networks(config, device)
    if wants_compiling(config.speed, device):
        networks = compiled(networks, config, device, team, logging.getLogger("lcpipe.model").warning)
    return ColorTask(config, device, networks, build_probes(dataset, config.size, column), team)


def present(modules: Mapping[str, nn.Module | None]) -> dict[str, nn.Module]:
    """Only the networks that there are."""
    return {name: module for name, module in modules.items() if module is not None}


def compiled(networks: Networks, config: RunConfig, device: str, team: Team, note: Note) -> Networks:
    """The networks with what can be compiled compiled in place, after a comparison on blank drawings."""
    count, size = config.batch // (team.size * config.accumulate), config.size
    shapes = {"line": (count, 1, size, size), "hint": (count, 4, size // 4, size // 4), "color": (count, 3, size, size)}
    line, hint, color = (torch.rand(shape, generator=torch.Generator().manual_seed(0)) for shape in shapes.values())
    batch = Batch(line, color, hint).to(device, memory_format(config))
    with torch.no_grad(), main_pass(networks.precision, batch.line.device):
        features = None if networks.features is None else networks.features(batch.line)
        inputs = {
            "generator": (batch.line, batch.hint, features),
            "features": (batch.line,),
            "perceptual": (batch.color,),
        }
        modules = present({name: getattr(networks, name) for name in inputs})
        compile_checked(modules, inputs, note)
    if networks.critic is None:
        return networks
    condition = {"features": features, "line": batch.line, "none": None}[networks.critic.config.condition]
    gradient = checked_gradient(networks.critic, batch.color, None if condition is None else condition.float(), note)
    return replace(networks, input_gradient=gradient)
