"""Files appear whole or not at all, locally and on a store."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import fsspec
import pytest

from lcpipe.pipeline.dataset.errors import StorageError
from lcpipe.pipeline.dataset.storage import atomic_writer, filesystem, is_local, join, read_bytes, write_bytes

FULL_DISK = """
import resource, signal, sys
from lcpipe.pipeline.dataset.storage import write_bytes
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
try:
    write_bytes(sys.argv[1], bytes(5000))
except Exception as error:
    print(type(error).__name__, error)
"""


def test_what_is_written_is_read(tmp_path: Path):
    uri = str(tmp_path / "new" / "folders" / "file")
    write_bytes(uri, b"once")
    write_bytes(uri, b"twice")
    assert read_bytes(uri) == b"twice"
    assert [path.name for path in (tmp_path / "new" / "folders").iterdir()] == ["file"]


def test_stores_are_written_too():
    write_bytes("memory://bucket/file", b"data")
    assert read_bytes("memory://bucket/file") == b"data"
    fs, _ = filesystem("memory://bucket/file")
    assert not is_local(fs)
    assert is_local(fsspec.filesystem("file"))


def test_a_server_that_is_not_there_is_named():
    with pytest.raises(StorageError, match=r"cannot read or write.* \(ftp://127\.0\.0\.1:1/x\)"):
        filesystem("ftp://127.0.0.1:1/x")


def test_what_a_store_does_not_have_is_named():
    with pytest.raises(StorageError, match=r"no such file or folder \(memory://bucket/nothing\)"):
        read_bytes("memory://bucket/nothing")


def fail_midway(uri: str) -> None:
    with atomic_writer(uri) as file:
        file.write(b"half")
        raise RuntimeError("midway")


def test_an_error_in_the_block_leaves_the_old_file(tmp_path: Path):
    write_bytes(str(tmp_path / "file"), b"old")
    with pytest.raises(RuntimeError, match="midway"):
        fail_midway(str(tmp_path / "file"))
    assert read_bytes(str(tmp_path / "file")) == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_an_error_in_the_block_leaves_nothing_on_a_store():
    with pytest.raises(RuntimeError, match="midway"):
        fail_midway("memory://bucket/half")
    assert not fsspec.filesystem("memory").exists("/bucket/half")


def test_a_write_that_fails_midway_leaves_nothing(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "file")], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("StorageError ")
    assert str(tmp_path / "file") in done.stdout
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_two_writers_of_one_file_leave_one_of_both(tmp_path: Path):
    texts = [bytes([letter]) * 100_000 for letter in b"ab"]
    threads = [threading.Thread(target=write_bytes, args=(str(tmp_path / "file"), text)) for text in texts * 8]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read_bytes(str(tmp_path / "file")) in texts
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("name", "says"), [("absent", "no such file or folder"), ("file/below", "cannot read|no such"), ("", "cannot read")]
)
def test_what_cannot_be_read_is_one_clear_line(tmp_path: Path, name, says):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=says) as caught:
        read_bytes(str(tmp_path / name))
    assert caught.value.where == str(tmp_path / name)
    assert caught.value.hint


def test_an_unknown_scheme_names_what_to_do():
    with pytest.raises(StorageError, match="give a folder, or an address"):
        filesystem("nowhere://bucket")


ABSENT = """
import sys
for name in ("gcsfs", "huggingface_hub", "s3fs"):
    sys.modules[name] = None  # Python's own way to say that a module cannot be imported
from lcpipe.pipeline.dataset.storage import filesystem
for address in sys.argv[1:]:
    try:
        filesystem(address)
    except Exception as error:
        print(type(error).__name__, error)
"""


def test_an_address_whose_package_is_not_installed_names_it():
    packages = {"gs://b/x": "gcsfs", "hf://datasets/a/b": "huggingface_hub", "s3://b/x": "'lcpipe[s3]'"}
    done = subprocess.run([sys.executable, "-c", ABSENT, *packages], capture_output=True, text=True, check=True)
    what = "StorageError nothing is installed that serves this address"
    assert done.stdout.splitlines() == [f"{what} ({at}): run `pip install {name}`" for at, name in packages.items()]


def test_a_hub_that_does_not_answer_is_one_line():
    pytest.importorskip("huggingface_hub")
    environment = os.environ | {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_ETAG_TIMEOUT": "1"}
    command = [sys.executable, "-m", "lcpipe.pipeline", "verify", "hf://datasets/a/b"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 1
    assert "the store refused" in done.stderr
    assert "Traceback" not in done.stderr


def test_parts_join_with_slashes():
    assert join("s3://bucket/", "a", "b") == "s3://bucket/a/b"
    assert join("folder", "a") == "folder/a"
