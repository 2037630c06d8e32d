"""Finds and loads files of weights: by path, by name in LCPIPE_WEIGHTS or the user's cache, or those that are shipped.

Reads .safetensors, and .pth only as plain tensors; never runs code from a file.
"""

import hashlib
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from lcpipe.pipeline.dataset.errors import WeightsError

FOLDER_VARIABLE = "LCPIPE_WEIGHTS"
IMPORTED = "imported.sha256"  # what `lcpipe weights import` brought: digest and name a line, as sha256sum writes it

# What the published files of a network are usually called, the safest format first.
FILE_NAMES = {
    "anime2sketch": ("anime2sketch.safetensors", "netG.pth"),
    "informative": ("informative.safetensors", "netG_A_latest.pth", "sk_model.pth", "sk_model2.pth"),
    "sketchkeras": ("sketchkeras.safetensors", "mod.h5"),
    "illustration2vec": ("illustration2vec.safetensors", "illustration2vec.pth", "i2v.pth"),
    "materials": ("materials.safetensors",),
    "inception": ("fid_inception_ts_fp16.pt", "inception-2015-12-05.pt"),
    "inception_legacy": ("inception_v3.safetensors", "inception_v3_google-0cc3c7bd.pth", "inception_v3.pth"),
    "alexnet": ("alexnet.safetensors", "alexnet.pth", "alexnet-owt-7be5be79.pth", "alexnet_features_imagenet.pth"),
    "lpips_heads": ("lpips_lin_v0.1.pth",),
    "vgg16": ("vgg16.safetensors", "vgg16.pth", "vgg16-397923af.pth", "vgg16_features_imagenet_fp16.pth"),
}


@dataclass(frozen=True)
class WeightsFile:
    """A file that was used, as runs and models record it: only its name and bytes, never where it lay."""

    name: str
    sha256: str


def weights_folder() -> Path:
    """Where files of weights are looked for by name."""
    return Path(os.environ.get(FOLDER_VARIABLE) or user_cache() / "weights")


def user_cache() -> Path:
    """The user's own folder for what can be fetched or computed again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lcpipe"


def find_weights(network: str, path: str = "") -> Path:
    """The file with a network's weights. Raises WeightsError that says what to type."""
    if path:
        if not Path(path).is_file():
            raise WeightsError(f"no such file with weights of {network}", where=path, hint="check the path")
        return Path(path)
    found = own_file(network) or shipped_file(network)
    if found:
        return found
    raise WeightsError(
        f"the weights of {network} are missing",
        where=str(weights_folder()),
        hint=f"name the folder that has {FILE_NAMES[network][0]} by {FOLDER_VARIABLE}=FOLDER, or see `lcpipe weights`",
    )


def own_file(network: str) -> Path | None:
    """The user's file with a network's weights, found by its name."""
    return next((file for name in FILE_NAMES[network] if (file := weights_folder() / name).is_file()), None)


def shipped_file(network: str) -> Path | None:
    """The weights of a network that come with the package, if any do."""
    with resources.as_file(resources.files("lcpipe.manifests") / "models") as folder:
        file = folder / f"{network}.safetensors"
        return file if file.is_file() else None


def vouched_for(sha256: str) -> bool:
    """True when the user imported a file with this digest: its name stands in the list beside the files."""
    try:
        return sha256 in (weights_folder() / IMPORTED).read_text(encoding="utf-8").split()
    except OSError:
        return False


def file_record(path: Path) -> WeightsFile:
    """What a run records of a file of weights."""
    with path.open("rb") as file:
        return WeightsFile(path.name, hashlib.file_digest(file, "sha256").hexdigest())


def read_saved(path: Path) -> Any:
    """What a .safetensors or .pth file holds: nothing but tensors and plain values is built. Raises WeightsError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of formats that it then refuses, or reads all the same
            return load_file(path) if path.suffix == ".safetensors" else torch.load(path, "cpu", weights_only=True)
    except UnpicklingError:  # its message tells how to run whatever code is in the file
        reason = "it holds more than tensors, or is damaged"
    except Exception as error:  # the reader of .pth answers bytes that are none with any error there is
        reason = str(error).split("\n")[0].split(". ")[0] or type(error).__name__
    raise WeightsError(f"cannot read the weights: {reason}", where=str(path), hint="fetch the file again")


def read_tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a .safetensors or .pth file, names without a leading `module.`. Raises WeightsError."""
    loaded = read_saved(path)
    if isinstance(loaded, Mapping) and isinstance(loaded.get("state_dict"), Mapping):
        loaded = loaded["state_dict"]
    if not isinstance(loaded, Mapping) or not all(isinstance(value, Tensor) for value in loaded.values()):
        raise WeightsError("the file holds no plain tensors by name", where=str(path), hint="save a state dict instead")
    return {str(name).removeprefix("module."): tensor for name, tensor in loaded.items()}


def fill(module: nn.Module, tensors: Mapping[str, Tensor], where: str) -> None:
    """Copies every parameter and buffer from `tensors`; none may be missing or of another shape. Raises WeightsError.

    Training upon weights that were silently not loaded has happened to others: what is not asserted is lost.
    """
    wanted = module.state_dict()
    missing = sorted(wanted.keys() - tensors.keys())
    if missing:
        raise WeightsError(
            f"{len(missing)} tensors are missing, first {missing[0]}", where=where, hint="use the file of this network"
        )
    for name, target in wanted.items():
        if target.shape != tensors[name].shape:
            shapes = f"{tuple(tensors[name].shape)} instead of {tuple(target.shape)}"
            raise WeightsError(f"{name} has the shape {shapes}", where=where, hint="use the file of this network")
        target.copy_(tensors[name])
