"""What a neural network in an ONNX file says of a picture, such as a rating net; one for each `[measures.<name>]`.

The net sees one picture at a time and gives one number per class. Each becomes a column `<name>_<class>`, and `<name>`
says which class is the largest; a net of a single number gives the column `<name>`. It runs on one thread of the CPU.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from lcpipe.pipeline.dataset.decode import Facts
from lcpipe.pipeline.pixels import resized

version = 1

_CLASS = re.compile(r"[a-z][a-z0-9_]{0,47}")
_TYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
}
_PAPER = 255
_SILENT = 4  # ONNX Runtime's severity: it would write to stderr from inside

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Measure = Callable[[Bytes, Facts], dict[str, Any]]


@dataclass(frozen=True)
class Settings:
    """What the net wants to see, and what its numbers mean.

    The picture is brought to `size` (width, height) by `fit`, after which `border` pixels are cut from each side;
    then each value of 0 to 255 becomes (value × `scale` − `mean`) / `std`, both given once or per channel.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    path: str
    size: tuple[Annotated[int, Field(ge=1, le=4096)], Annotated[int, Field(ge=1, le=4096)]]
    classes: tuple[str, ...] = ()
    values: Annotated[int, Field(ge=1)] | None = None  # numbers the net gives, where `classes` names only the first
    layout: Literal["nchw", "nhwc"] = "nchw"
    channels: Literal["rgb", "bgr", "grey"] = "rgb"
    fit: Literal["squeeze", "crop", "pad"] = "squeeze"
    border: Annotated[int, Field(ge=0, le=1024)] = 0
    scale: float = 1 / 255
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    activation: Literal["none", "sigmoid", "softmax"] = "none"
    input: str | None = None  # its only one
    output: str | None = None  # its first one
    looks_at: Literal["reduced", "full"] = "reduced"

    def __post_init__(self) -> None:
        if bad := [name for name in self.classes if not _CLASS.fullmatch(name)]:
            raise ValueError(f"{bad[0]!r} cannot name a class: use a-z, 0-9 and _")
        if len(set(self.classes)) < len(self.classes):
            raise ValueError("a class is named twice")
        if self.values is not None and self.values < max(1, len(self.classes)):
            raise ValueError(f"values is {self.values}, fewer than the classes")
        depth = 1 if self.channels == "grey" else 3
        for name in ("mean", "std"):
            numbers = getattr(self, name)
            if len(numbers) not in (1, depth) or not np.isfinite(numbers).all():
                raise ValueError(f"{name} has to be one number, or {depth}")
        if not np.isfinite(self.scale) or 0.0 in self.std:
            raise ValueError("scale has to be a number, and std more than 0")


def columns(name: str, settings: Settings) -> dict[str, pa.DataType]:
    """The columns of a net called `name`."""
    if not settings.classes:
        return {name: pa.float32()}
    return {name: pa.string()} | {f"{name}_{one}": pa.float32() for one in settings.classes}


def prepare(name: str, settings: Settings, net: bytes) -> Measure:
    """The function that measures with a net, tried on a grey picture.

    Raises ValueError that says what does not fit, ModuleNotFoundError where ONNX Runtime is not installed.
    """
    run = _session(settings, net)
    named = tuple(columns(name, settings))
    trial = run(_tensor(np.full((8, 8, 3), 127, np.uint8), settings))
    wanted = settings.values or max(1, len(settings.classes))
    if trial.size != wanted:
        raise ValueError(
            f"the net gives {trial.size} numbers for a picture, {wanted} are expected: see classes, values"
        )
    if not np.isfinite(trial).all():
        raise ValueError("the net gives no finite numbers for a grey picture: check scale, mean and std")

    def measure(pixels: Bytes, facts: Facts) -> dict[str, Any]:
        scores = _activated(run(_tensor(pixels, settings)), settings.activation)
        if not settings.classes:
            return {name: float(scores[0])}
        told = [float(one) for one in scores[: len(settings.classes)]]
        likeliest = settings.classes[int(np.argmax(told))] if np.isfinite(told).all() else None
        return dict(zip(named, (likeliest, *told), strict=True))

    return measure


