"""Checkpoints of the released code become models that paint, and what is none is refused in one line."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from lcpipe.model.checkpoints import load_model
from lcpipe.model.features import illustration2vec_layers
from lcpipe.model.hints import no_hints
from lcpipe.model.import_checkpoint import import_checkpoint
from lcpipe.model.imports import alacgan, illustration2vec
from lcpipe.model.networks import Critic, CriticConfig, Generator, GeneratorConfig
from lcpipe.model.painter import load_painter
from lcpipe.pipeline.dataset.errors import LcpipeError, UsageError, WeightsError


def official(shared: Path, part: str) -> dict[str, Tensor]:
    """A state dict by the names and shapes of the released modules."""
    shapes = json.loads((shared / "golden" / "alacgan_state_dict.json").read_text())[part]
    torch.manual_seed(1)
    pairs = shapes.items() if isinstance(shapes, dict) else shapes
    return {name: torch.randn(shape) * 0.02 for name, shape in pairs}


def saved(path: Path, tensors: object) -> Path:
    torch.save(tensors, path)
    return path


def small(folder: Path, channels: int = 0, prefix: str = "") -> Path:
    torch.manual_seed(2)
    tensors = Generator(GeneratorConfig(8, (2, 1, 1, 1), channels)).state_dict()
    return saved(folder / "netG.pth", {prefix + name: value for name, value in tensors.items()})


def test_the_official_names_and_shapes_are_known(shared: Path, tmp_path: Path) -> None:
    file = saved(tmp_path / "netG.pth", official(shared, "generator"))
    tensors, metadata = alacgan.convert(file)
    assert alacgan.layout(tensors, file) == GeneratorConfig(64, (20, 8, 8, 5), 512)
    assert len(metadata["source_sha256"]) == 64
    features = official(shared, "illustration2vec_conv4_2")
    save_file(features, tmp_path / "i2v.safetensors")
    model = import_checkpoint(
        str(file), str(tmp_path / "out" / "m.safetensors"), features_file=str(tmp_path / "i2v.safetensors")
    )
    generator, local, facts = load_model(model)
    assert torch.equal(generator.toH[0].weight, tensors["toH.0.weight"])
    assert local is not None
    assert torch.equal(local.layers[13].bias, features["13.bias"])
    assert facts["imported"]["source"] == "netG.pth"


@pytest.mark.parametrize("prefix", ["", "module."])
def test_an_imported_model_paints(tmp_path: Path, prefix: str) -> None:
    model = import_checkpoint(str(small(tmp_path, prefix=prefix)), str(tmp_path / "m.safetensors"))
    picture = load_painter(model).paint(np.full((40, 50), 255, np.uint8), no_hints(40, 50))
    assert picture.shape == (40, 50, 3)


def test_a_generator_with_features_needs_them(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="illustration2vec"):
        import_checkpoint(
            str(small(tmp_path, 512)), str(tmp_path / "m.safetensors"), features_file=str(tmp_path / "no")
        )
    with pytest.raises(WeightsError, match="96 channels"):
        import_checkpoint(str(small(tmp_path, 96)), str(tmp_path / "m.safetensors"))
    assert not (tmp_path / "m.safetensors").exists()


class Sly:
    """What a pickle could hold; only tensors may be read."""


def refused(folder: Path, content: object) -> LcpipeError:
    file = saved(folder / "bad.pth", content)
    with pytest.raises(LcpipeError) as caught:
        import_checkpoint(str(file), str(folder / "m.safetensors"))
    assert str(file) in str(caught.value)
    return caught.value


def test_other_files_are_refused_by_name(tmp_path: Path) -> None:
    critic = Critic(CriticConfig(ndf=8, condition="none", strides=(1,))).state_dict()
    assert "critic" in refused(tmp_path, critic).what
    assert "not a generator" in refused(tmp_path, {"a": torch.zeros(1)}).what
    assert refused(tmp_path, Sly()).what
    cut = dict(Generator(GeneratorConfig(8, (1, 1, 1, 1), 0)).state_dict())
    del cut["exit.bias"]
    assert "exit.bias" in refused(tmp_path, cut).what
    cut["exit.bias"] = torch.full((3,), float("nan"))
    assert "no numbers" in refused(tmp_path, cut).what
    (tmp_path / "text.pth").write_text("hello")
    with pytest.raises(WeightsError, match="cannot read"):
        import_checkpoint(str(tmp_path / "text.pth"), str(tmp_path / "m.safetensors"))
    with pytest.raises(WeightsError, match="no such"):
        import_checkpoint(str(tmp_path / "nothing.pth"), str(tmp_path / "m.safetensors"))


def test_nothing_is_replaced_unasked(tmp_path: Path) -> None:
    file, out = small(tmp_path), tmp_path / "m.safetensors"
    out.write_bytes(b"mine")
    with pytest.raises(UsageError, match="already"):
        import_checkpoint(str(file), str(out))
    assert out.read_bytes() == b"mine"
    assert load_model(import_checkpoint(str(file), str(out), overwrite=True))[1] is None


def message(number: int, data: bytes) -> bytes:
    """A field of bytes as Protocol Buffers write it."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value: int) -> bytes:
    parts = []
    while True:
        parts.append(value & 127 | (128 if value > 127 else 0))
        value >>= 7
        if not value:
            return bytes(parts)


