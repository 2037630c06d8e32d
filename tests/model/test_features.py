"""Frozen networks: the golden Illustration2Vec prefix, loading from files of every kind, and what is refused."""

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from lcpipe.model.features import (
    build_features,
    build_illustration2vec,
    build_perceptual,
    illustration2vec_layers,
    vgg16_layers,
)
from lcpipe.model.networks import parameter_count
from lcpipe.model.weights import find_weights, read_tensors
from lcpipe.pipeline.dataset.errors import WeightsError

SHARED = Path(os.environ.get("LCPIPE_TEST_SHARED", Path(__file__).resolve().parents[3] / "shared"))
VGG16 = SHARED / "weights" / "vgg16_features_imagenet_fp16.pth"
GOLDEN = SHARED / "golden" / "alacgan_seed1808.npz"


def test_parameter_counts_are_the_published_ones() -> None:
    assert parameter_count(illustration2vec_layers()) == 4_500_864
    assert len(illustration2vec_layers()) == 15
    assert parameter_count(vgg16_layers(9)) == 260_160


@pytest.mark.skipif(not GOLDEN.is_file(), reason="no golden numbers: set LCPIPE_TEST_SHARED")
def test_illustration2vec_golden() -> None:
    import zlib

    import numpy as np

    def draw(name: str) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64(1808 + zlib.crc32(name.encode())))

    module = build_illustration2vec()
    for name, target in module.layers.state_dict().items():
        scale = 0.05 if target.ndim == 1 else 1 / np.sqrt(np.prod(target.shape[1:]))
        target.copy_(torch.from_numpy((draw(name).standard_normal(target.shape) * scale).astype(np.float32)))
    line = torch.from_numpy(draw("sketch_i2v").uniform(-1, 1, (1, 1, 512, 512)).astype(np.float32))
    found = module(line)
    assert found.shape == (1, 512, 32, 32)
    assert found.min() >= 0
    with np.load(GOLDEN) as arrays:
        expected = arrays["i2v_sub"]
    assert np.abs(found[0, :, ::8, ::8].numpy() - expected).max() < 1e-4 * np.abs(expected).max()


@pytest.mark.skipif(not VGG16.is_file(), reason="no VGG16 weights: set LCPIPE_TEST_SHARED")
def test_vgg16_reads_published_weights() -> None:
    perceptual = build_perceptual("vgg16", str(VGG16))
    assert perceptual is not None
    assert perceptual(torch.zeros(1, 3, 64, 48)).shape == (1, 128, 32, 24)
    assert perceptual.weights is not None
    assert perceptual.weights.sha256 == "d5bce67ba91cf8b661db0ceafb00a6c66f9a135d92fd8177ccb2186ef57cdd43"
    features = build_features("vgg16", str(VGG16))
    assert features is not None
    assert features(torch.ones(2, 1, 64, 96)).shape == (2, 512, 4, 6)
    assert not any(parameter.requires_grad for parameter in features.parameters())


def test_gradients_pass_through_the_perceptual_network(tmp_path: Path) -> None:
    file = tmp_path / "vgg16.safetensors"
    save_file(dict(vgg16_layers(9).state_dict()), file)
    perceptual = build_perceptual("vgg16", str(file))
    assert perceptual is not None
    picture = torch.zeros(1, 3, 16, 16, requires_grad=True)
    perceptual(picture).sum().backward()
    assert picture.grad is not None
    assert all(parameter.grad is None for parameter in perceptual.parameters())


def test_illustration2vec_reads_both_formats_and_longer_files(tmp_path: Path) -> None:
    layers = illustration2vec_layers()
    tensors = {f"module.{name}": tensor for name, tensor in layers.state_dict().items()}
    torch.save({**tensors, "module.16.weight": torch.zeros(3)}, tmp_path / "i2v.pth")
    save_file(dict(layers.state_dict()), tmp_path / "i2v.safetensors")
    line = torch.rand(1, 1, 48, 64) * 2 - 1
    both = [build_features("illustration2vec", str(tmp_path / f"i2v.{kind}")) for kind in ("pth", "safetensors")]
    first, second = (module(line) for module in both if module is not None)
    assert first.shape == (1, 512, 3, 4)
    assert torch.equal(first, second)


def test_none_and_l1_need_no_file() -> None:
    assert build_features("none") is None
    assert build_perceptual("l1") is None


def test_missing_file_says_where_and_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LCPIPE_WEIGHTS", str(tmp_path))
    with pytest.raises(WeightsError) as caught:
        find_weights("illustration2vec")
    assert str(tmp_path) in str(caught.value)
    assert "illustration2vec.safetensors" in caught.value.hint
    (tmp_path / "i2v.pth").write_bytes(b"")
    assert find_weights("illustration2vec") == tmp_path / "i2v.pth"
    with pytest.raises(WeightsError, match="no such file"):
        find_weights("vgg16", str(tmp_path / "gone.pth"))


@pytest.mark.parametrize("name", ["broken.safetensors", "broken.pth", "empty.pth"])
def test_broken_files_are_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"" if "empty" in name else b"not weights at all")
    with pytest.raises(WeightsError, match="cannot read"):
        read_tensors(tmp_path / name)


def test_files_with_code_are_refused(tmp_path: Path) -> None:
    torch.save({"path": Path("x")}, tmp_path / "code.pth")
    with pytest.raises(WeightsError):
        read_tensors(tmp_path / "code.pth")


def test_other_networks_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "vgg16.safetensors"
    save_file(dict(vgg16_layers(9).state_dict()), file)
    with pytest.raises(WeightsError, match="missing"):
        build_features("vgg16", str(file))
    with pytest.raises(WeightsError, match=r"missing|shape"):
        build_features("illustration2vec", str(file))
