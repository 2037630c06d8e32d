"""What a training run is told: one frozen config, filled from a preset in manifests/train/ and `--set key=value`.

Schedules are in images; a step is one update of the generator with `batch` images.
"""

import difflib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from importlib import resources
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from lcpipe.pipeline.dataset.errors import RecipeError

from .networks import CRITIC_STRIDES, SIDE_MULTIPLE, CriticConfig, GeneratorConfig

DEFAULT_PRESET = "tiny"
FEATURE_CHANNELS = {"none": 0, "illustration2vec": 512, "vgg16": 512, "materials": 128}

Positive = Annotated[int, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]
Weight = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Scale = Annotated[float, Field(gt=0, le=1)]
_FORBID = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class GeneratorSettings:
    """Width, blocks of tunnels 4, 3, 2 and 1, and how the weights begin: as torch does, or scaled for this depth."""

    __pydantic_config__ = _FORBID
    ngf: Annotated[int, Field(ge=4, multiple_of=2)] = 64
    blocks: tuple[Positive, Positive, Positive, Positive] = (20, 8, 8, 5)
    init: Literal["default", "scaled"] = "default"


@dataclass(frozen=True)
class CriticSettings:
    """Width, depth, start and condition, of which `auto` is the features, or the line drawing where there are none."""

    __pydantic_config__ = _FORBID
    ndf: Annotated[int, Field(ge=4, multiple_of=2)] = 64
    condition: Literal["auto", "features", "line", "none"] = "auto"
    head: Literal["official", "pooled"] = "official"
    strides: tuple[Literal[1, 2], ...] = CRITIC_STRIDES  # type: ignore[assignment]
    init: Literal["default", "scaled"] = "default"


@dataclass(frozen=True)
class OptimizerSettings:
    """Adam for both networks; the rate is multiplied by `factor` when each milestone's number of images is reached.

    With `decay_images` it also falls along half a cosine, to `factor` of itself when so many images were seen.
    """

    __pydantic_config__ = _FORBID
    learning_rate: Weight = 1e-4
    betas: tuple[Share, Share] = (0.5, 0.9)
    milestones_images: tuple[Positive, ...] = (500_000,)
    decay_images: Count = 0
    factor: Share = 0.1


@dataclass(frozen=True)
class LossSettings:
    """Weights and forms of the losses; an adversarial weight of 0 trains no critic.

    With `penalty_every` = k the penalty comes at every k-th step with k times its weight, as in StyleGAN2. The penalty
    `zero_centered` is R1 and R2 of real and painted pictures, `pixel` and `sample` hold norms between both at 1.
    `l1_weight` adds the plain difference of colours to a perceptual loss.
    """

    __pydantic_config__ = _FORBID
    content_weight: Weight = 1.0
    l1_weight: Weight = 0.0
    adversary: Literal["wasserstein", "relativistic"] = "wasserstein"
    adversarial_weight: Weight = 1e-4
    penalty: Literal["pixel", "sample", "zero_centered"] = "pixel"
    penalty_weight: Weight = 10.0
    penalty_every: Positive = 1
    drift: Literal["squared_mean", "mean_square"] = "squared_mean"
    drift_weight: Weight = 1e-3


@dataclass(frozen=True)
class EmaSettings:
    """The running average of the generator, shorter while few images were seen; a half-life of 0 switches it off."""

    __pydantic_config__ = _FORBID
    half_life_images: Count = 0
    ramp_up: Weight = 0.05


@dataclass(frozen=True)
class HintSettings:
    """How hints are simulated: single cells as published, points and strokes up to `most` a picture, or those mixed.

    `full` gives every cell its colour, to see whether a network can learn at all.
    Mixed: the share `regions` of hints fills the area it lies in, and the share `shifted` of pictures has its hints a
    little beside their places. But for the published kind, the share `painted` of the hinted pictures has a random
    share of all cells hinted instead, as if somebody had painted them over: it is what teaches a fresh network soonest
    that hints are colours.
    """

    __pydantic_config__ = _FORBID
    kind: Literal["published", "strokes", "mixed", "full"] = "published"
    unhinted: Share = 0.5
    most: Positive = 24
    painted: Share = 0.0
    regions: Share = 0.0
    shifted: Share = 0.0


@dataclass(frozen=True)
class DataSettings:
    """Order and augmentation: row groups mixed at a time, own batches for the critic, and the range of ink strength.

    Pictures are shrunk by a factor from `scale` before the crop, and the share `sketched` gets lines of a rough hand.
    The share `recolored` of the hinted pictures has all its hues turned: hints of any hue are to be obeyed.
    """

    __pydantic_config__ = _FORBID
    window: Positive = 8
    separate_batches: bool = True
    ink: tuple[Share, Share] = (0.7, 1.0)
    scale: tuple[Scale, Scale] = (1.0, 1.0)
    sketched: Share = 0.0
    recolored: Share = 0.0


