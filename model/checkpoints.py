"""Model files: one .safetensors with the generator, its local features network and where they come from."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional

from lcpipe.pipeline.dataset.canonical import canonical
from lcpipe.pipeline.dataset.errors import WeightsError
from lcpipe.pipeline.dataset.storage import write_bytes

from .features import BUILDERS, LocalFeatures, freeze
from .networks import Generator, GeneratorConfig
from .weights import fill

FORMAT = 1
ADVICE = "give a model.safetensors written by `lcpipe train`"
KEY = "lcpipe"  # safetensors keeps metadata as strings by name; ours is one canonical JSON


def architecture(generator: Generator, features: LocalFeatures | None) -> dict[str, Any]:
    """What must be known to build the networks of a model file again."""
    return {
        "generator": asdict(generator.config),
        "features": None if features is None else {"name": features.name, "weights": weights_record(features)},
    }


def weights_record(module: nn.Module) -> dict[str, str] | None:
    """The file that a frozen network came from."""
    record = getattr(module, "weights", None)
    return None if record is None else asdict(record)


def save_model(path: str, generator: Generator, features: LocalFeatures | None, metadata: Mapping[str, Any]) -> None:
    """Writes a model file atomically, unless it is there already. `metadata` names preset, dataset, run, version."""
    data = model_bytes(generator, features, metadata)
    if not Path(path).is_file() or Path(path).read_bytes() != data:
        write_bytes(path, data)


def model_bytes(generator: Generator, features: LocalFeatures | None, metadata: Mapping[str, Any]) -> bytes:
    """A model file's content; the architecture is added to the metadata here."""
    tensors = prefixed("generator.", generator)
    if features is not None:
        tensors |= prefixed("features.", features)
    document = {"format": FORMAT, "architecture": architecture(generator, features), **metadata}
    return save(tensors, {KEY: canonical(document).decode()})


def prefixed(prefix: str, module: nn.Module) -> dict[str, Tensor]:
    """A module's tensors under a common prefix, in plain memory order."""
    return {prefix + name: tensor.detach().cpu().contiguous() for name, tensor in module.state_dict().items()}


def load_model(path: str | Path) -> tuple[Generator, LocalFeatures | None, dict[str, Any]]:
    """The generator in evaluation mode, its local features network or None, and the metadata. Raises WeightsError."""
    tensors, metadata = read_model_file(Path(path))
    try:
        generator, features = build(metadata["architecture"])
    except (KeyError, TypeError, ValueError, RuntimeError):
        raise WeightsError("the model's architecture is not one of ours", where=str(path), hint=ADVICE) from None
    fill(generator, group(tensors, "generator."), str(path))
    if features is not None:
        fill(features, group(tensors, "features."), str(path))
    return generator, features, metadata


WIDENED = "tunnel4.0.weight"  # the one tensor whose input channels depend on the local features, which come last


def start_from(generator: Generator, path: str) -> None:
    """Gives a fresh generator the weights of a model file, which may know fewer local features.

    Those it does not know count for nothing, so it paints as the model does until it has learned their use. Raises
    WeightsError.
    """
    tensors = group(read_model_file(Path(path))[0], "generator.")
    wanted, found = generator.state_dict()[WIDENED], tensors.get(WIDENED)
    missing = 0 if found is None else wanted.shape[1] - found.shape[1]
    if found is not None and missing > 0:
        tensors[WIDENED] = functional.pad(found, (0, 0, 0, 0, 0, missing))
    fill(generator, tensors, path)


def start_with(network: nn.Module, path: str) -> None:
    """Gives a fresh network that is a model of its own the weights of such a model's file. Raises WeightsError."""
    fill(network, read_model_file(Path(path))[0], path)


def build(plan: Mapping[str, Any]) -> tuple[Generator, LocalFeatures | None]:
    """The frozen networks that a model file describes, their weights still random."""
    generator = Generator(generator_config(plan["generator"]))
    freeze(generator)
    return generator, None if plan["features"] is None else BUILDERS[plan["features"]["name"]]()


def generator_config(values: Mapping[str, Any]) -> GeneratorConfig:
    """A config that went through JSON."""
    at4, at3, at2, at1 = values["blocks"]
    return GeneratorConfig(values["ngf"], (at4, at3, at2, at1), values["feature_channels"])


def group(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors below a prefix, without it, in fp32 whatever they were stored as."""
    return {name.removeprefix(prefix): tensor.float() for name, tensor in tensors.items() if name.startswith(prefix)}


def read_model_file(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and metadata of a model file. Raises WeightsError where it is not one."""
    if not path.is_file():
        raise WeightsError("no such model file", where=str(path), hint=ADVICE)
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}
            text = (file.metadata() or {}).get(KEY, "")
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"cannot read the model: {error}", where=str(path), hint="copy or train it again") from None
    return tensors, parse_metadata(text, path)


def parse_metadata(text: str, path: Path) -> dict[str, Any]:
    """The metadata of a model file. Raises WeightsError for another format."""
    try:
        metadata = json.loads(text) if text else {}
    except ValueError:
        metadata = {}
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise WeightsError("not a model of lcpipe, or of another version", where=str(path), hint=ADVICE)
    return metadata
