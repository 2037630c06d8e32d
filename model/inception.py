"""The Inception network of the published FID, from a file of weights, as a function of pictures.

A TorchScript file is a program; it is only run when its sha256 is one that is known here, or that the user vouched for
by importing it (`lcpipe weights import`). Features are kept by the content of the picture: a truth is looked at once.
"""

import hashlib
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from lcpipe.pipeline.dataset.errors import StorageError, WeightsError
from lcpipe.pipeline.dataset.storage import write_bytes

from .metrics.sample import Features
from .weights import WeightsFile, file_record, find_weights, user_cache, vouched_for

SIDE_PX = 299
NUMBERS = 2048
# sha256 of files whose program was read: the Inception of December 2015 with weights stored as fp16.
KNOWN = frozenset({"3edbf2b90244ec2535eede6adb4cdc9b798dff6644a58ea18774d8cf10472afd"})


def inception_input(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A picture, uint8 (H, W, 3), as float32 (3, 299, 299) in [-1, 1]: antialiased bicubic, no rounding in between."""
    planes = [Image.fromarray(picture[..., channel].astype(np.float32)) for channel in range(3)]
    size = (SIDE_PX, SIDE_PX)
    resized = np.stack([np.asarray(plane.resize(size, Image.Resampling.BICUBIC), np.float32) for plane in planes])
    return np.asarray(resized.clip(0, 255) / np.float32(127.5) - 1, np.float32)


@cache
def inception_features(device: str = "cpu") -> tuple[Features, WeightsFile]:
    """A function from a picture, uint8 (H, W, 3), to float32 (2048,), and the file it is from. Raises WeightsError."""
    path = find_weights("inception")
    record = file_record(path)
    if record.sha256 not in KNOWN and not vouched_for(record.sha256):
        raise WeightsError(
            "this file of Inception is not a known one", where=str(path), hint=f"`lcpipe weights import {path.name}`"
        )
    network = load_program(path).to(device)

    @torch.inference_mode()
    def compute(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        batch = torch.from_numpy(inception_input(picture))[None].to(device)
        return np.asarray(network(batch).flatten().cpu().numpy(), np.float32)

    return remembered(compute, user_cache() / "features" / f"inception-{record.sha256[:16]}"), record


def load_program(path: Path) -> torch.nn.Module:
    """The network of a TorchScript file, which is read and not run. Raises WeightsError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the published file has this format and no other
            network: torch.nn.Module = torch.jit.load(str(path), "cpu").float().eval()  # type: ignore[no-untyped-call]
    except (RuntimeError, ValueError) as error:
        reason = str(error).strip().split("\n")[0].split(". ")[0] or type(error).__name__
        raise WeightsError(f"cannot read Inception: {reason}", where=str(path), hint="fetch the file again") from None
    return network


def remembered(compute: Features, folder: Path) -> Features:
    """The same function with its answers kept in memory and in a folder, by the content of the picture."""
    known: dict[str, NDArray[np.float32]] = {}

    def features(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        key = hashlib.sha256(repr(picture.shape).encode() + np.ascontiguousarray(picture).tobytes()).hexdigest()
        if key not in known:
            known[key] = _kept(folder / key[:2] / f"{key}.f32", lambda: compute(picture))
        return known[key]

    return features


def _kept(path: Path, compute: Callable[[], NDArray[np.float32]]) -> NDArray[np.float32]:
    """The numbers in a file, or those computed now and written there where that can be done."""
    try:
        stored = np.frombuffer(path.read_bytes(), np.float32)
        if stored.size == NUMBERS and np.isfinite(stored).all():
            return stored
    except (OSError, ValueError):  # not there, or cut short
        pass
    fresh = compute()
    with suppress(StorageError):  # a full or locked cache costs time, never the evaluation
        write_bytes(str(path), fresh.tobytes())
    return fresh
