"""Faster ways compute the same: reduced precision stays near, compiled and functional gradients are the plain ones."""

import shutil

import pytest
import torch
from support.tiny_run import smallest
from torch import nn

from lcpipe.model.loader import Batch
from lcpipe.model.losses import input_gradient
from lcpipe.model.networks import Critic, CriticConfig, Generator, GeneratorConfig
from lcpipe.model.presets import SpeedSettings
from lcpipe.model.speed import (
    compiled_alike,
    functional_gradient,
    main_precision,
    matrix_products,
    wants_compiling,
    weight_gradients,
)
from lcpipe.model.team import Team
from lcpipe.model.updates import build_networks, critic_update, generator_update, paint

LINE, HINT = torch.rand(2, 1, 32, 32) * 2 - 1, torch.rand(2, 4, 8, 8)


def test_choices_that_need_a_gpu_are_off_on_a_cpu() -> None:
    auto = SpeedSettings("auto", "auto")
    assert main_precision(auto, "cpu") is None
    assert not wants_compiling(auto, "cpu")
    assert wants_compiling(auto, "cuda:0")
    assert main_precision(SpeedSettings("bf16"), "cpu") is torch.bfloat16


def test_shorter_products_are_used_only_when_asked_for() -> None:
    before = torch.backends.cudnn.allow_tf32
    with matrix_products(SpeedSettings("fp32")):
        assert not torch.backends.cudnn.allow_tf32
    with matrix_products(SpeedSettings("tf32")):
        assert torch.backends.cuda.matmul.allow_tf32
    assert torch.backends.cudnn.allow_tf32 == before


@pytest.mark.parametrize("condition", ["line", "none"])
def test_the_functional_gradient_is_the_plain_one_and_so_are_its_gradients(condition: str) -> None:
    critic = Critic(CriticConfig(ndf=8, condition=condition, head="pooled", strides=(1,)))  # type: ignore[arg-type]
    color, line = torch.rand(2, 3, 32, 32), LINE if condition == "line" else None
    for plain, found in zip(input_gradient(critic, color, line), functional_gradient(critic, color, line), strict=True):
        assert torch.allclose(plain, found, atol=1e-6)
    ways = (weight_gradients(critic, way, color, line) for way in (input_gradient, functional_gradient))
    plain, found = ways
    assert float(plain.norm()) > 0
    assert torch.allclose(plain, found, atol=1e-5)


def test_checkpointing_changes_no_bit_of_a_gradient() -> None:
    torch.manual_seed(0)
    generator = Generator(GeneratorConfig(8, (2, 1, 1, 1), 0))
    found = []
    for kept in (False, True):
        generator.checkpointing = kept
        generator.zero_grad()
        generator(LINE, HINT).square().sum().backward()
        found.append([parameter.grad.clone() for parameter in generator.parameters() if parameter.grad is not None])
    assert all(torch.equal(plain, again) for plain, again in zip(*found, strict=True))


def test_bf16_passes_stay_near_and_keep_losses_in_fp32() -> None:
    batch = Batch(LINE, torch.rand(2, 3, 32, 32), HINT)
    content = {}
    for precision in ("fp32", "bf16"):
        config = smallest(f"speed.precision={precision}")
        networks = build_networks(config, "cpu")
        painted = paint(networks, batch)
        assert painted.fake.dtype == (torch.bfloat16 if precision == "bf16" else torch.float32)
        measures = critic_update(networks, [painted], [torch.tensor([0.2, 0.8])], config.loss, Team())
        measures |= generator_update(networks, [painted], config.loss, Team())
        assert all(value.dtype == torch.float32 for value in measures.values())
        content[precision] = float(measures["loss_content"])
        assert all(parameter.dtype == torch.float32 for parameter in networks.generator.parameters())
    assert content["bf16"] == pytest.approx(content["fp32"], rel=0.02)


class Fickle(nn.Module):
    """Gives something else once it is compiled."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 1.0 if torch.compiler.is_compiling() else x


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="no compiler")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own compiler uses what torch deprecates
def test_a_network_that_compiles_to_something_else_is_left_plain() -> None:
    notes: list[str] = []
    module = Fickle()
    assert not compiled_alike("fickle", module, (torch.ones(4),), notes.append)
    assert "off" in notes[0]
    assert torch.equal(module(torch.ones(4)), torch.ones(4))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_compiled_networks_hold_on_a_gpu() -> None:
    generator = Generator(GeneratorConfig(16, (2, 1, 1, 1), 0)).cuda()
    notes: list[str] = []
    assert compiled_alike("generator", generator, (LINE.cuda(), HINT.cuda(), None), notes.append), notes
