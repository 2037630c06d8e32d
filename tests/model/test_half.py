"""A model stored in half the bytes paints nearly the same picture."""

from pathlib import Path

import numpy as np
from support.small_model import make_small_model

from lcpipe.model.checkpoints import load_model
from lcpipe.model.half import write_half
from lcpipe.model.hints import no_hints
from lcpipe.model.painter import load_painter


def test_half_the_bytes_paint_nearly_the_same(tmp_path: Path) -> None:
    whole = make_small_model(tmp_path / "whole.safetensors")
    write_half(whole, tmp_path / "half.safetensors", license="MIT")
    assert (tmp_path / "half.safetensors").stat().st_size < 0.6 * whole.stat().st_size
    generator, _, metadata = load_model(tmp_path / "half.safetensors")
    assert {parameter.dtype.itemsize for parameter in generator.parameters()} == {4}
    assert (metadata["stored"], metadata["license"], metadata["preset"]) == ("bfloat16", "MIT", "tiny")
    line = np.full((48, 64), 255, np.uint8)
    line[10:40, 30] = 0
    pictures = [
        load_painter(tmp_path / f"{name}.safetensors").paint(line, no_hints(48, 64)) for name in ("whole", "half")
    ]
    assert np.abs(pictures[0].astype(int) - pictures[1]).max() <= 2
