"""Copies to and from a real S3 server: killed, cut off and told stale news, they still arrive whole."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from support.object_store import Door
from support.tiny_dataset import make_tiny_dataset

from lcpipe.pipeline.dataset.copying import copy, missing_bytes
from lcpipe.pipeline.dataset.errors import DatasetError, StorageError
from lcpipe.pipeline.dataset.manifest import MANIFEST, read_manifest
from lcpipe.pipeline.dataset.reading import open_dataset
from lcpipe.pipeline.dataset.verify import verify

TRAIN = "data/pairs/train-00000-of-00001.parquet"
NOTHING_LISTED = b"""<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
<Name>datasets</Name><KeyCount>0</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>"""


def lcpipe(door: Door, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "lcpipe.pipeline", "--json", *arguments]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, env=os.environ | door.environment, **streams)


def test_copy_kill_copy_again_copy_back_elsewhere(object_store: Door, tmp_path: Path):
    """The second run sends no more than was missing, and what comes back has the same digest."""
    source = make_tiny_dataset(tmp_path / "source", rows=12)
    target = "s3://datasets/killed"
    files, third = [], threading.Event()

    def kill_in_the_third(method: str, path: str) -> str | None:
        if method == "PUT" and path not in files:
            files.append(path)
        if len(files) < 3:
            return None
        third.set()
        return "cut"

    with object_store.failing(kill_in_the_third):
        process = lcpipe(object_store, "copy", str(source), target, "--threads", "1")
        assert third.wait(120), process.communicate()
        process.kill()
        process.communicate()
    with pytest.raises(DatasetError, match="not a dataset"):
        open_dataset(target)
    missing = missing_bytes(str(source), target)
    everything = sum(entry["bytes"] for entry in read_manifest(str(source))["files"])
    assert 0 < missing < everything
    object_store.sent.clear()
    process = lcpipe(object_store, "copy", str(source), target)
    answer, said = process.communicate()
    assert process.returncode == 0, said
    assert json.loads(answer)["bytes"] == missing
    manifest_bytes = (source / MANIFEST).stat().st_size
    assert sum(object_store.sent.values()) <= missing + manifest_bytes
    copy(target, str(tmp_path / "back"))
    assert verify(str(tmp_path / "back"), full=True) == []
    assert (
        open_dataset(str(tmp_path / "back")).digest == open_dataset(str(source)).digest == json.loads(answer)["digest"]
    )


@pytest.mark.parametrize("fault", ["cut", 500, 403])
def test_a_store_that_fails_in_the_middle_of_an_upload(object_store: Door, tiny_dataset: Path, fault):
    target = f"s3://datasets/failing-{fault}"
    with object_store.failing(lambda method, path: fault if method == "PUT" and "train" in path else None):
        with pytest.raises(StorageError) as caught:
            copy(str(tiny_dataset), target)
    assert "train-00000" in caught.value.where
    with pytest.raises(DatasetError, match="not a dataset"):
        open_dataset(target)
    missing = missing_bytes(str(tiny_dataset), target)
    assert copy(str(tiny_dataset), target).bytes == missing
    assert verify(target, full=True) == []


def test_a_store_that_shows_files_late_is_waited_for(object_store: Door, tiny_dataset: Path):
    looks: dict[str, int] = {}

    def late(method: str, path: str) -> int | None:
        if method != "HEAD" or "late" not in path:
            return None
        looks[path] = looks.get(path, 0) + 1
        return 404 if looks[path] <= 2 else None

    with object_store.failing(late):
        copy(str(tiny_dataset), "s3://datasets/late")
    assert verify("s3://datasets/late", full=True) == []


def test_a_file_that_never_shows_keeps_the_manifest_away(object_store: Door, tiny_dataset: Path):
    with object_store.failing(
        lambda method, path: 404 if method == "HEAD" and path.endswith("drops.parquet") else None
    ):
        with pytest.raises(StorageError, match=r"does not show a file that was sent .*drops\.parquet"):
            copy(str(tiny_dataset), "s3://datasets/never")
    with pytest.raises(DatasetError, match="not a dataset"):
        open_dataset("s3://datasets/never")


def test_stale_listings_mislead_nobody(object_store: Door, tiny_dataset: Path, tmp_path: Path):
    other = make_tiny_dataset(tmp_path / "other", seed=5)
    copy(str(tiny_dataset), "s3://datasets/stale")
    with object_store.failing(lambda method, path: NOTHING_LISTED if "list-type" in path else None):
        with pytest.raises(DatasetError, match="another dataset lies there|another file lies there"):
            copy(str(other), "s3://datasets/stale")
        assert copy(str(tiny_dataset), "s3://datasets/stale").bytes == 0
    assert verify("s3://datasets/stale", full=True) == []


def test_a_bucket_that_is_not_there_is_one_line(object_store: Door, tiny_dataset: Path):
    process = lcpipe(object_store, "copy", str(tiny_dataset), "s3://no-such-bucket/x")
    answer, said = process.communicate()
    assert process.returncode == 1
    assert set(json.loads(answer)) == {"error", "where", "hint"}
    assert b"Traceback" not in said


def test_a_dataset_on_a_store_is_read_by_ranges(object_store: Door, tiny_dataset: Path):
    copy(str(tiny_dataset), "s3://datasets/ranges")
    remote, local = open_dataset("s3://datasets/ranges"), open_dataset(str(tiny_dataset))
    assert list(remote.rows()) == list(local.rows())
