"""Makes a small real model file, for tests of whatever paints with one."""

from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from lcpipe.model.checkpoints import save_model
from lcpipe.model.networks import Generator, GeneratorConfig


def make_small_model(path: Path, *, seed: int = 0, **metadata: Any) -> Path:
    """An untrained generator with few channels, and metadata as a trainer writes it."""
    torch.manual_seed(seed)
    facts = {"preset": "tiny", "run": {"sha256": "0" * 64, "step": 3, "images": 12}, "lcpipe": "0", "metrics": {}}
    save_model(str(path), Generator(GeneratorConfig(8, (1, 1, 1, 1), 0)), None, {**facts, **metadata})
    return path


def make_broken_model(path: Path) -> Path:
    """A generator one of whose biases is no number, so that nothing it paints is."""
    with safe_open(make_small_model(path), "pt") as opened:
        metadata = opened.metadata()
    tensors = load_file(path)
    name = next(key for key in tensors if key.endswith("bias"))
    tensors[name] = torch.full_like(tensors[name], float("nan"))
    save_file(tensors, path, metadata)
    return path
