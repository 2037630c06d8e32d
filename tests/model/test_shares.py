"""What is computed once of a drawing, and the layers around it, give what the generator gives in one go."""

import pytest
import torch

from lcpipe.model.networks import Generator, GeneratorConfig, scale_weights
from lcpipe.model.shares import Cancelled, compose, deep_shares, fine_shares, finish


@pytest.mark.parametrize("channels", [0, 6])
def test_shares_give_what_one_pass_gives(channels: int) -> None:
    torch.manual_seed(1)
    generator = Generator(GeneratorConfig(8, (1, 1, 1, 1), channels)).eval()
    scale_weights(generator)
    line, hint = torch.rand(1, 1, 48, 64) * 2 - 1, torch.rand(1, 4, 12, 16)
    features = torch.rand(1, channels, 3, 4) if channels else None
    with torch.inference_mode():
        encoded = generator.encode(line)
        deep, fine = deep_shares(generator, encoded[2], features), fine_shares(generator, *encoded)
        for again in (hint, torch.zeros_like(hint), hint):  # shares are read, never changed
            painted = finish(generator, compose(generator, deep, again, lambda: False), fine, lambda: False)
            assert torch.allclose(painted, generator(line, again, features), atol=1e-5)


def test_nobody_waits_for_the_rest() -> None:
    generator = Generator(GeneratorConfig(8, (1, 1, 1, 1), 0)).eval()
    with torch.inference_mode():
        deep = deep_shares(generator, generator.encode(torch.ones(1, 1, 16, 16))[2], None)
        with pytest.raises(Cancelled):
            compose(generator, deep, torch.zeros(1, 4, 4, 4), lambda: True)
