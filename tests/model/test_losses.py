"""The assertions that the reference gives for penalties and drift, and the direction of every loss."""

import math

import pytest
import torch
from torch import Tensor

from lcpipe.model.features import LayeredPerceptual
from lcpipe.model.losses import (
    ADVERSARIES,
    adversarial_loss,
    content_loss,
    critic_loss,
    input_gradient,
    mean_square,
    mix,
    pixel_penalty,
    rms,
    sample_norm,
    sample_penalty,
    shared_squared_mean,
    squared_mean,
    zero_centered_penalty,
)
from lcpipe.model.networks import Critic, CriticConfig


def test_zero_gradient_costs_exactly_one_in_both_forms() -> None:
    gradient = torch.zeros(2, 3, 16, 16)
    assert 10 * pixel_penalty(gradient).item() == 10.0
    assert 10 * sample_penalty(gradient).item() == 10.0


def test_unit_norm_at_every_pixel_is_free_by_pixel_and_dear_by_sample() -> None:
    gradient = torch.zeros(1, 3, 512, 512)
    gradient[:, 0] = 1
    assert pixel_penalty(gradient).item() == 0
    assert 10 * sample_penalty(gradient).item() == pytest.approx(10 * (512 - 1) ** 2)


def test_unit_norm_of_a_sample_is_free_by_sample() -> None:
    gradient = torch.zeros(2, 3, 8, 8)
    gradient[:, 1, 2, 3] = 1
    assert sample_penalty(gradient).item() == 0


@pytest.mark.parametrize("penalty", [pixel_penalty, sample_penalty])
@pytest.mark.parametrize("shift", [0.02, 0.1])
def test_a_linear_critic_settles_where_the_analysis_says(penalty: object, shift: float) -> None:
    """For one colour channel, the optimum of -n*shift*g + 10*GP(g) over the per-pixel slope g."""
    assert callable(penalty)
    side, weight = 16, 10.0
    pixels = side * side
    slope = torch.tensor(0.01, requires_grad=True)
    optimizer = torch.optim.Adam([slope], lr=0.02)
    for _ in range(3000):
        gradient = torch.cat([slope.expand(1, 1, side, side), torch.zeros(1, 2, side, side)], 1)
        loss = -pixels * shift * slope + weight * penalty(gradient)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    by_sample = 1 / math.sqrt(pixels) + shift / (2 * weight)
    by_pixel = 1 + pixels * shift / (2 * weight)
    assert slope.item() == pytest.approx(by_pixel if penalty is pixel_penalty else by_sample, rel=0.02)


def test_drift_of_the_mean_forgives_opposite_scores() -> None:
    scores = torch.tensor([[3.0], [-3.0]])
    assert squared_mean(scores).item() == 0
    assert mean_square(scores).item() == 9


def test_mix_is_real_at_one_and_fake_at_zero() -> None:
    real, fake = torch.full((3, 3, 2, 2), 1.0), torch.full((3, 3, 2, 2), -1.0)
    mixed = mix(real, fake, torch.tensor([1.0, 0.0, 0.75]))
    assert mixed[:, 0, 0, 0].tolist() == [1.0, -1.0, 0.5]


def test_wasserstein_terms_pull_in_opposite_directions() -> None:
    real, fake = torch.tensor([[2.0]]), torch.tensor([[-1.0]])
    assert critic_loss(real, fake).item() == -3
    assert adversarial_loss(fake).item() == 1


def test_penalty_reaches_every_weight_of_the_critic_before_the_bias() -> None:
    critic = Critic(CriticConfig(ndf=8, condition="none", head="pooled", strides=(2, 1)))
    _, gradient = input_gradient(critic, torch.rand(2, 3, 32, 32), None)
    sample_penalty(gradient).backward()
    missing = [name for name, parameter in critic.named_parameters() if parameter.grad is None]
    assert missing == ["out.bias"]


def test_content_loss_without_a_network_is_l1() -> None:
    assert content_loss(None, torch.zeros(1, 3, 4, 4), torch.full((1, 3, 4, 4), -0.5)).item() == 0.5


def test_rms() -> None:
    values: Tensor = torch.tensor([3.0, -3.0])
    assert rms(values).item() == 3


def test_the_relativistic_game_is_decided_by_the_difference_alone() -> None:
    real, fake = torch.tensor([[2.0], [0.0]]), torch.tensor([[-1.0], [3.0]])
    game = ADVERSARIES["relativistic"]
    softplus = [math.log1p(math.exp(value)) for value in (-3.0, 3.0)]
    assert game.critic(real, fake).item() == pytest.approx(sum(softplus) / 2)
    assert game.generator(fake, real).item() == pytest.approx(sum(softplus) / 2)
    assert game.critic(real + 7, fake + 7).item() == pytest.approx(game.critic(real, fake).item())
    with pytest.raises(ValueError, match="real"):
        game.generator(fake, None)


def test_the_zero_centred_penalty_sums_over_a_sample_and_is_free_without_slope() -> None:
    gradient = torch.zeros(2, 3, 4, 4)
    assert zero_centered_penalty(gradient).item() == 0
    gradient[0] = 0.5
    assert zero_centered_penalty(gradient).item() == pytest.approx(sample_norm(gradient).square().mean().item())
    assert zero_centered_penalty(gradient).item() == pytest.approx(0.25 * 48 / 2)


def test_the_drift_of_parts_has_the_gradient_of_the_whole() -> None:
    scores = torch.tensor([1.0, 2.0, -4.0, 5.0], requires_grad=True)
    squared_mean(scores).backward()
    whole, scores.grad = scores.grad, None
    mean = scores.detach().mean()
    for part in scores.chunk(2):
        value = shared_squared_mean(part, mean)
        assert value.item() == pytest.approx(mean.item() ** 2)
        (value / 2).backward(retain_graph=True)
    assert torch.allclose(scores.grad, whole)  # type: ignore[arg-type]


def test_a_layered_content_loss_sees_shapes_and_the_plain_part_colours() -> None:
    torch.manual_seed(0)
    network = LayeredPerceptual()
    assert [found.shape[1:] for found in network(torch.zeros(1, 3, 32, 32))] == [
        (64, 32, 32),
        (128, 16, 16),
        (256, 8, 8),
        (512, 4, 4),
    ]
    picture = torch.rand(2, 3, 32, 32) * 2 - 1
    assert content_loss(network, picture, picture, 1.0).item() == 0
    other = (picture + 0.3).requires_grad_(True)
    without, plain = content_loss(network, other, picture), content_loss(None, other, picture)
    assert content_loss(network, other, picture, 2.0).item() == pytest.approx((without + 2 * plain).item())
    without.backward()
    assert other.grad is not None
    assert float(other.grad.abs().sum()) > 0
