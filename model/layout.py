"""The memory format of a run's networks: which is faster depends on the device, so a short probe asks the device.

The format moves sums by rounding. A run therefore keeps the one that it began with, and on a CPU, where channels_last
was never slower in any measurement, nothing is probed: no clock decides what numbers a run gives.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

import torch

from .loader import Batch
from .presets import RunConfig
from .run_folder import RUN, Note, read_json
from .team import Team
from .updates import build_networks, critic_update, generator_update, memory_format, paint

Layout = Literal["channels_last", "contiguous"]

LAYOUTS: tuple[Layout, Layout] = ("channels_last", "contiguous")
WARM, TIMED = 2, 3  # steps of each


def settled_format(config: RunConfig, run: Path, device: str, team: Team, note: Note) -> RunConfig:
    """The config with `auto` replaced by the format that the run has, or is to have; the leader's clock counts."""
    if config.memory_format != "auto":
        return config
    if (run / RUN).exists():
        return replace(config, memory_format=read_json(run / RUN)["config"]["memory_format"])
    if not device.startswith("cuda") or config.task != "colorize":
        return replace(config, memory_format=LAYOUTS[0])
    seconds = probed(config, device, team)
    fastest = min(seconds, key=lambda layout: seconds[layout])
    chosen = LAYOUTS[team.highest(LAYOUTS.index(fastest) if team.leads else 0)]
    note(f"memory format {chosen}: " + ", ".join(f"{name} {1000 * value:.0f} ms" for name, value in seconds.items()))
    return replace(config, memory_format=chosen)


def probed(config: RunConfig, device: str, team: Team) -> Mapping[Layout, float]:
    """Seconds of a step of this process's part of a batch in each format, on noise."""
    return {layout: step_seconds(replace(config, memory_format=layout), device, team) for layout in LAYOUTS}


def step_seconds(config: RunConfig, device: str, team: Team) -> float:
    """The shortest of some steps of freshly made networks, eager; they are thrown away."""
    networks, count, size = build_networks(config, device), config.batch // (team.size * config.accumulate), config.size
    noise, planes = torch.Generator().manual_seed(0), ((1, size), (3, size), (4, size // 4))
    parts = (torch.rand(count, depth, side, side, generator=noise) for depth, side in planes)
    batch = Batch(*parts).to(device, memory_format(config))
    shares, shortest = [torch.full((count,), 0.5, device=device)], float("inf")
    for turn in range(WARM + TIMED):
        began = time.perf_counter()
        painted = paint(networks, batch)
        critic_update(networks, [painted], shares, config.loss, Team())
        measures = generator_update(networks, [painted], config.loss, Team())
        float(measures["loss_content"])  # waits for the device
        if turn >= WARM:
            shortest = min(shortest, time.perf_counter() - began)
    return shortest
