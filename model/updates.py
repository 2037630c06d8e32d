"""The networks of a run and one update of each: what a training step computes, apart from the loop around it."""

import copy
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lcpipe.pipeline.dataset.draws import generator as draw_generator
from lcpipe.pipeline.dataset.errors import WeightsError

from .checkpoints import start_from
from .features import LayeredPerceptual, LocalFeatures, Perceptual, build_features, build_perceptual
from .loader import Batch
from .losses import (
    ADVERSARIES,
    DRIFTS,
    PENALTIES,
    InputGradient,
    content_loss,
    input_gradient,
    mix,
    rms,
    sample_norm,
    shared_squared_mean,
)
from .networks import Critic, Generator, scale_weights
from .presets import LossSettings, OptimizerSettings, RunConfig, critic_config, generator_config
from .speed import main_pass, main_precision
from .team import Team

Measures = dict[str, Tensor]
TINY = 1e-12  # a generator without error has no content gradient


@dataclass(frozen=True)
class Networks:
    """Everything that a run holds on the device. No critic where nothing is adversarial, no average where it is off."""

    generator: Generator
    critic: Critic | None
    average: Generator | None
    features: LocalFeatures | None
    perceptual: Perceptual | LayeredPerceptual | None
    generator_optimizer: torch.optim.Adam
    critic_optimizer: torch.optim.Adam | None
    precision: torch.dtype | None = None
    input_gradient: InputGradient = input_gradient

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
    """The layout of all activations and weights; channels_last where it has not been settled."""
    return torch.contiguous_format if config.memory_format == "contiguous" else torch.channels_last


def build_networks(config: RunConfig, device: str) -> Networks:
    """Freshly seeded networks and their optimizers. Raises WeightsError where a pretrained file is missing."""
    try:
        features = build_features(config.features, config.features_file)
        perceptual = build_perceptual(config.perceptual, config.perceptual_file)
    except WeightsError as error:
        error.hint += "; or name a substitute: --set features=none or features=vgg16, --set perceptual=l1"
        raise
    with seeded(config.seed, "initial weights"):
        generator = Generator(generator_config(config))
        if config.generator.init == "scaled":
            scale_weights(generator)
        if config.start_file:
            start_from(generator, config.start_file)
        critic = Critic(critic_config(config)) if config.loss.adversarial_weight else None
        if critic is not None and config.critic.init == "scaled":
            scale_weights(critic)
    for module in (generator, critic, features, perceptual):
        if module is not None:
            module.to(device, memory_format=memory_format(config))  # type: ignore[call-overload]
    average = copy.deepcopy(generator).requires_grad_(False) if config.ema.half_life_images else None
    critic_optimizer = None if critic is None else adam(critic, config.optimizer)
    generator.checkpointing = config.speed.checkpointing
    return Networks(
        generator, critic, average, features, perceptual, adam(generator, config.optimizer), critic_optimizer,
        main_precision(config.speed, device),
    )  # fmt: skip


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
    rate = settings.learning_rate * settings.factor**passed
    if not settings.decay_images:
        return rate
    left = (1 + math.cos(math.pi * min(images / settings.decay_images, 1))) / 2
    return rate * (settings.factor + (1 - settings.factor) * left)


def paint(networks: Networks, batch: Batch) -> Painted:
    """Runs the generator on a batch."""
    with main_pass(networks.precision, batch.line.device):
        features = None if networks.features is None else networks.features(batch.line)
        fake = networks.generator(batch.line, batch.hint, features)
    kind = networks.critic.config.condition if networks.critic else "none"
    condition = {"features": features, "line": batch.line, "none": None}[kind]
    return Painted(batch, condition, fake)


@torch.no_grad()
def paint_only(networks: Networks, batch: Batch) -> Painted:
    """The generator's pictures for the critic, of which no gradient is asked."""
    return paint(networks, batch)


def critic_update(
    networks: Networks, parts: Sequence[Painted], shares: Sequence[Tensor | None], settings: LossSettings, team: Team
) -> Measures:
    """One step of the critic: its side of the game, drift of the real scores, and the gradient penalty.

    Each part's `share`, (B,), is how much of the real picture is in each one that the penalty looks at; None leaves the
    penalty out. Parts and processes count alike, as one batch of all of them would.
    """
    critic, optimizer = networks.critic, networks.critic_optimizer
    if critic is None or optimizer is None:
        return {}
    mean = real_mean(critic, parts, team) if settings.drift == "squared_mean" else None
    optimizer.zero_grad()
    found = []
    for painted, share in zip(parts, shares, strict=True):
        loss, measures = critic_terms(networks, critic, painted, share, settings, mean)
        # Only weights: the penalty's pictures are leaves, too, and their gradients are a tenth of its work.
        (loss / len(parts)).backward(inputs=list(critic.parameters()))  # type: ignore[no-untyped-call]
        found.append(detached(measures))
    team.average_gradients([critic])
    optimizer.step()
    return averaged(found)


