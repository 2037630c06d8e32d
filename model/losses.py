"""Losses of AlacGAN: both gradient penalties, both forms of drift, Wasserstein terms and content losses."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from .features import Perceptual
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


def squared_mean(scores: Tensor) -> Tensor:
    """The released drift term: the square of the batch mean."""
    return scores.mean().square()


def mean_square(scores: Tensor) -> Tensor:
    """The usual drift term: the mean of the squares."""
    return scores.square().mean()


PENALTIES: dict[str, Callable[[Tensor], Tensor]] = {"pixel": pixel_penalty, "sample": sample_penalty}
DRIFTS: dict[str, Callable[[Tensor], Tensor]] = {"squared_mean": squared_mean, "mean_square": mean_square}


def critic_loss(real: Tensor, fake: Tensor) -> Tensor:
    """mean D(fake) - mean D(real): the negative Wasserstein estimate."""
    return fake.mean() - real.mean()


def adversarial_loss(fake: Tensor) -> Tensor:
    """-mean D(fake): what the generator lowers."""
    return -fake.mean()


def content_loss(perceptual: Perceptual | None, fake: Tensor, real: Tensor) -> Tensor:
    """Mean squared difference of relu2_2 features, or of plain colours (L1) where no network is given."""
    if perceptual is None:
        return F.l1_loss(fake, real)
    with torch.no_grad():
        target = perceptual(real)
    return F.mse_loss(perceptual(fake), target)


def rms(values: Tensor) -> Tensor:
    """Root mean square of all numbers of a tensor."""
    return values.square().mean().sqrt()
