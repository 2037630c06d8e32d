"""The header of a model file is read without trusting it."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from lcpipe.pipeline.dataset.errors import WeightsError
from lcpipe.pipeline.safetensors_header import own_metadata, read_header


def test_what_safetensors_wrote(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_file({"a": np.zeros((2, 3), np.float32), "b": np.zeros((), np.float32)}, path, {"lcpipe": '{"format": 1}'})
    header = read_header(path)
    assert (header.tensors, header.parameters) == (2, 7)
    assert own_metadata(header, path) == {"format": 1}


@pytest.mark.parametrize("metadata", [None, {"lcpipe": "[]"}, {"lcpipe": "{"}, {"other": "1"}])
def test_a_file_of_others_is_named(tmp_path: Path, metadata: dict[str, str] | None) -> None:
    path = tmp_path / "a.safetensors"
    save_file({"a": np.zeros(1, np.float32)}, path, metadata)
    with pytest.raises(WeightsError, match="names no run"):
        own_metadata(read_header(path), path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"1234567",
        b"\xff" * 8,
        (10).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"[]",
        (2).to_bytes(8, "little") + b"\xff\xff",
        (9).to_bytes(8, "little") + b'{"a": {}}',
        (20_000).to_bytes(8, "little") + b"[" * 20_000,
        len(text := json.dumps({"a": {"shape": ["x"]}}).encode()).to_bytes(8, "little") + text,
    ],
)
def test_damage_is_one_clear_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(data)
    with pytest.raises(WeightsError, match=r"safetensors"):
        read_header(path)


def test_a_missing_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot read the model"):
        read_header(tmp_path / "none.safetensors")