@torch.no_grad()
def real_mean(critic: Critic, parts: Sequence[Painted], team: Team) -> Tensor | None:
    """The mean score of the real pictures of the whole batch, where no process sees all of them at once; else None."""
    if len(parts) == team.size == 1:
        return None
    return team.mean(torch.stack([critic(part.batch.color, part.condition).mean() for part in parts]).mean())


def critic_terms(
    networks: Networks,
    critic: Critic,
    painted: Painted,
    share: Tensor | None,
    settings: LossSettings,
    mean: Tensor | None,
) -> tuple[Tensor, Measures]:
    """The critic's loss of one part, and what it is made of. The gradient penalty is always in fp32."""
    real, fake = painted.batch.color, painted.fake.detach().float()
    condition = None if painted.condition is None else painted.condition.float()
    both, twice = torch.cat([real, fake]), None if condition is None else torch.cat([condition, condition])
    gradient = None
    if share is not None and settings.penalty == "zero_centered":
        scores, gradient = networks.input_gradient(critic, both, twice)
    else:
        with main_pass(networks.precision, both.device):
            scores = critic(both, twice).float()
    real_scores, fake_scores = scores.chunk(2)
    measures = {"loss_critic": ADVERSARIES[settings.adversary].critic(real_scores, fake_scores)}
    measures["drift"] = DRIFTS[settings.drift](real_scores) if mean is None else shared_squared_mean(real_scores, mean)
    loss = measures["loss_critic"] + settings.drift_weight * measures["drift"]
    if share is not None:
        if gradient is None:
            _, gradient = networks.input_gradient(critic, mix(real, fake, share), condition)
        penalty = PENALTIES[settings.penalty](gradient)
        loss = loss + settings.penalty_weight * settings.penalty_every * penalty
        measures |= {"penalty": penalty, "gradient_norm": sample_norm(gradient.detach()).mean()}
    return loss, measures


def generator_update(
    networks: Networks, parts: Iterable[Painted], settings: LossSettings, team: Team, count: int = 1
) -> Measures:
    """One step of the generator from `count` parts, which may be painted one after the other to spare memory.

    Both gradients are taken at its output and added there: the log gets their ratio, and nothing is computed twice.
    """
    networks.generator_optimizer.zero_grad()
    found = []
    for painted in parts:
        gradient, measures = output_gradient(networks, painted, settings)
        painted.fake.backward(gradient.to(painted.fake.dtype) / count)  # type: ignore[no-untyped-call]
        found.append(detached(measures))
    team.average_gradients([networks.generator])
    networks.generator_optimizer.step()
    return averaged(found)


def output_gradient(networks: Networks, painted: Painted, settings: LossSettings) -> tuple[Tensor, Measures]:
    """The gradient of all losses with respect to a painted batch, and the losses."""
    fake, real = painted.fake.detach().float().requires_grad_(True), painted.batch.color
    with main_pass(networks.precision, fake.device):
        content = content_loss(networks.perceptual, fake, real, settings.l1_weight)
    (gradient,) = torch.autograd.grad(settings.content_weight * content, fake)
    measures = {"loss_content": content}
    if networks.critic is not None:
        adversary = ADVERSARIES[settings.adversary]
        with main_pass(networks.precision, fake.device):
            with torch.no_grad():
                real_scores = networks.critic(real, painted.condition).float() if adversary.relative else None
            fake_scores = networks.critic(fake, painted.condition).float()
        adversarial = adversary.generator(fake_scores, real_scores)
        (push,) = torch.autograd.grad(settings.adversarial_weight * adversarial, fake)
        measures |= {"loss_adversarial": adversarial, "gradient_ratio": rms(push) / rms(gradient).clamp_min(TINY)}
        gradient = gradient + push
    return gradient, measures


def averaged(found: Sequence[Measures]) -> Measures:
    """The means over parts of what each part measured."""
    if len(found) == 1:
        return found[0]
    return {name: torch.stack([measures[name] for measures in found]).mean() for name in found[0]}


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
