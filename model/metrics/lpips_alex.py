"""LPIPS v0.1 on AlexNet: learned perceptual distance to the truth.

Formula: squared differences of unit-length features at five layers of AlexNet, weighted by a learned head and averaged
    over space, summed over layers (`lcpipe.model.lpips`).
Range and unit: 0 to about 1, no unit, lower is better; 0 for equal pictures.
Source: Zhang et al. 2018, arXiv:1801.03924; equal to the package lpips 0.1.4 with net="alex" on the same weights.
Use: pictures of at least 64 pixels a side. Without the files of AlexNet and of the heads it is not computed.
"""

from ..lpips import SMALLEST_PX, distance_to_truth, load_lpips
from .sample import Metric, Sample, Value

VALUES = (Value("lpips_alex", "", "lower"),)


def prepare(device: str) -> Metric:
    """The metric at work. Raises WeightsError when a file of weights is missing."""
    network, files = load_lpips("alexnet", device)

    distance = distance_to_truth(network, device)

    def measure(sample: Sample) -> dict[str, float]:
        if min(sample.line.shape) < SMALLEST_PX:
            return {}
        return {"lpips_alex": distance(sample.painted, sample.truth)}

    return Metric(measure, files)
