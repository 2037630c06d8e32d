"""Our numbers against those of the published packages lpips and torch-fidelity, on the same features and weights."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from support.parity_packages import MISSING, install_packages, packages_folder

from lcpipe.model.lpips import BACKBONES, Lpips, load_lpips, picture_batch
from lcpipe.model.set_distances import frechet_distance, kernel_distance

PROGRAM = Path(__file__).parents[1] / "support" / "published_metrics.py"
PUBLISHED = Path(os.environ.get("LCPIPE_TEST_SHARED", PROGRAM.parents[3] / "shared")) / "weights"
NETWORKS = {"alex": "alexnet", "vgg": "vgg16"}


def features(seed: int, n: int, shift: float) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    return (np.abs(rng.standard_normal((n, 128))) * np.linspace(1, 0.1, 128) + shift).astype(np.float32)


def pictures() -> tuple[torch.Tensor, torch.Tensor]:
    """Two pictures whose sides are no multiples of anything."""
    rng = np.random.default_rng(0)
    first = rng.integers(0, 256, (101, 83, 3)).astype(np.uint8)
    second = np.clip(first.astype(int) + rng.integers(-60, 60, first.shape), 0, 255).astype(np.uint8)
    return picture_batch(first), picture_batch(second)


def backbones(weights: Path | None) -> dict[str, Lpips]:
    """Ours with the published weights, or with random convolutions and the heads that the package lpips brings."""
    if weights:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LCPIPE_WEIGHTS", str(weights))
            return {package: load_lpips(name)[0] for package, name in NETWORKS.items()}
    found, bundled = {}, packages_folder() / "lpips" / "weights" / "v0.1"
    for package, name in NETWORKS.items():
        torch.manual_seed(0)
        heads = torch.load(bundled / f"{package}.pth", "cpu", weights_only=True)
        layers = BACKBONES[name].build()
        found[package] = Lpips(
            layers, BACKBONES[name].taps, [heads[f"lin{place}.model.1.weight"] for place in range(5)]
        )
    return found


def convolutions(network: Lpips, package: str) -> dict[str, NDArray[np.float32]]:
    """Every convolution's weight and bias by the names that the program reads."""
    parts = [layer for layer in network.layers if isinstance(layer, torch.nn.Conv2d)]
    return {
        f"{package} {name} {place}": tensor.numpy()
        for place, part in enumerate(parts)
        for name, tensor in part.state_dict().items()
    }


def published(given: dict[str, Any], folder: Path) -> dict[str, float]:
    """What the packages say, asked in a process of their own."""
    np.savez(folder / "given.npz", **given)
    command = [sys.executable, str(PROGRAM), str(folder / "given.npz")]
    environment = os.environ | {"PYTHONPATH": str(packages_folder()), "OMP_NUM_THREADS": "1"}
    answer = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert answer.returncode == 0, answer.stderr
    return dict(json.loads(answer.stdout))


@pytest.fixture(scope="module")
def parity(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[float, float]]:
    """(ours, theirs) by metric, on the published weights where they are at hand, else on random ones."""
    if not packages_folder().is_dir():
        pytest.skip(MISSING)
    networks, (first, second) = backbones(PUBLISHED if PUBLISHED.is_dir() else None), pictures()
    x, y = features(1, 200, 0), features(2, 200, 0.2)
    given: dict[str, Any] = {"x": x, "y": y, "first": first.numpy(), "second": second.numpy()}
    for package, network in networks.items():
        given |= convolutions(network, package)
    theirs = published(given, tmp_path_factory.mktemp("parity"))
    ours = {f"lpips_{package}": float(network(first, second)) for package, network in networks.items()}
    ours |= {"fid": frechet_distance(x, y), "kid": kernel_distance(x, y)}
    assert ours.keys() == theirs.keys()
    return {name: (ours[name], theirs[name]) for name in ours}


@pytest.mark.parametrize("metric", ["fid", "kid", "lpips_alex", "lpips_vgg"])
def test_a_metric_equals_the_published_package(parity: dict[str, tuple[float, float]], metric: str) -> None:
    ours, theirs = parity[metric]
    assert theirs > 0
    assert ours == pytest.approx(theirs, rel=1e-4)


def test_without_an_index_the_packages_are_missed_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("NO_INDEX", "1"), ("CONFIG_FILE", os.devnull), ("FIND_LINKS", str(tmp_path))):
        monkeypatch.setenv(f"PIP_{name}", value)
    said = install_packages(tmp_path / "packages")
    assert "parity tests skip" in said
    assert "\n" not in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("network", "to_first", "to_second"), [("alexnet", 0.722, 0.138), ("vgg16", 0.569, 0.422)])
def test_the_reference_pictures_of_lpips(
    network: str, to_first: float, to_second: float, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`ex_ref`, `ex_p0` and `ex_p1` of the repository of LPIPS, and the values that it states for them."""
    folder = Path(os.environ.get("LCPIPE_TEST_LPIPS_PICTURES") or shared / "lpips")
    if not (folder / "ex_ref.png").is_file():
        pytest.skip("LCPIPE_TEST_LPIPS_PICTURES names no folder with the reference pictures of LPIPS")
    monkeypatch.setenv("LCPIPE_WEIGHTS", str(shared / "weights"))
    distance, _ = load_lpips(network)
    read = (cv2.imread(str(folder / f"ex_{name}.png"))[..., ::-1] for name in ("ref", "p0", "p1"))
    reference, first, second = (picture_batch(np.ascontiguousarray(picture)) for picture in read)
    assert float(distance(reference, first)) == pytest.approx(to_first, abs=1e-3)
    assert float(distance(reference, second)) == pytest.approx(to_second, abs=1e-3)
