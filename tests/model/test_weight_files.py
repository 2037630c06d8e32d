"""Files of weights: listed, fetched from a real server with their checksum, imported with the user's word for them."""

import hashlib
import os
import pickle
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch

from lcpipe.model.lpips import alexnet_layers
from lcpipe.model.weight_checks import CHECKS
from lcpipe.model.weight_files import fetch, import_file, listed
from lcpipe.model.weights import FILE_NAMES, find_weights, read_tensors, vouched_for
from lcpipe.pipeline.dataset.errors import UsageError, WeightsError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LCPIPE_WEIGHTS", str(tmp_path / "weights"))
    return tmp_path / "weights"


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "net.safetensors").write_bytes(b"weights" * 1000)
    handler = partial(Quiet, directory=str(tmp_path / "site"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_address[1]}"
        httpd.shutdown()


DIGEST = hashlib.sha256(b"weights" * 1000).hexdigest()


def test_what_does_not_come_with_the_package_is_missing_at_first_and_the_list_says_what_to_do() -> None:
    rows = list(listed())
    assert [row.name for row in rows] == sorted(FILE_NAMES)
    assert [row.file for row in rows if row.file] == ["materials.safetensors"]
    assert all(row.file or row.advice.startswith("`lcpipe weights ") for row in rows)
    assert all(row.use for row in rows)


def test_a_file_of_the_users_own_goes_before_the_one_that_comes_with_the_package(folder: Path) -> None:
    assert find_weights("materials").parent != folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "materials.safetensors").write_bytes(b"")
    assert find_weights("materials") == folder / "materials.safetensors"


def test_a_file_is_fetched_checked_and_found(server: str, folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = fetch("vgg16", lambda *counts: seen.append(counts), url=f"{server}/net.safetensors", sha256=DIGEST)
    assert path == folder / "vgg16.safetensors"
    assert find_weights("vgg16") == path
    assert seen[-1] == (7000, 7000)
    (row,) = [row for row in listed() if row.name == "vgg16"]
    assert (row.file, row.sha256, row.vouched) == ("vgg16.safetensors", DIGEST, False)


def test_a_file_with_another_checksum_is_refused_and_nothing_is_left(server: str, folder: Path) -> None:
    with pytest.raises(WeightsError, match="has the sha256"):
        fetch("vgg16", url=f"{server}/net.safetensors", sha256="0" * 64)
    assert not folder.exists() or not list(folder.iterdir())


@pytest.mark.parametrize("address", ["{server}/missing.pth", "http://127.0.0.1:9/none.pth", "file:///etc/passwd"])
def test_an_address_that_gives_nothing_is_one_clear_error(server: str, address: str, folder: Path) -> None:
    with pytest.raises((WeightsError, UsageError)) as caught:
        fetch("vgg16", url=address.format(server=server), sha256=DIGEST)
    assert caught.value.hint
    assert not folder.exists() or not list(folder.iterdir())


def test_nothing_is_fetched_without_a_checksum_or_under_an_unknown_name() -> None:
    for given in ("", "00", "0" * 63 + "g"):
        with pytest.raises(UsageError, match="needs its checksum"):
            fetch("vgg16", url="http://127.0.0.1:9/x.pth", sha256=given)
    with pytest.raises(UsageError, match="did you mean vgg16"):
        fetch("vg16")
    with pytest.raises(WeightsError, match="no place is known"):
        fetch("lpips_heads")


def test_an_imported_file_is_vouched_for(tmp_path: Path, folder: Path) -> None:
    heads = {f"lin{place}.model.1.weight": torch.zeros(1, 64, 1, 1) for place in range(5)}
    torch.save({"alexnet": heads, "vgg16": heads}, tmp_path / "lpips_lin_v0.1.pth")
    path = import_file(str(tmp_path / "lpips_lin_v0.1.pth"))
    assert path == folder / "lpips_lin_v0.1.pth"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert vouched_for(digest)
    assert not vouched_for("0" * 64)
    import_file(str(path))
    assert (folder / "imported.sha256").read_text().count(digest) == 1


def test_what_cannot_be_imported_is_said(tmp_path: Path) -> None:
    (tmp_path / "thing.bin").write_bytes(b"x")
    with pytest.raises(UsageError, match="does not say which network"):
        import_file(str(tmp_path / "thing.bin"))
    with pytest.raises(WeightsError, match="is read from"):
        import_file(str(tmp_path / "thing.bin"), "vgg16")
    with pytest.raises(WeightsError, match="no such file"):
        import_file(str(tmp_path / "none.pth"), "vgg16")


class Runs:
    """What a pickle can do to whoever reads it as one."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.marker),)


def alexnet(wide: int = 64) -> dict[str, torch.Tensor]:
    tensors = {f"features.{name}": tensor for name, tensor in alexnet_layers().state_dict().items()}
    return tensors | {"features.0.weight": torch.zeros(wide, 3, 11, 11)}


def test_only_what_fits_its_network_is_imported_and_no_code_is_run(tmp_path: Path, folder: Path) -> None:
    file, marker = tmp_path / "net.pth", tmp_path / "it-ran"
    for content, says in (
        ({"features.0.weight": torch.zeros(2)}, "tensors are missing"),
        (alexnet(wide=8), "has the shape"),
        ([torch.zeros(2)], "no plain tensors"),
        ({"features.0.weight": Runs(marker)}, "cannot read the weights"),
    ):
        torch.save(content, file)
        with pytest.raises(WeightsError, match=says):
            import_file(str(file), "alexnet")
    file.write_bytes(pickle.dumps({"features.0.weight": Runs(marker)}))
    with pytest.raises(WeightsError, match="cannot read the weights"):
        import_file(str(file), "alexnet")
    assert not marker.exists()
    assert not folder.exists()


def test_a_checksum_in_a_name_must_be_the_files_own(tmp_path: Path, folder: Path) -> None:
    file = tmp_path / "alexnet-owt-7be5be79.pth"
    torch.save(alexnet(), file)
    with pytest.raises(WeightsError, match="the name promises the sha256 7be5be79"):
        import_file(str(file))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert import_file(str(file.rename(tmp_path / f"alexnet-{digest[:8]}.pth")), "alexnet").parent == folder


def test_every_network_has_a_check() -> None:
    assert CHECKS.keys() == FILE_NAMES.keys()


def test_bytes_that_are_no_weights_are_one_clear_error_whatever_they_are(tmp_path: Path) -> None:
    file, draws = tmp_path / "net.pth", np.random.default_rng(2333)
    heads = [bytes([first]) * 3 for first in range(256)]
    for data in [b"", b"root:x:0:0:root:/root:/bin/bash\n", *heads, *(draws.bytes(60) for _ in range(200))]:
        file.write_bytes(data)
        with pytest.raises(WeightsError):
            read_tensors(file)
