"""A program of its own: what lpips and torch-fidelity say of given numbers, as JSON on its standard output.

    PYTHONPATH=FOLDER python published_metrics.py GIVEN.npz

GIVEN.npz holds features `x` and `y` (n, d), pictures `first` and `second` float32 (1, 3, H, W) in [-1, 1], and the
convolutions of each backbone in their order, as `alex weight 0`, `alex bias 0` and so on.
"""

import importlib.util
import json
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

# All that torchvision's Python code speaks of; where its compiled part does not load, they need to have names.
OPERATORS = (
    "nms", "qnms", "roi_align", "_roi_align_backward", "qroi_align", "roi_pool", "_roi_pool_backward", "ps_roi_align",
    "_ps_roi_align_backward", "ps_roi_pool", "_ps_roi_pool_backward", "deform_conv2d", "_deform_conv2d_backward",
)  # fmt: skip


def name_operators() -> list[torch.library.Library]:
    """Declares torchvision's operators where its compiled part cannot be loaded; whoever holds the answer keeps them.

    Neither package uses one of them, but torchvision refuses to be imported when they have no names: its published
    build links CUDA's libraries, which the CPU build of torch has not.
    """
    spec = importlib.util.find_spec("torchvision")
    compiled = Path(spec.origin or "").parent / "_C.so" if spec else None
    try:
        torch.ops.load_library(str(compiled))
    except OSError:
        library = torch.library.Library("torchvision", "DEF")
        for name in OPERATORS:
            library.define(f"{name}(Tensor value) -> Tensor")
        return [library]
    return []


def distances(given: Mapping[str, Any]) -> dict[str, float]:
    """LPIPS of the two pictures on both backbones, with the heads that the package brings."""
    import lpips

    found = {}
    first, second = (torch.from_numpy(given[name]) for name in ("first", "second"))
    for backbone in ("alex", "vgg"):
        network = lpips.LPIPS(net=backbone, pnet_rand=True, verbose=False).eval()
        convolutions = [part for part in network.net.modules() if isinstance(part, torch.nn.Conv2d)]
        for place, convolution in enumerate(convolutions):
            convolution.load_state_dict({
                name: torch.from_numpy(given[f"{backbone} {name} {place}"]) for name in ("weight", "bias")
            })  # fmt: skip
        with torch.no_grad():
            found[f"lpips_{backbone}"] = float(network(first, second))
    return found


def set_distances(given: Mapping[str, Any]) -> dict[str, float]:
    """FID and KID of the two sets of features."""
    from torch_fidelity.metric_fid import fid_statistics_to_metric
    from torch_fidelity.metric_kid import mmd2

    x, y = (given[name].astype(np.float64) for name in ("x", "y"))
    means = [{"mu": part.mean(0), "sigma": np.cov(part, rowvar=False)} for part in (x, y)]
    kernels = [(a @ b.T / x.shape[1] + 1) ** 3 for a, b in ((x, x), (x, y), (y, y))]
    frechet = fid_statistics_to_metric(*means, False)["frechet_inception_distance"]
    return {"fid": float(frechet), "kid": float(mmd2(*kernels))}


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # the packages call torchvision in ways that it has come to warn of
    kept = name_operators()
    with np.load(sys.argv[1]) as opened:
        numbers = dict(opened)
    sys.stdout.write(json.dumps(distances(numbers) | set_distances(numbers)) + "\n")
