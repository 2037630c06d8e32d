"""Does it listen? The colour difference to hints that were recoloured.

Formula: every hint's hue is turned by 120° (HSV, value and saturation at least 0.35, so that greys become colours), the
    drawing painted again, and CIEDE2000 taken to the new colours at the hints, as in `hint_delta_e`.
    gain: how much nearer the second picture is to the new colours than the first was, as a share of what the first
    lacked: 1 - mean ΔE(second, new) / mean ΔE(first, new).
Range and unit: 0 to about 100 ΔE2000, lower is better; the gain at most 1, 0 for a painter that is deaf.
Source: counterfactual evaluation; `hint_delta_e` alone cannot tell listening from guessing the likely colour.
Use: pictures without a hint have no value. One more forward pass.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from .hint_delta_e import hint_differences
from .sample import Metric, Sample, Value

VALUES = (Value("obedience_delta_e", "ΔE2000", "lower"), Value("obedience_gain", "share", "higher"))
TURN_DEGREES = 120.0
LEAST = 0.35


def recolored(hints: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same cells in other colours, float32 (4, h, w) in [-1, 1] with the mask last."""
    rgb = np.ascontiguousarray(((hints[:3] + 1) / 2).transpose(1, 2, 0).clip(0, 1), np.float32)
    hsv = cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0] + TURN_DEGREES) % 360
    hsv[..., 1:] = np.maximum(hsv[..., 1:], LEAST)
    turned = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB).transpose(2, 0, 1) * 2 - 1
    return np.concatenate([np.where(hints[3:] > 0, turned, np.float32(0)), hints[3:]]).astype(np.float32)


def prepare(device: str) -> Metric:
    """The metric at work; it needs no weights."""

    def measure(sample: Sample) -> dict[str, float]:
        if sample.repaint is None or not sample.hints[3].any():
            return {}
        wanted = recolored(sample.hints)
        before = hint_differences(sample.painted, sample.line, wanted)
        after = hint_differences(sample.repaint(wanted), sample.line, wanted)
        if not after.size:
            return {}
        lacked = float(before.mean())
        gain = 1 - float(after.mean()) / lacked if lacked > 0 else 0.0
        return {"obedience_delta_e": float(after.mean()), "obedience_gain": gain}

    return Metric(measure, needs_truth=False)