@dataclass(frozen=True)
class SpeedSettings:
    """How exactly and how fast: `auto` is bf16 main passes, and compiled networks, on a GPU that can; fp32 elsewhere.

    `tf32` lets CUDA shorten the mantissa inside fp32 products. With `checkpointing` the generator's tunnels are
    computed again for their gradients instead of being kept: a third slower, in much less memory.
    """

    __pydantic_config__ = _FORBID
    precision: Literal["fp32", "tf32", "bf16", "auto"] = "fp32"
    compile: Literal["off", "on", "auto"] = "off"
    checkpointing: bool = False


@dataclass(frozen=True)
class OutputSettings:
    """How often, in steps, a run logs, draws its probe sheet and saves; `keep` is how many checkpoints stay.

    With `tensorboard` the log goes to event files as well, for those who have installed it.
    """

    __pydantic_config__ = _FORBID
    log_every: Positive = 50
    sample_every: Positive = 500
    checkpoint_every: Positive = 500
    keep: Positive = 3
    tensorboard: bool = False


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides what a run computes, and a few things that only say where and how fast.

    A `memory_format` of `auto` is settled when a run begins. `start_file` is a model whose generator a run begins with
    (its network, in the other tasks), instead of with drawn weights.
    """

    __pydantic_config__ = _FORBID
    preset: str = DEFAULT_PRESET
    task: Literal["colorize", "lines", "materials"] = "colorize"
    steps: Positive = 250_000
    batch: Positive = 4
    size: Annotated[int, Field(ge=SIDE_MULTIPLE, multiple_of=SIDE_MULTIPLE)] = 512
    seed: int = 2333
    lines: dict[str, Weight] = field(default_factory=dict)
    features: Literal["none", "illustration2vec", "vgg16", "materials"] = "illustration2vec"
    features_file: str = ""
    perceptual: Literal["l1", "vgg16", "vgg16_layers"] = "vgg16"
    perceptual_file: str = ""
    start_file: str = ""
    memory_format: Literal["auto", "channels_last", "contiguous"] = "auto"
    accumulate: Positive = 1
    threads: Count = 0
    workers: Count = 2
    generator: GeneratorSettings = GeneratorSettings()
    critic: CriticSettings = CriticSettings()
    optimizer: OptimizerSettings = OptimizerSettings()
    loss: LossSettings = LossSettings()
    ema: EmaSettings = EmaSettings()
    hints: HintSettings = HintSettings()
    data: DataSettings = DataSettings()
    speed: SpeedSettings = SpeedSettings()
    output: OutputSettings = OutputSettings()


# These say where, how fast or how long, not what is computed: another value goes on with the same run.
FILES = ("features_file", "perceptual_file", "start_file")
FREE = ("steps", *FILES, "workers", "accumulate", "speed.compile", "speed.checkpointing", "output.tensorboard")

_ADAPTER = TypeAdapter(RunConfig)


def default_preset(device: str) -> str:
    """Where no preset is named: what beats `alacgan` in equal time on a GPU, and what needs no other file on a CPU."""
    return "rpgan" if device.startswith("cuda") else DEFAULT_PRESET


def preset_names() -> list[str]:
    """The presets that are shipped."""
    folder = resources.files("lcpipe.manifests") / "train"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def preset_values(name: str) -> dict[str, Any]:
    """The keys that a preset's TOML sets. Raises RecipeError for an unknown name."""
    if name not in preset_names():
        raise RecipeError(f"no preset {name!r}", where="--preset", hint=nearest(name, preset_names()))
    text = (resources.files("lcpipe.manifests") / "train" / f"{name}.toml").read_text()
    return tomllib.loads(text)


def configure(preset: str = DEFAULT_PRESET, settings: Sequence[str] = (), steps: int | None = None) -> RunConfig:
    """A preset with `key=value` settings laid over it. Raises RecipeError."""
    values = {**preset_values(preset), "preset": preset}
    for setting in settings:
        values = laid_over(values, parse_setting(setting))
    if steps is not None:
        values["steps"] = steps
    return config_from(values, where="--set")


def parse_setting(setting: str) -> dict[str, Any]:
    """`a.b=1` as {"a": {"b": 1}}: the value is TOML, or else a string. Raises RecipeError."""
    key, equals, text = setting.partition("=")
    if not equals or not key.strip():
        raise RecipeError(
            f"{setting!r} is not KEY=VALUE", where="--set", hint="for example --set optimizer.learning_rate=2e-4"
        )
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()
    nested: Any = value
    for part in reversed(key.strip().split(".")):
        nested = {part: nested}
    return dict(nested)


def laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Nested tables merged, the upper one winning; a whole table for a table's own key merges too."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = laid_over(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def config_from(values: Mapping[str, Any], where: str) -> RunConfig:
    """Checks every name and type, then how they fit together. Raises RecipeError that names the key."""
    known = list(setting_names(RunConfig))
    for name in dotted(values):
        if name not in known and not name.startswith("lines."):
            raise RecipeError(f"no setting {name!r}", where=where, hint=nearest(name, known))
    try:
        config = _ADAPTER.validate_python(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise RecipeError(
            f"{key} = {first['input']!r}: {first['msg']}", where=where, hint="give another value"
        ) from None
    check(config, where)
    return config


def check(config: RunConfig, where: str) -> None:
    """Refuses settings of a colouriser that cannot work together. Raises RecipeError."""
    if config.batch % config.accumulate:
        what = f"a batch of {config.batch} cannot be cut into {config.accumulate} equal parts"
        raise RecipeError(what, where=where, hint="choose an `accumulate` that divides the batch")
    if config.task != "colorize":
        return
    unhinted = config.batch * config.hints.unhinted
    if abs(unhinted - round(unhinted)) > 1e-9:
        what = f"a batch of {config.batch} cannot have a share of {config.hints.unhinted} without hints"
        raise RecipeError(what, where=where, hint="choose an even batch, or another hints.unhinted")
    if config.critic.head == "official" and config.size != 512:
        what = f"the official critic takes pictures of 512, not {config.size}"
        raise RecipeError(what, where=where, hint="add --set critic.head=pooled")
    smallest = SIDE_MULTIPLE * 2 ** config.critic.strides.count(2)
    if config.size < smallest:
        what = f"the critic halves a crop of {config.size} more often than it can"
        raise RecipeError(
            what, where=where, hint=f"choose a size of at least {smallest}, or fewer 2s in critic.strides"
        )
    if config.critic.condition == "features" and config.features == "none":
        raise RecipeError(
            "the critic is to see features, but there are none", where=where, hint="name some by features=…"
        )


def setting_names(kind: Any, prefix: str = "") -> Iterator[str]:
    """Every dotted key of a config."""
    for entry in fields(kind):
        if is_dataclass(entry.type):
            yield from setting_names(entry.type, f"{prefix}{entry.name}.")
        else:
            yield prefix + entry.name


def dotted(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The dotted keys of nested tables."""
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from dotted(value, f"{prefix}{key}.")
        else:
            yield prefix + key


def nearest(name: str, known: Sequence[str]) -> str:
    """Advice that names the closest of what exists."""
    by_leaf = {entry.rpartition(".")[2]: entry for entry in known}
    close = difflib.get_close_matches(name, known, 1) or difflib.get_close_matches(name.rpartition(".")[2], by_leaf, 1)
    if not close:
        return "one of " + ", ".join(known)
    return f"did you mean {by_leaf.get(close[0], close[0])}?"


def plain(config: RunConfig) -> dict[str, Any]:
    """A config as JSON-ready nested tables, without what only says where a file lies."""
    values: dict[str, Any] = _ADAPTER.dump_python(config, mode="json")
    return {key: value for key, value in values.items() if not key.endswith("_file")}


def changed_settings(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The dotted keys in which two configs differ, but for those that decide nothing."""
    old, new = flat(before), flat(now)
    return sorted(key for key in old.keys() | new.keys() if key not in FREE and old.get(key) != new.get(key))


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables as one, with dotted keys."""
    result: dict[str, Any] = {}
    for key, value in values.items():
        result |= flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {prefix + key: value}
    return result


def substitutes(config: RunConfig) -> dict[str, str]:
    """Networks that stand in for those of the preset, which a run and every report then name."""
    published = config_from(preset_values(config.preset), where=config.preset)
    now, then = asdict(config), asdict(published)
    return {key: f"{now[key]} instead of {then[key]}" for key in ("features", "perceptual") if now[key] != then[key]}


def generator_config(config: RunConfig) -> GeneratorConfig:
    """The generator's layout that a run asks for."""
    return GeneratorConfig(config.generator.ngf, config.generator.blocks, FEATURE_CHANNELS[config.features])


def critic_config(config: RunConfig) -> CriticConfig:
    """The critic's layout that a run asks for."""
    chosen = config.critic
    condition = chosen.condition
    if condition == "auto":
        condition = "line" if config.features == "none" else "features"
    return CriticConfig(chosen.ndf, FEATURE_CHANNELS[config.features], condition, chosen.head, chosen.strides)
