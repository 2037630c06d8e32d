"""FID as the released code of AlacGAN computed it. NOT comparable with any other FID.

Formula: the Fréchet distance over the 2048 features of torchvision's ImageNet InceptionV3, which is given pictures
    averaged to 299 pixels in a range it was not trained for (black -0.030, -0.088, -0.188; white 0.428, 0.360, 0.262).
Range and unit: 0 to some hundreds, no unit, lower is better.
Source: `utils/fid.py` and `utils/inception.py` of the code of Ci et al. 2018; its reference statistics are not public.
Use: only beside other `fid_legacy` at equal n and reference set. It repeats a mistake on purpose.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from ..inception_v3 import legacy_input, load_inception_v3
from ..set_distances import frechet_spread
from .sample import SetMetric, Value

VALUES = (Value("fid_legacy@torchvision", "", "lower"),)


def note(n: int) -> str:
    """What a reader must know at this number of pictures."""
    return "fid_legacy repeats a mistake of the released code: it compares with no other FID"


def prepare(device: str) -> SetMetric:
    """The metric at work. Raises WeightsError when the file of weights is missing."""
    network, file = load_inception_v3()
    network.to(device)

    @torch.inference_mode()
    def features(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        batch = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1))).to(device).float()[None] / 255
        return np.asarray(network(legacy_input(batch))[0].cpu().numpy(), np.float32)

    values = (Value(f"fid_legacy@torchvision-{file.sha256[:8]}", "", "lower"),)
    return SetMetric(features, frechet_spread, values, (file,), least=8, note=note)
