"""Makes a small real model file, for tests of whatever paints with one."""

from pathlib import Path
from typing import Any

import torch

from lcpipe.model.checkpoints import save_model
from lcpipe.model.networks import Generator, GeneratorConfig


def make_small_model(path: Path, *, seed: int = 0, **metadata: Any) -> Path:
    """An untrained generator with few channels, and metadata as a trainer writes it."""
    torch.manual_seed(seed)
    facts = {"preset": "tiny", "run": {"sha256": "0" * 64, "step": 3, "images": 12}, "lcpipe": "0", "metrics": {}}
    save_model(str(path), Generator(GeneratorConfig(8, (1, 1, 1, 1), 0)), None, {**facts, **metadata})
    return path