def blob(tensor: Tensor, *, old: bool) -> bytes:
    """A BlobProto in either form of naming its sizes, with packed numbers."""
    if old:
        sizes = [1] * (4 - tensor.ndim) + list(tensor.shape)
        head = b"".join(varint(field << 3) + varint(size) for field, size in enumerate(sizes, 1))
    else:
        head = message(7, message(1, b"".join(varint(size) for size in tensor.shape)))
    return head + message(5, tensor.numpy().astype("<f4").tobytes())


def caffe_model(tensors: dict[str, Tensor], *, old: bool) -> bytes:
    layer, name, blobs = (2, 4, 6) if old else (100, 1, 7)
    data = message(1, b"illust2vec") + message(layer, message(name, b"data"))
    for place in illustration2vec.CONVOLUTIONS:
        parts = [blob(tensors[f"{place}.{kind}"], old=old) for kind in ("weight", "bias")]
        data += message(
            layer, message(name, f"conv{place}".encode()) + b"".join(message(blobs, part) for part in parts)
        )
    return data


@pytest.mark.parametrize("old", [True, False])
def test_the_caffe_model_becomes_the_same_tensors(tmp_path: Path, old: bool) -> None:
    torch.manual_seed(3)
    tensors = dict(illustration2vec_layers().state_dict())
    file = tmp_path / "illust2vec_tag_ver200.caffemodel"
    file.write_bytes(caffe_model(tensors, old=old))
    converted, metadata = illustration2vec.convert(file)
    assert metadata["source"] == file.name
    assert converted.keys() == tensors.keys()
    assert all(torch.equal(converted[name], tensors[name]) for name in tensors)
    data = file.read_bytes()
    file.write_bytes(data[: len(data) - 999])
    with pytest.raises(WeightsError, match="cut short"):
        illustration2vec.convert(file)
    file.write_bytes(data[: len(data) // 2])
    with pytest.raises(WeightsError):
        illustration2vec.convert(file)
    file.write_bytes(b"\x00" * 40 + b"\xff" * 40)
    with pytest.raises(WeightsError):
        illustration2vec.convert(file)


def test_a_port_of_illustration2vec_is_found_below_any_name(tmp_path: Path) -> None:
    tensors = illustration2vec_layers().state_dict()
    more = {f"features.{name}": value for name, value in tensors.items()} | {"classifier.0.weight": torch.zeros(4, 4)}
    converted, _ = illustration2vec.convert(saved(tmp_path / "i2v.pth", more))
    assert converted.keys() == tensors.keys()
    with pytest.raises(WeightsError, match="missing"):
        illustration2vec.convert(saved(tmp_path / "other.pth", {"0.weight": torch.zeros(64, 3, 3, 3)}))


def test_a_model_without_an_architecture_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "m.safetensors"
    save_file({"a": torch.zeros(1)}, file, {"lcpipe": '{"format": 1}'})
    with pytest.raises(WeightsError, match="architecture"):
        load_model(file)
