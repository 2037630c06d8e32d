"""LPIPS against the published package: its formula on any weights, its values on the published ones."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from lcpipe.model.lpips import BACKBONES, Lpips, distance_to_truth, load_lpips, picture_batch, read_heads
from lcpipe.pipeline.dataset.errors import WeightsError

WEIGHTS = Path(os.environ.get("LCPIPE_TEST_SHARED", Path(__file__).parents[2] / ".." / "shared")) / "weights"
PUBLISHED = pytest.mark.skipif(
    not WEIGHTS.is_dir(), reason=f"no published weights in {WEIGHTS.name}/ beside the project"
)


def pictures() -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(0)
    first = rng.integers(0, 256, (96, 80, 3)).astype(np.uint8)
    second = np.clip(first.astype(int) + rng.integers(-60, 60, first.shape), 0, 255).astype(np.uint8)
    return picture_batch(first), picture_batch(second)


def random_lpips(network: str) -> Lpips:
    torch.manual_seed(0)
    backbone = BACKBONES[network]
    channels = {"alexnet": (64, 192, 384, 256, 256), "vgg16": (64, 128, 256, 512, 512)}[network]
    return Lpips(backbone.build(), backbone.taps, [torch.rand(1, count, 1, 1) for count in channels])


@pytest.mark.parametrize("network", sorted(BACKBONES))
def test_equal_pictures_have_no_distance_and_order_does_not_matter(network: str) -> None:
    distance, (x, y) = random_lpips(network), pictures()
    assert float(distance(x, x)) == 0
    assert float(distance(x, y)) == pytest.approx(float(distance(y, x)))
    assert float(distance(x, y)) > 0


def test_the_formula_written_out_on_random_weights() -> None:
    network, (x, y) = random_lpips("alexnet"), pictures()
    shift, scale = torch.tensor([-0.030, -0.088, -0.188]), torch.tensor([0.458, 0.448, 0.450])
    expected, layers = 0.0, list(network.layers)
    for place, head in zip((1, 4, 7, 9, 11), network.heads, strict=True):
        unit = []
        for picture in (x, y):
            value = (picture - shift.view(1, 3, 1, 1)) / scale.view(1, 3, 1, 1)
            for layer in layers[: place + 1]:
                value = layer(value)
            unit.append(value / (torch.linalg.vector_norm(value, dim=1, keepdim=True) + 1e-10))
        expected += float(torch.nn.functional.conv2d((unit[0] - unit[1]) ** 2, head).mean())
    assert float(network(x, y)) == pytest.approx(expected, rel=1e-5)


@PUBLISHED
@pytest.mark.parametrize(("network", "expected"), [("alexnet", 0.030654106), ("vgg16", 0.076406509)])
def test_values_of_the_package_on_the_published_weights(
    network: str, expected: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figures are those of lpips 0.1.4 on the same files and pictures."""
    monkeypatch.setenv("LCPIPE_WEIGHTS", str(WEIGHTS))
    distance, files = load_lpips(network)
    assert float(distance(*pictures())) == pytest.approx(expected, rel=1e-4)
    assert [len(file.sha256) for file in files] == [64, 64]


def test_a_truth_that_is_looked_at_once_gives_the_same_distance() -> None:
    network, rng = random_lpips("alexnet"), np.random.default_rng(4)
    distance = distance_to_truth(network, "cpu")
    truths = [rng.integers(0, 256, (64, 64, 3)).astype(np.uint8) for _ in range(2)]
    for truth in (*truths, truths[0]):
        painted = [rng.integers(0, 256, (64, 64, 3)).astype(np.uint8) for _ in range(2)]
        plain = [float(network(picture_batch(picture), picture_batch(truth))) for picture in painted]
        assert [distance(picture, truth) for picture in painted] == pytest.approx(plain, rel=1e-6)


def test_missing_weights_are_named_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LCPIPE_WEIGHTS", str(tmp_path))
    with pytest.raises(WeightsError, match=r"alexnet are missing.*the folder that has alexnet\.safetensors"):
        load_lpips("alexnet")


@pytest.mark.parametrize("content", [b"", b"no weights", b"PK\x03\x04 no weights"])
def test_damaged_heads_are_an_error(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "heads.pth").write_bytes(content)
    with pytest.raises(WeightsError, match="cannot read the weights"):
        read_heads(tmp_path / "heads.pth", "alexnet")


def test_heads_of_another_network_are_an_error(tmp_path: Path) -> None:
    torch.save({"squeeze": {}}, tmp_path / "heads.pth")
    with pytest.raises(WeightsError, match="no heads of LPIPS for alexnet"):
        read_heads(tmp_path / "heads.pth", "alexnet")
