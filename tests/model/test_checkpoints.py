"""Model files: a round trip with and without local features, and what is refused with one line."""

import json
import struct
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from lcpipe.model.checkpoints import load_model, save_model
from lcpipe.model.features import build_features, build_illustration2vec, illustration2vec_layers
from lcpipe.model.networks import Generator, GeneratorConfig
from lcpipe.pipeline.dataset.errors import WeightsError

SMALL = GeneratorConfig(ngf=8, blocks=(1, 2, 1, 1), feature_channels=0)
ORIGIN = {"preset": "tiny", "dataset": {"name": "d", "version": "1", "digest": "0" * 64}}


def test_a_generator_comes_back_bit_for_bit(tmp_path: Path) -> None:
    generator = Generator(SMALL).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    save_model(str(tmp_path / "model.safetensors"), generator, None, ORIGIN)
    loaded, features, metadata = load_model(tmp_path / "model.safetensors")
    assert features is None
    assert loaded.config == SMALL
    assert not loaded.training
    assert not any(parameter.requires_grad for parameter in loaded.parameters())
    assert all(torch.equal(generator.state_dict()[name], tensor) for name, tensor in loaded.state_dict().items())
    assert metadata["format"] == 1
    assert metadata["dataset"] == ORIGIN["dataset"]


def test_the_local_features_travel_with_the_model(tmp_path: Path) -> None:
    save_file(dict(illustration2vec_layers().state_dict()), tmp_path / "i2v.safetensors")
    features = build_features("illustration2vec", str(tmp_path / "i2v.safetensors"))
    generator = Generator(GeneratorConfig(ngf=8, blocks=(1, 1, 1, 1)))
    save_model(str(tmp_path / "model.safetensors"), generator, features, ORIGIN)
    _, loaded, metadata = load_model(tmp_path / "model.safetensors")
    line = torch.rand(1, 1, 32, 32) * 2 - 1
    assert features is not None
    assert loaded is not None
    assert torch.equal(loaded(line), features(line))
    assert metadata["architecture"]["features"]["weights"]["name"] == "i2v.safetensors"


def test_the_same_model_is_the_same_bytes(tmp_path: Path) -> None:
    generator = Generator(SMALL)
    for name in ("a", "b"):
        save_model(str(tmp_path / name), generator, None, ORIGIN)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_other_dtypes_are_read_as_fp32(tmp_path: Path) -> None:
    save_model(str(tmp_path / "model.safetensors"), Generator(SMALL).bfloat16(), None, ORIGIN)
    loaded, _, _ = load_model(tmp_path / "model.safetensors")
    assert {tensor.dtype for tensor in loaded.state_dict().values()} == {torch.float32}


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"gone\.safetensors"):
        load_model(tmp_path / "gone.safetensors")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.9])
def test_a_file_cut_short_is_refused(tmp_path: Path, share: float) -> None:
    path = tmp_path / "model.safetensors"
    save_model(str(path), Generator(SMALL), None, ORIGIN)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(WeightsError, match="cannot read"):
        load_model(path)


def with_metadata(path: Path, text: str) -> None:
    """A file without tensors whose lcpipe metadata is `text`."""
    header = json.dumps({"__metadata__": {"lcpipe": text}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)


@pytest.mark.parametrize(
    "text",
    ["", "not json", "[]", '{"format": 9}', '{"format": 1}', '{"format": 1, "architecture": {"generator": {}}}'],
)
def test_other_files_are_no_models(tmp_path: Path, text: str) -> None:
    with_metadata(tmp_path / "model.safetensors", text)
    with pytest.raises(WeightsError):
        load_model(tmp_path / "model.safetensors")


def test_tensors_of_another_shape_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_model(str(path), Generator(SMALL), None, ORIGIN)
    data = path.read_bytes().replace(b'\\"ngf\\":8', b'\\"ngf\\":6')
    path.write_bytes(data)
    with pytest.raises(WeightsError, match="shape"):
        load_model(path)


def test_random_features_have_no_record() -> None:
    assert build_illustration2vec().weights is None
