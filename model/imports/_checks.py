"""What converters of line networks share: names and shapes are checked before anything is written."""

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from lcpipe.pipeline.dataset.errors import WeightsError

from ..weights import file_record


def matched(tensors: Mapping[str, Tensor], make: Callable[[], nn.Module], path: Path) -> dict[str, Tensor]:
    """Exactly the tensors of a network, float32, in its order. Raises WeightsError where one does not fit."""
    with torch.device("meta"):  # shapes alone
        network = make()
    wanted = {name: value for name, value in network.state_dict().items() if not name.endswith("num_batches_tracked")}
    hint = "check that the file is whole and of this network; other variants of it are not known"
    missing = sorted(wanted.keys() - tensors.keys())
    if missing:
        raise WeightsError(f"{len(missing)} tensors are missing, first {missing[0]}", where=str(path), hint=hint)
    for name, value in wanted.items():
        if tensors[name].shape != value.shape:
            shapes = f"{tuple(tensors[name].shape)} instead of {tuple(value.shape)}"
            raise WeightsError(f"{name} has the shape {shapes}", where=str(path), hint=hint)
        if not bool(tensors[name].isfinite().all()):
            raise WeightsError(f"{name} holds values that are no numbers", where=str(path), hint=hint)
    return {name: tensors[name].float().contiguous() for name in wanted}


def origin(path: Path) -> dict[str, str]:
    """Which file the tensors came from, for the metadata of the converted one."""
    record = file_record(path)
    return {"source": record.name, "source_sha256": record.sha256}
