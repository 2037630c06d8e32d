"""Builds under violence: killed at random moments, on a full disk, and with pictures that kill their worker."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import cv2
import pytest
from support.pictures import run_build, write_pictures, write_recipe

from lcpipe.pipeline.dataset.canonical import sha256_hex
from lcpipe.pipeline.dataset.draws import generator
from lcpipe.pipeline.dataset.reading import open_dataset
from lcpipe.pipeline.dataset.verify import verify

pytestmark = pytest.mark.slow

DEADLY = """
    \"\"\"Kills the process that measures a picture whose first pixel is magenta.\"\"\"
    import os, signal
    import pyarrow as pa

    version = 1
    needs = "full"
    columns = {"harmless": pa.bool_()}

    def measure(pixels, facts):
        if tuple(pixels[0, 0]) == (255, 0, 255):
            os.kill(os.getpid(), signal.SIGKILL)
        return {"harmless": True}
"""
ASKS_FOR_IT = """
    \"\"\"Asks for the deadly measure, and keeps everything.\"\"\"
    from dataclasses import dataclass
    import pyarrow as pa

    version = 1
    measures = ("deadly",)

    @dataclass(frozen=True)
    class Settings:
        pass

    def keep(table, settings):
        return pa.nulls(len(table), pa.string())
"""


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "lcpipe.pipeline",
        "build-dataset",
        "recipe.toml",
        "--out",
        "out",
        "--cache",
        "cache",
    ]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(
        [*command, *arguments], cwd=folder, start_new_session=True, env=os.environ | environment, **streams
    )


def finish(process: subprocess.Popen[bytes]) -> int:
    process.communicate(timeout=300)
    return process.returncode


def file_count(root: Path) -> int:
    """How many files there are; folders that vanish while they are counted do no harm."""
    return sum(len(names) for _, _, names in os.walk(root))


def wait_for_files(process: subprocess.Popen[bytes], root: Path, count: int) -> bool:
    """True when that many files are there; False when the process ended before."""
    while process.poll() is None:
        if file_count(root) >= count:
            return True
        time.sleep(0.005)
    return False


def files(root: Path) -> dict[str, str]:
    return {str(f.relative_to(root)): sha256_hex(f.read_bytes()) for f in sorted(root.rglob("*")) if f.is_file()}


def test_killed_at_random_moments_and_started_again(tmp_path: Path) -> None:
    """SIGKILL to the whole process group whenever a few more files are there: the same bytes as an undisturbed one."""
    undisturbed, killed = tmp_path / "a", tmp_path / "b"
    for folder in (undisturbed, killed):
        write_pictures(folder / "pictures", 150, side=200)
        write_recipe(folder, render={"short_side": 160}, lines={
            "one": {"extractor": "xdog", "sigma": 0.3}, "any": {"extractor": "xdog", "preset": "alacgan"},
        })  # fmt: skip
    assert finish(start(undisturbed, "--workers", "2")) == 0
    rng = generator(0, "kills", "test")
    kills = 0
    while kills < 8:
        process = start(killed, "--workers", "2")
        if not wait_for_files(process, killed, file_count(killed) + int(rng.integers(1, 4))):
            break
        os.killpg(process.pid, signal.SIGKILL)
        finish(process)
        kills += 1
    process = start(killed, "--workers", "2")
    assert finish(process) == 0
    assert kills >= 2
    (one,), (other,) = (list((folder / "out" / "test").iterdir()) for folder in (undisturbed, killed))
    assert one.name == other.name
    assert files(one / "data") == files(other / "data")
    assert verify(str(other), full=True) == []


def test_a_stop_by_signal_is_clean_and_the_next_run_goes_on(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", 400, side=300)
    write_recipe(tmp_path, render={"short_side": 256})
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        process = start(tmp_path, "--workers", "1")
        assert process.stderr is not None
        assert process.stderr.readline().startswith(b"crawl local")
        time.sleep(1.5)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
        assert process.returncode == code, said
        assert b"Traceback" not in said
        assert b"leaked" not in said
        assert b"run the same command again" in said
    assert finish(start(tmp_path, "--workers", "2")) == 0


def test_a_picture_that_kills_its_worker_costs_itself_alone(tmp_path: Path) -> None:
    """A plug-in of another distribution, installed as such, dies on one picture of twenty."""
    site = tmp_path / "site"
    info = site / "deadly-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "deadly_measure.py").write_text(textwrap.dedent(DEADLY))
    (site / "deadly_filter.py").write_text(textwrap.dedent(ASKS_FOR_IT))
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: deadly\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[lcpipe.plugins]\nmeasures.deadly = deadly_measure\nfilters.asks_for_it = deadly_filter\n"
    )
    bad = write_pictures(tmp_path / "pictures", 20)[7]
    pixels = cv2.imread(str(bad))
    pixels[0, 0] = (255, 0, 255)
    cv2.imwrite(str(bad), pixels)
    write_recipe(tmp_path, filters={"asks_for_it": {}})
    process = start(tmp_path, "--workers", "2", "--json", PYTHONPATH=str(site))
    out, said = process.communicate(timeout=200)
    assert process.returncode == 0, said
    answer = json.loads(out)
    assert (answer["found"], answer["kept"], answer["reasons"]) == (20, 19, {"decoder_crashed": 1})
    (drop,) = open_dataset(str(tmp_path / answer["dataset"])).drops().to_pylist()
    assert drop["refs"][0]["native_id"] == bad.name


def test_a_full_disk_is_one_line_and_the_work_goes_on_afterwards(tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk: the kernel refuses the write in the same way."""
    write_pictures(tmp_path / "pictures", 30, side=200)
    write_recipe(tmp_path, render={"short_side": 192})
    command = [sys.executable, "-c", (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]));"
        "from lcpipe.pipeline.cli import main; main(sys.argv[1:])"
    ), "build-dataset", "recipe.toml", "--out", "out", "--cache", "cache", "--workers", "1"]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "out").rglob("manifest.json"))
    assert not [f for f in tmp_path.rglob("*.tmp")]
    report = run_build(tmp_path / "recipe.toml")
    assert verify(report.packed.root, full=True) == []


def test_a_worker_does_not_grow_with_the_number_of_pictures(tmp_path: Path) -> None:
    """The peak of all children after five times the pictures is about the same."""
    peaks = []
    for name, count in (("few", 60), ("many", 300)):
        write_pictures(tmp_path / name / "pictures", count, side=400)
        write_recipe(tmp_path / name, render={"short_side": 256})
        code = (
            "import resource, sys; from lcpipe.pipeline.cli import lcpipe; "
            "lcpipe.main(args=sys.argv[1:], standalone_mode=False);"
            "sys.stderr.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))"
        )
        command = [sys.executable, "-c", code, "-q", "build-dataset", "recipe.toml", "--workers", "1"]
        done = subprocess.run(command, cwd=tmp_path / name, capture_output=True, text=True, timeout=300, check=True)
        peaks.append(int(done.stderr.split()[-1]))
    assert peaks[1] < 1.25 * peaks[0], peaks
