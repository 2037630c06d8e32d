"""The official networks: names, sizes and golden outputs; and what the small variants add."""

import json
import os
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lcpipe.model.features import build_illustration2vec
from lcpipe.model.networks import (
    Block,
    Critic,
    CriticConfig,
    Generator,
    GeneratorConfig,
    parameter_count,
    scale_weights,
    spread,
)

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(os.environ.get("LCPIPE_TEST_SHARED", ROOT.parent / "shared")) / "golden"
needs_golden = pytest.mark.skipif(not GOLDEN.is_dir(), reason="no golden numbers: set LCPIPE_TEST_SHARED")
SMALL = GeneratorConfig(ngf=8, blocks=(2, 2, 2, 1), feature_channels=0)


def rng(name: str) -> np.random.Generator:
    """The generator that the golden numbers were made with, one for each name."""
    return np.random.Generator(np.random.PCG64(1808 + zlib.crc32(name.encode())))


def uniform(name: str, *shape: int) -> Tensor:
    return torch.from_numpy(rng(name).uniform(-1, 1, shape).astype(np.float32))


def positive(name: str, *shape: int) -> Tensor:
    return torch.from_numpy(np.abs(rng(name).standard_normal(shape)).astype(np.float32))


def formula(name: str, shape: torch.Size) -> Tensor:
    values = rng(name).standard_normal(shape) * (0.05 if len(shape) == 1 else 1 / np.sqrt(np.prod(shape[1:])))
    return torch.from_numpy(values.astype(np.float32))


def filled(module: nn.Module) -> nn.Module:
    """A network whose weights follow the golden formula."""
    module.load_state_dict({name: formula(name, tensor.shape) for name, tensor in module.state_dict().items()})
    return module.requires_grad_(False)


def golden(name: str) -> NDArray[np.float32]:
    with np.load(GOLDEN / "alacgan_seed1808.npz") as arrays:
        return np.asarray(arrays[name])


def assert_close(ours: Tensor | float, name: str) -> None:
    expected = golden(name)
    difference = np.abs(np.asarray(ours) - expected).max() / np.abs(expected).max()
    assert difference < 1e-4


def official_names(network: str) -> dict[str, list[int]]:
    names: dict[str, list[int]] = json.loads((GOLDEN / "alacgan_state_dict.json").read_text())[network]
    return names


def shapes(module: nn.Module) -> dict[str, list[int]]:
    return {name: list(tensor.shape) for name, tensor in module.state_dict().items()}


@needs_golden
def test_state_dicts_are_the_official_ones() -> None:
    assert shapes(Generator(GeneratorConfig())) == official_names("generator")
    assert shapes(Critic(CriticConfig())) == official_names("discriminator")
    assert shapes(build_illustration2vec().layers) == official_names("illustration2vec_conv4_2")


def test_parameter_counts_are_the_published_ones() -> None:
    generator = Generator(GeneratorConfig())
    assert parameter_count(generator) == 21_936_003
    assert parameter_count(Critic(CriticConfig())) == 10_612_033
    tunnels = (generator.tunnel4, generator.tunnel3, generator.tunnel2, generator.tunnel1)
    assert [parameter_count(tunnel) for tunnel in tunnels] == [15_050_240, 2_921_216, 730_496, 171_008]


@pytest.mark.parametrize(
    ("channels", "groups", "stride", "count"),
    [
        (512, 32, 1, 280_576),
        (256, 32, 1, 70_144),
        (128, 32, 1, 17_536),
        (64, 16, 1, 4_672),
        (64, 8, 1, 5_248),
        (64, 8, 2, 6_144),
        (128, 8, 1, 20_992),
        (128, 8, 2, 24_576),
        (256, 8, 1, 83_968),
        (256, 8, 2, 98_304),
        (512, 8, 1, 335_872),
        (512, 8, 2, 393_216),
    ],
)
def test_block_sizes(channels: int, groups: int, stride: int, count: int) -> None:
    assert parameter_count(Block(channels, groups, stride=stride)) == count


