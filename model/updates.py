"""The networks of a run and one update of each: what a training step computes, apart from the loop around it."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lcpipe.pipeline.dataset.draws import generator as draw_generator
from lcpipe.pipeline.dataset.errors import WeightsError

from .features import LocalFeatures, Perceptual, build_features, build_perceptual
from .loader import Batch
from .losses import (
    DRIFTS,
    PENALTIES,
    adversarial_loss,
    content_loss,
    critic_loss,
    input_gradient,
    mix,
    rms,
    sample_norm,
)
from .networks import Critic, Generator, scale_weights
from .presets import LossSettings, OptimizerSettings, RunConfig, critic_config, generator_config

Measures = dict[str, Tensor]
TINY = 1e-12  # a generator without error has no content gradient


@dataclass(frozen=True)
class Networks:
    """Everything that a run holds on the device. No critic where nothing is adversarial, no average where it is off."""

    generator: Generator
    critic: Critic | None
    average: Generator | None
    features: LocalFeatures | None
    perceptual: Perceptual | None
    generator_optimizer: torch.optim.Adam
    critic_optimizer: torch.optim.Adam | None

    @property
    def best_generator(self) -> Generator:
        """The generator that is shown, evaluated and exported."""
        return self.average or self.generator


@dataclass(frozen=True)
class Painted:
    """What the critic and the losses look at: a batch, its condition for the critic, and the generator's picture."""

    batch: Batch
    condition: Tensor | None
    fake: Tensor


def memory_format(config: RunConfig) -> torch.memory_format:
    """The layout of all activations and weights."""
    return torch.channels_last if config.memory_format == "channels_last" else torch.contiguous_format


def build_networks(config: RunConfig, device: str) -> Networks:
    """Freshly seeded networks and their optimizers. Raises WeightsError where a pretrained file is missing."""
    try:
        features = build_features(config.features, config.features_file)
        perceptual = build_perceptual(config.perceptual, config.perceptual_file)
    except WeightsError as error:
        error.hint += "; or name a substitute by --set features=none (vgg16) or --set perceptual=l1"
        raise
    with seeded(config.seed, "initial weights"):
        generator = Generator(generator_config(config))
        if config.generator.init == "scaled":
            scale_weights(generator)
        critic = Critic(critic_config(config)) if config.loss.adversarial_weight else None
    for module in (generator, critic, features, perceptual):
        if module is not None:
            module.to(device, memory_format=memory_format(config))  # type: ignore[call-overload]
    average = copy.deepcopy(generator).requires_grad_(False) if config.ema.half_life_images else None
    critic_optimizer = None if critic is None else adam(critic, config.optimizer)
    return Networks(
        generator, critic, average, features, perceptual, adam(generator, config.optimizer), critic_optimizer
    )


@contextmanager
def seeded(seed: int, purpose: str) -> Iterator[None]:
    """Torch's default generator set for one purpose, and left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(draw_generator(seed, 0, purpose).integers(2**63)))
        yield


def adam(module: nn.Module, settings: OptimizerSettings) -> torch.optim.Adam:
    """The optimizer of one network."""
    return torch.optim.Adam(module.parameters(), settings.learning_rate, settings.betas, fused=True)


def learning_rate(settings: OptimizerSettings, images: int) -> float:
    """The rate of a step before which the generator has seen so many images."""
    passed = sum(images >= milestone for milestone in settings.milestones_images)
    return settings.learning_rate * settings.factor**passed


def paint(networks: Networks, batch: Batch) -> Painted:
    """Runs the generator on a batch."""
    features = None if networks.features is None else networks.features(batch.line)
    fake = networks.generator(batch.line, batch.hint, features)
    kind = networks.critic.config.condition if networks.critic else "none"
    condition = {"features": features, "line": batch.line, "none": None}[kind]
    return Painted(batch, condition, fake)


@torch.no_grad()
def paint_only(networks: Networks, batch: Batch) -> Painted:
    """The generator's pictures for the critic, of which no gradient is asked."""
    return paint(networks, batch)


def critic_update(networks: Networks, painted: Painted, share: Tensor | None, settings: LossSettings) -> Measures:
    """One step of the critic: Wasserstein estimate, drift of the real scores, and the gradient penalty.

    `share`, (B,), is how much of the real picture is in each one that the penalty looks at; None leaves it out.
    """
    critic, optimizer = networks.critic, networks.critic_optimizer
    if critic is None or optimizer is None:
        return {}
    real, fake, condition = painted.batch.color, painted.fake.detach(), painted.condition
    twice = None if condition is None else torch.cat([condition, condition])
    real_scores, fake_scores = critic(torch.cat([real, fake]), twice).chunk(2)
    measures = {"loss_critic": critic_loss(real_scores, fake_scores), "drift": DRIFTS[settings.drift](real_scores)}
    loss = measures["loss_critic"] + settings.drift_weight * measures["drift"]
    if share is not None:
        _, gradient = input_gradient(critic, mix(real, fake, share), condition)
        penalty = PENALTIES[settings.penalty](gradient)
        loss = loss + settings.penalty_weight * settings.penalty_every * penalty
        measures |= {"penalty": penalty, "gradient_norm": sample_norm(gradient.detach()).mean()}
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return detached(measures)


def generator_update(networks: Networks, painted: Painted, settings: LossSettings) -> Measures:
    """One step of the generator.

    Both gradients are taken at its output and added there: the log gets their ratio, and nothing is computed twice.
    """
    fake = painted.fake
    content = content_loss(networks.perceptual, fake, painted.batch.color)
    (gradient,) = torch.autograd.grad(settings.content_weight * content, fake)
    measures = {"loss_content": content}
    if networks.critic is not None:
        adversarial = adversarial_loss(networks.critic(fake, painted.condition))
        (push,) = torch.autograd.grad(settings.adversarial_weight * adversarial, fake)
        measures |= {"loss_adversarial": adversarial, "gradient_ratio": rms(push) / rms(gradient).clamp_min(TINY)}
        gradient = gradient + push
    networks.generator_optimizer.zero_grad()
    fake.backward(gradient)  # type: ignore[no-untyped-call]
    networks.generator_optimizer.step()
    return detached(measures)


def detached(measures: Measures) -> Measures:
    """Values to be logged, without the graphs that they came from."""
    return {name: value.detach() for name, value in measures.items()}


@torch.no_grad()
def update_average(networks: Networks, config: RunConfig, images: int) -> None:
    """Moves the average towards the generator: half is renewed every half-life, sooner at first."""
    if networks.average is None:
        return
    half_life = min(float(config.ema.half_life_images), images * config.ema.ramp_up)
    kept = 0.5 ** (config.batch / max(half_life, 1e-8))
    for mean, value in zip(networks.average.parameters(), networks.generator.parameters(), strict=True):
        mean.lerp_(value, 1 - kept)
