"""LPIPS v0.1 on VGG16: learned perceptual distance to the truth.

Formula: squared differences of unit-length features at five layers of VGG16, weighted by a learned head and averaged
    over space, summed over layers (`lcpipe.model.lpips`).
Range and unit: 0 to about 1, no unit, lower is better; 0 for equal pictures.
Source: Zhang et al. 2018, arXiv:1801.03924; equal to the package lpips 0.1.4 with net="vgg" on the same weights.
Use: needs the files of weights of VGG16 and of the heads; without them it is not computed.
"""

from ..lpips import load_lpips, picture_batch
from .sample import Metric, Sample, Value

VALUES = (Value("lpips_vgg", "", "lower"),)


def prepare(device: str) -> Metric:
    """The metric at work. Raises WeightsError when a file of weights is missing."""
    network, files = load_lpips("vgg16", device)

    def measure(sample: Sample) -> dict[str, float]:
        painted, truth = picture_batch(sample.painted, device), picture_batch(sample.truth, device)
        return {"lpips_vgg": float(network(painted, truth))}

    return Metric(measure, files)
