"""Packing against a bare copy that also hashes, and `verify` against sha256 on all cores, in one run.

The copy reads every picture in the same order from the same blobs of the cache, which it keeps open, and writes it to
one file per shard through a sha256, synced to the disk: no columns, no checks of what is read, no page checksums.
Prints MB/s, ratios, what CPU a round took (packing takes more than one core, the copy just one: so the ratio falls
where other work holds the second), and the peak memory of a process that packs one shard of 512 MiB.
"""

import argparse
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from _rows import LINES, PARAMS, make_dataset, picture, row

from lcpipe.pipeline.dataset.canonical import sha256_hex
from lcpipe.pipeline.dataset.manifest import read_manifest
from lcpipe.pipeline.dataset.schema import pairs_schema
from lcpipe.pipeline.dataset.verify import verify
from lcpipe.pipeline.pack import PackJob, ShardTask
from lcpipe.pipeline.parts import Place
from lcpipe.pipeline.rows import DatasetRow

COPIES = 64


def task(folder: Path, megabytes: int) -> ShardTask:
    """A shard of about so many megabytes, its pictures in blobs as render leaves them."""
    rows, written, number = [], 0, 0
    drawn = [picture(one) for one in range(COPIES)]
    while written < megabytes * 1e6:
        blob = folder / f"{number // COPIES}.blob"
        color, line = drawn[number % COPIES]
        with blob.open("ab") as file:
            start = file.tell()
            file.write(color + line)
        id = sha256_hex(str(number).encode())
        places = {"color": Place(str(blob), start, len(color))}
        places |= {f"line_{name}": Place(str(blob), start + len(color), len(line)) for name in LINES}
        cells = [{"sha256": sha256_hex(data), "path": "x"} for data in (color, line)]
        rows.append(DatasetRow("pairs", "train", row(id, *cells), places))
        written, number = written + len(color) + len(LINES) * len(line), number + 1
    rows.sort(key=lambda one: one.id)
    schema = pairs_schema(dict.fromkeys(LINES, PARAMS))
    return ShardTask(str(folder / "x.parquet"), "x.parquet", schema, "pairs", "train", 0, 1, tuple(rows))


def bare(made: ShardTask, out: Path) -> int:
    """Copies all pictures of a shard into one file, hashing; returns the bytes."""
    state, written = hashlib.sha256(), 0
    blobs = {place.blob for one in made.rows for place in one.places.values()}
    with out.open("wb") as file, ExitStack() as stack:
        opened = {blob: stack.enter_context(open(blob, "rb")) for blob in blobs}
        for one in made.rows:
            for place in one.places.values():
                blob = opened[place.blob]
                blob.seek(place.offset)
                data = blob.read(place.length)
                state.update(data)
                written += file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return written


def timed(call, *arguments) -> tuple[float, object]:
    start = time.perf_counter()
    answer = call(*arguments)
    return time.perf_counter() - start, answer


def packing(folder: Path, megabytes: int, rounds: int) -> dict[str, object]:
    made = task(folder, megabytes)
    ours, theirs, cpu_s = [], [], {"pack": 0.0, "copy": 0.0}
    for _ in range(rounds):
        before = time.process_time()
        seconds, facts = timed(PackJob().run, made)
        ours.append(facts["bytes"] / seconds / 1e6)
        between = time.process_time()
        seconds, written = timed(bare, made, folder / "copy")
        theirs.append(written / seconds / 1e6)
        cpu_s["pack"] += between - before
        cpu_s["copy"] += time.process_time() - between
    ratio = round(median(ours) / median(theirs), 2)
    return {
        "bench": "pack",
        "MB_per_s": round(median(ours)),
        "copy_MB_per_s": round(median(theirs)),
        "pack/copy": ratio,
        "cpu_s": {name: round(spent / rounds, 2) for name, spent in cpu_s.items()},
    }


def checking(folder: Path, rounds: int, rows: int) -> dict[str, object]:
    root = make_dataset(folder / "d", rows, 16)
    files = [root / entry["path"] for entry in read_manifest(str(root))["files"]]
    size = sum(file.stat().st_size for file in files)
    ours, theirs = [], []
    for _ in range(rounds):
        seconds, problems = timed(verify, str(root))
        assert problems == [], problems
        ours.append(size / seconds / 1e6)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            seconds, _ = timed(lambda: list(pool.map(_sha256, files)))
        theirs.append(size / seconds / 1e6)
    ratio = round(median(ours) / median(theirs), 2)
    told = {"bench": "verify", "MB": round(size / 1e6), "MB_per_s": round(median(ours))}
    return told | {"sha256_MB_per_s": round(median(theirs)), "verify/sha256": ratio}


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def peak(megabytes: int) -> None:
    """Packs one shard and prints the peak memory of this process, apart from the making of the blobs."""
    with tempfile.TemporaryDirectory() as name:
        made = task(Path(name), megabytes)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        PackJob().run(made)
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        json.dumps(
            {"bench": "pack memory", "shard_MB": megabytes, "peak_MiB": most // 1024, "before_MiB": before // 1024}
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--rows", type=int, default=6000, help="of the dataset that is verified")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--peak", type=int, help="only measure the memory of packing a shard of so many megabytes")
    wanted = parser.parse_args()
    if wanted.peak:
        return peak(wanted.peak)
    # A process counts as its own what its parent held when it was started: so this comes first.
    subprocess.run([sys.executable, __file__, "--peak", "537"], check=True)
    folder = Path(tempfile.mkdtemp())
    try:
        print(json.dumps(packing(folder, wanted.megabytes, wanted.rounds)))
        print(json.dumps(checking(folder, wanted.rounds, wanted.rows)))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