def test_dilations_are_the_published_ones_at_full_length_and_spread_below() -> None:
    pattern = (1, 1, 2, 2, 4, 4, 2, 1)
    assert spread(pattern, 8) == list(pattern)
    assert spread(pattern, 2) == [1, 4]
    generator = Generator(GeneratorConfig())
    assert [block.conv_conv.dilation[0] for block in generator.tunnel1[2]] == [1, 2, 4, 2, 1]
    assert {block.conv_conv.dilation[0] for block in generator.tunnel4[2]} == {1}


@needs_golden
def test_generator_golden_at_128() -> None:
    generator = filled(Generator(GeneratorConfig()))
    painted = generator(
        uniform("sketch128", 1, 1, 128, 128), uniform("hint128", 1, 4, 32, 32), positive("feat128", 1, 512, 8, 8)
    )
    assert_close(painted, "g128")


@needs_golden
def test_generator_golden_at_512() -> None:
    generator = filled(Generator(GeneratorConfig()))
    painted = generator(
        uniform("sketch512", 1, 1, 512, 512), uniform("hint512", 1, 4, 128, 128), positive("feat512", 1, 512, 32, 32)
    )
    probe = torch.cat([torch.stack([painted.mean(), painted.std()]), painted[0, :, ::64, ::64].flatten()])
    assert_close(probe, "g512_mean_std")


@needs_golden
def test_critic_and_penalties_golden_at_512() -> None:
    from lcpipe.model.losses import input_gradient, pixel_penalty, sample_penalty

    critic = filled(Critic(CriticConfig()))
    features = positive("feat512b", 2, 512, 32, 32)
    scores, gradient = input_gradient(critic, uniform("color512", 2, 3, 512, 512), features)
    assert_close(scores.detach(), "d512")
    assert_close(10 * pixel_penalty(gradient).item(), "gp_pixel")
    assert_close(10 * sample_penalty(gradient).item(), "gp_sample")
    assert_close(gradient.detach().flatten(1).norm(dim=1), "grad_norm_sample")


@pytest.mark.parametrize("size", [(32, 32), (48, 80)])
def test_small_generator_takes_any_multiple_of_16(size: tuple[int, int]) -> None:
    height, width = size
    painted = Generator(SMALL)(torch.ones(2, 1, height, width), torch.zeros(2, 4, height // 4, width // 4))
    assert painted.shape == (2, 3, height, width)
    assert painted.abs().max() <= 1


@pytest.mark.parametrize("condition", ["features", "line", "none"])
def test_pooled_critic_takes_other_sizes_and_every_condition(condition: str) -> None:
    config = CriticConfig(ndf=8, feature_channels=6, condition=condition, head="pooled", strides=(2, 1))  # type: ignore[arg-type]
    given = {"features": torch.rand(2, 6, 4, 4), "line": torch.ones(2, 1, 64, 64), "none": None}[condition]
    assert Critic(config)(torch.zeros(2, 3, 64, 64), given).shape == (2, 1)


def test_networks_compute_the_same_in_both_memory_formats() -> None:
    torch.manual_seed(7)
    generator = Generator(SMALL).requires_grad_(False)
    line, hint = uniform("line", 1, 1, 64, 64), uniform("hint", 1, 4, 16, 16)
    plain = generator(line, hint)
    torch.testing.assert_close(generator.to(memory_format=torch.channels_last)(line, hint), plain, rtol=1e-4, atol=1e-5)


def test_scaled_weights_carry_a_hint_further_than_torch_s_own() -> None:
    """The share of a hint in the output, at the very start of training."""
    torch.manual_seed(7)
    plain, scaled = Generator(SMALL).requires_grad_(False), Generator(SMALL).requires_grad_(False)
    scale_weights(scaled)
    line, hint = torch.ones(1, 1, 64, 64), torch.zeros(1, 4, 16, 16)
    hinted = hint.clone()
    hinted[:, :, 6:10, 6:10] = 1
    effects = [(net(line, hinted) - net(line, hint)).abs().mean().item() for net in (plain, scaled)]
    assert effects[1] > 10 * effects[0]


def test_missing_features_are_named() -> None:
    with pytest.raises(ValueError, match="512 channels of local features"):
        Generator(GeneratorConfig(ngf=8, blocks=(1, 1, 1, 1)))(torch.ones(1, 1, 32, 32), torch.zeros(1, 4, 8, 8))
