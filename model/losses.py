"""Losses: Wasserstein and relativistic adversaries, gradient penalties in three forms, drift, and content losses."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from .features import LayeredPerceptual, Perceptual
from .networks import Critic


def mix(real: Tensor, fake: Tensor, share: Tensor) -> Tensor:
    """a * real + (1 - a) * fake with one `share` a of shape (B,) per sample."""
    a = share.view(-1, 1, 1, 1)
    return a * real + (1 - a) * fake


def input_gradient(critic: Critic, color: Tensor, condition: Tensor | None) -> tuple[Tensor, Tensor]:
    """Scores (B, 1) and their gradient (B, 3, H, W) with respect to the pictures, itself differentiable."""
    color = color.detach().requires_grad_(True)
    scores = critic(color, condition)
    (gradient,) = torch.autograd.grad(scores.sum(), color, create_graph=True)
    return scores, gradient


InputGradient = Callable[[Critic, Tensor, Tensor | None], tuple[Tensor, Tensor]]


def pixel_penalty(gradient: Tensor) -> Tensor:
    """mean over b, h, w of (|g[b, :, h, w]| - 1)^2: the released code's, one RGB norm per pixel."""
    norm: Tensor = torch.linalg.vector_norm(gradient, dim=1)
    return (norm - 1).square().mean()


def sample_penalty(gradient: Tensor) -> Tensor:
    """mean over b of (|g[b]| - 1)^2: WGAN-GP (arXiv:1704.00028), one norm per sample."""
    return (sample_norm(gradient) - 1).square().mean()


def sample_norm(gradient: Tensor) -> Tensor:
    """One Euclidean norm (B,) over everything of a sample."""
    norm: Tensor = torch.linalg.vector_norm(gradient.flatten(1), dim=1)
    return norm


def zero_centered_penalty(gradient: Tensor) -> Tensor:
    """mean over b of |g[b]|^2, summed over colours and pixels: R1 on real and R2 on painted pictures, half of each.

    R3GAN (arXiv:2501.05441) weighs gamma/2 * (R1 + R2): of a batch of both, that is gamma times this.
    """
    return gradient.square().flatten(1).sum(1).mean()


def squared_mean(scores: Tensor) -> Tensor:
    """The released drift term: the square of the batch mean."""
    return scores.mean().square()


def mean_square(scores: Tensor) -> Tensor:
    """The usual drift term: the mean of the squares."""
    return scores.square().mean()


PENALTIES: dict[str, Callable[[Tensor], Tensor]] = {
    "pixel": pixel_penalty,
    "sample": sample_penalty,
    "zero_centered": zero_centered_penalty,
}
DRIFTS: dict[str, Callable[[Tensor], Tensor]] = {"squared_mean": squared_mean, "mean_square": mean_square}


def shared_squared_mean(scores: Tensor, mean: Tensor) -> Tensor:
    """The square of a `mean` over more scores than these, with the gradient that it has by these: m^2 + 2m(x - x)."""
    here = scores.mean()
    return mean.square() + 2 * mean * (here - here.detach())


def critic_loss(real: Tensor, fake: Tensor) -> Tensor:
    """mean D(fake) - mean D(real): the negative Wasserstein estimate."""
    return fake.mean() - real.mean()


def adversarial_loss(fake: Tensor, real: Tensor | None = None) -> Tensor:
    """-mean D(fake): what the generator lowers."""
    return -fake.mean()


def relativistic_critic_loss(real: Tensor, fake: Tensor) -> Tensor:
    """mean softplus(D(fake) - D(real)), pair by pair: the real picture is to look more real (arXiv:1807.00734)."""
    return F.softplus(fake - real).mean()


def relativistic_adversarial_loss(fake: Tensor, real: Tensor | None) -> Tensor:
    """mean softplus(D(real) - D(fake)): the painted picture is to look more real than its original."""
    if real is None:
        raise ValueError("a relativistic loss compares with the scores of real pictures")
    return F.softplus(real - fake).mean()


@dataclass(frozen=True)
class Adversary:
    """Both sides of one game; a `relative` one has the generator's loss see the real pictures' scores, too."""

    critic: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor | None], Tensor]
    relative: bool


ADVERSARIES = {
    "wasserstein": Adversary(critic_loss, adversarial_loss, relative=False),
    "relativistic": Adversary(relativistic_critic_loss, relativistic_adversarial_loss, relative=True),
}


def content_loss(
    perceptual: Perceptual | LayeredPerceptual | None, fake: Tensor, real: Tensor, l1_weight: float = 0.0
) -> Tensor:
    """How far a painted picture is from its original, in fp32.

    Without a network the mean absolute difference of colours (L1); else the mean squared difference of relu2_2, or of
    all layers of a layered network with each place's channels at unit length; `l1_weight` times L1 comes on top.
    """
    plain = F.l1_loss(fake, real)
    if perceptual is None:
        return plain
    with torch.no_grad():
        target = perceptual(real)
    found = perceptual(fake)
    if isinstance(found, Tensor) and isinstance(target, Tensor):
        loss = F.mse_loss(found.float(), target.float())
    else:
        loss = torch.stack([unit_distance(*pair) for pair in zip(found, target, strict=True)]).sum()
    return loss + l1_weight * plain if l1_weight else loss


def unit_distance(found: Tensor, target: Tensor) -> Tensor:
    """Mean squared distance of the directions of (N, C, H, W) at each place, as in LPIPS (arXiv:1801.03924)."""
    first, second = (F.normalize(values.float(), dim=1, eps=1e-6) for values in (found, target))
    return (first - second).square().sum(1).mean()


def rms(values: Tensor) -> Tensor:
    """Root mean square of all numbers of a tensor."""
    return values.square().mean().sqrt()
