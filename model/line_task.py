"""The task `lines`: a small network learns from pictures and their true lines to draw the lines of other pictures.

A batch comes from the loader as (line, colour) like that of any task; here the colour is what the network sees, in
many other styles, and the line is what it should draw.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save
from torch import Tensor, nn

from lcpipe.extractors._line_network import LineNetwork, detail_planes
from lcpipe.pipeline.dataset.canonical import canonical
from lcpipe.pipeline.dataset.draws import generator
from lcpipe.pipeline.dataset.reading import Dataset
from lcpipe.pipeline.dataset.storage import write_bytes

from .checkpoints import FORMAT, KEY, prefixed, start_with
from .line_augment import restyled
from .loader import Batch, line_weights
from .presets import RunConfig
from .samples import Probe, Sheet, pairs, row_of
from .saved_state import MODEL, OPTIMIZER, moments, put_moments, read
from .tasks import Measures, Turn
from .team import Team
from .updates import memory_format, seeded
from .weights import fill

Float32 = NDArray[np.float32]
NETWORK = "network.safetensors"
PROBES = 6


@dataclass(frozen=True)
class LineTask:
    """What the trainer asks of a task, answered for one network and its running average."""

    config: RunConfig
    device: str
    team: Team
    network: LineNetwork
    average: LineNetwork
    optimizer: torch.optim.Adam
    probes: list[Probe]

    @property
    def trained(self) -> Mapping[str, nn.Module]:
        """The one network."""
        return {"line_network": self.network}

    @property
    def frozen(self) -> Mapping[str, nn.Module]:
        """Nothing pretrained takes part."""
        return {}

    @property
    def optimizers(self) -> Mapping[str, torch.optim.Optimizer]:
        """Adam."""
        return {"line_network": self.optimizer}

    def update(self, turn: Turn) -> Measures:
        """One step over all parts of the batch, each picture in a style of its own."""
        total, measures = torch.zeros(()), dict[str, Tensor]()
        for number, (_, batch) in enumerate(turn.parts):
            seen, wanted = styled(self.config, batch, turn.step, number * self.team.size + self.team.rank)
            planes = seen.to(self.device, memory_format=memory_format(self.config))
            loss = line_loss(self.network(planes), wanted.to(self.device))
            (loss / len(turn.parts)).backward()  # type: ignore[no-untyped-call]
            total = total + loss.detach().cpu() / len(turn.parts)
        self.team.average_gradients([self.network])
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self._move_average(turn.step * self.config.batch)
        measures["loss"] = self.team.mean(total.to(self.device))
        return measures

    def _move_average(self, images: int) -> None:
        """Half of the average is renewed every half-life, sooner at first."""
        half_life = min(float(self.config.ema.half_life_images), images * self.config.ema.ramp_up)
        kept = 0.5 ** (self.config.batch / max(half_life, 1e-8))
        with torch.no_grad():
            for mean, value in zip(self.average.parameters(), self.network.parameters(), strict=True):
                mean.lerp_(value, 1 - kept)

    def sheet(self) -> Sheet:
        """Held-out pictures as they are and in another style, each with what is drawn of it, and their true lines."""
        rows, errors = [], []
        for number, probe in enumerate(self.probes):
            picture, ink = (np.asarray(plane / 255.0, np.float32) for plane in (probe.color, 255 - probe.line))
            other = restyled(generator(0, number, "probe style"), picture, ink)
            drawn = [self._drawn(one) for one in (picture, other)]
            errors += [float(np.abs(one - ink).mean()) for one in drawn]
            shown = (picture, *map(_shown, drawn[:1]), other, *map(_shown, drawn[1:]), _shown(ink))
            rows.append(row_of([np.asarray(np.round(255 * one), np.uint8) for one in shown]))
        return Sheet(np.concatenate(rows), float(np.mean(errors)))

    def _drawn(self, picture: Float32) -> Float32:
        """Ink in [0, 1], float32 (H, W)."""
        planes = torch.from_numpy(detail_planes(picture))[None]
        with torch.no_grad():
            ink = torch.sigmoid(self.average(planes.to(self.device, memory_format=memory_format(self.config))))
        return np.asarray(ink[0, 0].cpu().numpy(), np.float32)

    def state_files(self, metadata: Mapping[str, Any]) -> dict[str, bytes]:
        """The model, the network itself and its moments."""
        network = save(prefixed("", self.network))
        return {
            MODEL: model_bytes(self.average, metadata),
            NETWORK: network,
            OPTIMIZER: save(moments("line_network.", self.optimizer)),
        }

    def restore(self, checkpoint: Path) -> None:
        """Puts a checkpoint back. Raises WeightsError."""
        with torch.no_grad():
            fill(self.average, read(checkpoint / MODEL), str(checkpoint / MODEL))
            fill(self.network, read(checkpoint / NETWORK), str(checkpoint / NETWORK))
        put_moments("line_network.", self.optimizer, read(checkpoint / OPTIMIZER))

    def save_model(self, path: str, metadata: Mapping[str, Any]) -> None:
        """Writes the average, which the extractor `sketch` draws with."""
        data = model_bytes(self.average, metadata)
        if not Path(path).is_file() or Path(path).read_bytes() != data:
            write_bytes(path, data)


def build(config: RunConfig, dataset: Dataset, device: str, team: Team) -> LineTask:
    """A line network as it begins. Raises DatasetError where no such line column is, WeightsError for the start."""
    weights = line_weights(dataset, config.lines)
    column = max(sorted(weights), key=lambda name: weights[name])
    with seeded(config.seed, "initial weights"):
        network = LineNetwork()
    if config.start_file:
        start_with(network, config.start_file)
    network.to(device, memory_format=memory_format(config))  # type: ignore[call-overload]
    average = copy.deepcopy(network).requires_grad_(False)
    settings = config.optimizer
    optimizer = torch.optim.Adam(network.parameters(), settings.learning_rate, settings.betas, fused=True)
    probes = list(islice(pairs(dataset, config.size, column), PROBES))
    return LineTask(config, device, team, network, average, optimizer, probes)


def styled(config: RunConfig, batch: Batch, step: int, part: int) -> tuple[Tensor, Tensor]:
    """What the network sees, (B, 4, S, S), and the ink that it should draw, (B, 1, S, S) in [0, 1]; on the CPU."""
    inks = (1 - batch.line.cpu().contiguous().numpy()) / 2
    pictures = ((batch.color.cpu().permute(0, 2, 3, 1).numpy() + 1) / 2).astype(np.float32)
    seen = []
    for number, (picture, ink) in enumerate(zip(pictures, inks, strict=True)):
        rng = generator(config.seed, f"{step}/{part}/{number}", "style")
        seen.append(detail_planes(restyled(rng, np.ascontiguousarray(picture), ink[0])))
    return torch.from_numpy(np.stack(seen)), torch.from_numpy(inks)


def line_loss(logits: Tensor, ink: Tensor) -> Tensor:
    """Cross entropy and Dice's overlap in equal parts: the second counts thin lines as much as wide paper."""
    entropy = nn.functional.binary_cross_entropy_with_logits(logits, ink)
    drawn = torch.sigmoid(logits)
    overlap = (2 * (drawn * ink).sum() + 1) / ((drawn * drawn).sum() + (ink * ink).sum() + 1)
    return 4 * entropy + (1 - overlap)


def model_bytes(network: LineNetwork, metadata: Mapping[str, Any]) -> bytes:
    """A model file's content, with its layout in the metadata."""
    layout = {"line_network": {"widths": list(network.widths), "fine": network.fine}}
    document = {"format": FORMAT, "architecture": layout, **metadata}
    return save(prefixed("", network), {KEY: canonical(document).decode()})


def _shown(ink: Float32) -> Float32:
    """Ink as a drawing of three channels."""
    return np.repeat(1 - ink[..., None], 3, axis=2)
