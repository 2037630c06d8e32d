"""What a checkpoint holds: networks and optimizers as safetensors, and back into a run, bit for bit."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor

from .checkpoints import group, model_bytes, prefixed
from .updates import Networks
from .weights import fill

MODEL, GENERATOR, CRITIC, OPTIMIZER = (f"{name}.safetensors" for name in ("model", "generator", "critic", "optimizer"))


def state_files(networks: Networks, metadata: Mapping[str, Any]) -> dict[str, bytes]:
    """The files of a checkpoint: a model file that can be painted with, and what only training needs."""
    files = {MODEL: model_bytes(networks.best_generator, networks.features, metadata)}
    if networks.average is not None:
        files[GENERATOR] = save(prefixed("", networks.generator))
    tensors = moments("generator.", networks.generator_optimizer)
    if networks.critic is not None and networks.critic_optimizer is not None:
        files[CRITIC] = save(prefixed("", networks.critic))
        tensors |= moments("critic.", networks.critic_optimizer)
    return {**files, OPTIMIZER: save(tensors)}


def restore(networks: Networks, checkpoint: Path) -> None:
    """Puts a whole checkpoint back into freshly built networks. Raises WeightsError."""
    model = group(read(checkpoint / MODEL), "generator.")
    fill(networks.best_generator, model, str(checkpoint / MODEL))
    if networks.average is not None:
        fill(networks.generator, read(checkpoint / GENERATOR), str(checkpoint / GENERATOR))
    tensors = read(checkpoint / OPTIMIZER)
    put_moments("generator.", networks.generator_optimizer, tensors)
    if networks.critic is not None and networks.critic_optimizer is not None:
        fill(networks.critic, read(checkpoint / CRITIC), str(checkpoint / CRITIC))
        put_moments("critic.", networks.critic_optimizer, tensors)


def read(path: Path) -> dict[str, Tensor]:
    """All tensors of a file of a checkpoint."""
    return load(path.read_bytes())


def parameters(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    """What an optimizer moves, in its order."""
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def moments(prefix: str, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The state of an optimizer as named tensors."""
    return {
        f"{prefix}{index}.{key}": value.cpu().contiguous()
        for index, parameter in enumerate(parameters(optimizer))
        for key, value in optimizer.state[parameter].items()
    }


def put_moments(prefix: str, optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Gives an optimizer its state back, each moment in its parameter's memory order.

    In another order the same numbers would pass through other vector instructions, which round differently.
    """
    for index, parameter in enumerate(parameters(optimizer)):
        state = group(tensors, f"{prefix}{index}.")
        for key in ("exp_avg", "exp_avg_sq"):
            state[key] = torch.empty_like(parameter).copy_(state[key])
        state["step"] = state["step"].to(parameter.device)
        optimizer.state[parameter] = state