def _session(settings: Settings, net: bytes) -> Callable[[Floats], NDArray[np.float64]]:
    """Runs the net: from float32 (1, …) in its layout to its numbers, float64 (n,)."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _SILENT
    onnxruntime.set_default_logger_severity(_SILENT)
    try:
        session = onnxruntime.InferenceSession(net, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime has a type of its own for each of its failures
        raise ValueError(f"not an ONNX net that can be run: {_first_line(error)}") from None
    entry = _named("input", settings.input, session.get_inputs())
    result = _named("output", settings.output, session.get_outputs())
    if entry.type not in _TYPES:
        raise ValueError(f"the input '{entry.name}' takes {entry.type}; pictures are given as {', '.join(_TYPES)}")

    def run(tensor: Floats) -> NDArray[np.float64]:
        try:
            (numbers,) = session.run([result.name], {entry.name: tensor.astype(_TYPES[entry.type])})
        except Exception as error:  # as above
            shape, given = list(entry.shape), list(tensor.shape)
            raise ValueError(
                f"the net takes {shape}, not {given}: see size, layout and channels; {_first_line(error)}"
            ) from None
        return np.asarray(numbers, np.float64).reshape(-1)

    return run


def _named(what: str, name: str | None, there: list[Any]) -> Any:
    """The input or output that is meant."""
    names = [one.name for one in there]
    if name is None and (len(there) == 1 or what == "output"):
        return there[0]
    if name not in names:
        raise ValueError(f"the net has no {what} '{name}', but {', '.join(names)}: name one as {what}")
    return there[names.index(name)]


def _tensor(pixels: Bytes, settings: Settings) -> Floats:
    """The picture as the net wants it, float32 (1, C, H, W) or (1, H, W, C)."""
    border = settings.border
    framed = _FITS[settings.fit](pixels, settings.size[0] + 2 * border, settings.size[1] + 2 * border)
    inner = framed[border : border + settings.size[1], border : border + settings.size[0]]
    if settings.channels == "grey":
        inner = np.asarray(cv2.cvtColor(np.ascontiguousarray(inner), cv2.COLOR_RGB2GRAY), np.uint8)[..., None]
    elif settings.channels == "bgr":
        inner = inner[..., ::-1]
    mean, std = (np.array(one, np.float32) for one in (settings.mean, settings.std))
    values = (inner.astype(np.float32) * np.float32(settings.scale) - mean) / std
    return np.ascontiguousarray((values.transpose(2, 0, 1) if settings.layout == "nchw" else values)[None], np.float32)


def _cropped(pixels: Bytes, width: int, height: int) -> Bytes:
    """Scaled until it covers the size, then its centre."""
    scale = max(width / pixels.shape[1], height / pixels.shape[0])
    large = resized(pixels, max(width, round(pixels.shape[1] * scale)), max(height, round(pixels.shape[0] * scale)))
    y, x = (large.shape[0] - height) // 2, (large.shape[1] - width) // 2
    return large[y : y + height, x : x + width]


def _padded(pixels: Bytes, width: int, height: int) -> Bytes:
    """Scaled until it fits into the size, on the middle of white paper."""
    scale = min(width / pixels.shape[1], height / pixels.shape[0])
    inside = (max(1, round(side * scale)) for side in (pixels.shape[1], pixels.shape[0]))
    small = resized(pixels, *inside)[:height, :width]
    paper = np.full((height, width, 3), _PAPER, np.uint8)
    y, x = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    paper[y : y + small.shape[0], x : x + small.shape[1]] = small
    return paper


_FITS: dict[str, Callable[[Bytes, int, int], Bytes]] = {"squeeze": resized, "crop": _cropped, "pad": _padded}


def _activated(numbers: NDArray[np.float64], by: str) -> NDArray[np.float64]:
    if by == "sigmoid":
        return np.asarray(0.5 * (1 + np.tanh(numbers / 2)))  # the same, and never too large
    if by == "softmax":
        powers = np.exp(numbers - numbers.max())
        return np.asarray(powers / powers.sum())
    return numbers


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
