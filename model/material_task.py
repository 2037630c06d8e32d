"""The task `materials`: the network of our own local features learns from drawn characters what their lines enclose.

A batch comes from the loader as (line, colour) like that of any task; the colours are those of `dataset.materials`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional as F

from lcpipe.pipeline.dataset.canonical import canonical
from lcpipe.pipeline.dataset.materials import LEAST_SATURATION, LEAST_VALUE, MATERIAL_HUES, MATERIALS
from lcpipe.pipeline.dataset.reading import Dataset
from lcpipe.pipeline.dataset.storage import write_bytes

from .checkpoints import FORMAT, KEY, prefixed, start_with
from .loader import line_weights
from .material_network import CELL_PX, MaterialNetwork
from .presets import RunConfig
from .samples import Probe, Sheet, UInt8, pairs, row_of
from .saved_state import MODEL, OPTIMIZER, moments, put_moments, read
from .tasks import Measures, Turn
from .team import Team
from .updates import adam, memory_format, seeded
from .weights import fill

PROBES = 12
TINY = 1e-6


@dataclass(frozen=True)
class MaterialTask:
    """What the trainer asks of a task, answered for one network."""

    config: RunConfig
    device: str
    team: Team
    network: MaterialNetwork
    optimizer: torch.optim.Adam
    probes: list[Probe]

    @property
    def trained(self) -> Mapping[str, nn.Module]:
        """The one network."""
        return {"material_network": self.network}

    @property
    def frozen(self) -> Mapping[str, nn.Module]:
        """Nothing pretrained takes part."""
        return {}

    @property
    def optimizers(self) -> Mapping[str, torch.optim.Optimizer]:
        """Adam."""
        return {"material_network": self.optimizer}

    def update(self, turn: Turn) -> Measures:
        """One step over all parts of the batch."""
        found: list[Measures] = []
        for _, batch in turn.parts:
            measures = material_measures(self.network(batch.line), material_shares(batch.color))
            (measures["loss"] / len(turn.parts)).backward()  # type: ignore[no-untyped-call]
            found.append({name: value.detach() for name, value in measures.items()})
        self.team.average_gradients([self.network])
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return {name: self.team.mean(torch.stack([one[name] for one in found]).mean()) for name in found[0]}

    def sheet(self) -> Sheet:
        """Held-out drawings with the materials that are read from them and the true ones; the share read wrongly."""
        rows, right = [], []
        for probe in self.probes:
            line, color = signed(probe.line[None], self.device), signed(probe.color.transpose(2, 0, 1), self.device)
            with torch.no_grad():
                logits, shares = self.network(line), material_shares(color)
                right.append(float(material_measures(logits, shares)["accuracy"]))
            shown = [false_colors(one[0]) for one in (logits, shares)]
            rows.append(row_of([np.dstack([probe.line] * 3), *shown, probe.color]))
        return Sheet(np.concatenate(rows), 1 - float(np.mean(right)))

    def state_files(self, metadata: Mapping[str, Any]) -> dict[str, bytes]:
        """The model and its moments."""
        files = {MODEL: model_bytes(self.network, metadata)}
        return files | {OPTIMIZER: save(moments("material_network.", self.optimizer))}

    def restore(self, checkpoint: Path) -> None:
        """Puts a checkpoint back. Raises WeightsError."""
        fill(self.network, read(checkpoint / MODEL), str(checkpoint / MODEL))
        put_moments("material_network.", self.optimizer, read(checkpoint / OPTIMIZER))

    def save_model(self, path: str, metadata: Mapping[str, Any]) -> None:
        """Writes the network, which `--set features=materials --set features_file=...` takes."""
        write_bytes(path, model_bytes(self.network, metadata))


def build(config: RunConfig, dataset: Dataset, device: str, team: Team) -> MaterialTask:
    """A network as it begins. Raises DatasetError where there is no such line column, WeightsError for the start."""
    weights = line_weights(dataset, config.lines)
    column = max(sorted(weights), key=lambda name: weights[name])
    with seeded(config.seed, "initial weights"):
        network = MaterialNetwork()
    if config.start_file:
        start_with(network, config.start_file)
    network.to(device, memory_format=memory_format(config))  # type: ignore[call-overload]
    probes = list(islice(pairs(dataset, config.size, column), PROBES))
    return MaterialTask(config, device, team, network, adam(network, config.optimizer), probes)


def signed(planes: UInt8, device: str) -> Tensor:
    """uint8 (C, H, W) as a batch of one, float32 in [-1, 1]."""
    return torch.from_numpy(np.ascontiguousarray(planes)).to(device)[None].float() / 127.5 - 1


def material_shares(color: Tensor) -> Tensor:
    """Colours (B, 3, H, W) in [-1, 1] -> the share of each cell's area per material, (B, materials, H/8, W/8).

    What ink covers has no material: the shares of a cell add up to the share of it that is no ink.
    """
    red, green, blue = ((color + 1) / 2).clamp(0, 1).unbind(1)
    value, least = torch.stack([red, green, blue]).amax(0), torch.stack([red, green, blue]).amin(0)
    chroma = (value - least).clamp_min(TINY)
    hue = torch.where(
        value == red,
        (green - blue) / chroma,
        torch.where(value == green, 2 + (blue - red) / chroma, 4 + (red - green) / chroma),
    )
    hues = torch.tensor(list(MATERIAL_HUES.values()), device=color.device).view(1, -1, 1, 1)
    apart = ((60 * hue[:, None] - hues + 180) % 360 - 180).abs()
    kind = torch.where((value - least) < LEAST_SATURATION * value, 0, 1 + apart.argmin(1))
    kinds = F.one_hot(kind, len(MATERIALS)).movedim(-1, 1).to(color.dtype)
    return F.avg_pool2d(kinds * (value >= LEAST_VALUE)[:, None], CELL_PX)


def material_measures(logits: Tensor, shares: Tensor) -> Measures:
    """Cross entropy per area, and the share of the area whose material is the likeliest one."""
    area = shares.sum().clamp_min(TINY)
    likeliest = F.one_hot(logits.argmax(1), len(MATERIALS)).movedim(-1, 1)
    loss = -(shares * F.log_softmax(logits, 1)).sum() / area
    return {"loss": loss, "accuracy": (shares * likeliest).sum() / area}


def false_colors(scores: Tensor) -> UInt8:
    """(materials, h, w) -> the likeliest material's colour, uint8 (8 h, 8 w, 3)."""
    hues = np.array([0, *MATERIAL_HUES.values()], np.float32)[scores.argmax(0).cpu().numpy()]
    known = (scores.argmax(0) > 0).cpu().numpy().astype(np.float32)
    rgb = cv2.cvtColor(np.dstack([hues, known, np.full_like(hues, 0.9)]), cv2.COLOR_HSV2RGB)
    return np.rint(rgb * 255).astype(np.uint8).repeat(CELL_PX, 0).repeat(CELL_PX, 1)


def model_bytes(network: MaterialNetwork, metadata: Mapping[str, Any]) -> bytes:
    """A model file's content."""
    document = {"format": FORMAT, "architecture": {"material_network": 1}, **metadata}
    return save(prefixed("", network), {KEY: canonical(document).decode()})
