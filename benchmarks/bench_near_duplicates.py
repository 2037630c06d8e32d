"""Near-duplicates on a corpus of known clusters, and the time and memory of clustering up to a million hashes.

    python benchmarks/bench_near_duplicates.py [--corpus FOLDER] [--rows 10000 100000 1000000]

On a corpus (its manifest.csv names files, kinds and clusters), the pictures of kind `near_duplicate` are clustered, and
once more with an altered copy of each: cropped, rescaled, mirrored or encoded anew, in turn. Prints pairwise precision
and recall, and every error, as JSON lines. The synthetic hashes hold planted clusters, 5 % near-blank and 1 % equal
ones; each size runs in a process of its own, and is held against brute force (a block of it, scaled up) as a ratio.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa

from lcpipe.pipeline.clustering import clustered
from lcpipe.pipeline.dataset.decode import Facts, decode
from lcpipe.pipeline.dataset.draws import generator
from lcpipe.pipeline.measure import Views
from lcpipe.pipeline.measures import color_hash, phash, thumbnail
from lcpipe.pipeline.measures.color_hash import MIRROR
from lcpipe.pipeline.memory import Memory
from lcpipe.pipeline.near_duplicates import Proposal, clusters
from lcpipe.pipeline.recipe import NearDuplicates
from lcpipe.pipeline.wide import wide

FACTS = Facts(
    format="PNG", mode="RGB", width=1, height=1, bits=8, frames=1, alpha_share=0.0, orientation=1, has_icc=False
)
MOST_CROPPED = 0.1  # of each side, both ends together
DEFAULTS = NearDuplicates()
CLUSTER = 5  # rows of a planted cluster
BRUTE_ROWS = 512


def altered(pixels: np.ndarray, way: str, name: str) -> np.ndarray:
    """A copy as sites and people make them, uint8 (h, w, 3)."""
    rng = generator(0, name, way)
    height, width = pixels.shape[:2]
    if way == "mirrored":
        return np.ascontiguousarray(pixels[:, ::-1])
    if way == "rescaled":
        return np.asarray(cv2.resize(pixels, None, fx=(scale := rng.uniform(0.3, 0.9)), fy=scale, interpolation=3))
    if way == "encoded":
        data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 60))])[1]
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    top, bottom, left, right = rng.dirichlet(np.ones(4)) * rng.uniform(0.3, 1.0) * MOST_CROPPED
    return pixels[int(top * height) : height - int(bottom * height), int(left * width) : width - int(right * width)]


WAYS = ("cropped", "rescaled", "mirrored", "encoded")


def measured(name: str, pixels: np.ndarray) -> dict[str, object]:
    views = Views(pixels)
    return {
        "id": name,
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "format": "JPEG",
        **phash.measure(views.grey, FACTS),
        **color_hash.measure(views.squeezed, FACTS),
        **thumbnail.measure(views.squeezed, FACTS),
    }


def on_corpus(folder: Path) -> None:
    rows = list(csv.DictReader((folder / "manifest.csv").open(encoding="utf-8")))
    files = [row for row in rows if row["kind"] == "near_duplicate"]
    pictures = {row["path"]: decode((folder / row["path"]).read_bytes()).pixels for row in files}
    truth = {row["path"]: row["cluster"] for row in files}
    judge("as they are", pictures, truth)
    copies = {}
    for number, path in enumerate(sorted(pictures)):
        copies[f"{path} {WAYS[number % 4]}"] = altered(pictures[path], WAYS[number % 4], path)
        truth[f"{path} {WAYS[number % 4]}"] = truth[path]
    judge("with altered copies", pictures | copies, truth)
    rest = [row for row in rows if row["kind"].startswith("illustration")]
    others = {row["path"]: decode((folder / row["path"]).read_bytes()).pixels for row in rest}
    told_by_names(others, {row["path"]: row["cluster"] for row in rest})


def clusters_of(pictures: dict[str, np.ndarray]) -> dict[str, int]:
    table = pa.Table.from_pylist(
        [measured(name, pictures[name]) for name in sorted(pictures)],
        schema=pa.schema(
            [
                ("id", pa.string()),
                ("width", pa.int32()),
                ("height", pa.int32()),
                ("format", pa.string()),
                *(column for one in (phash, color_hash, thumbnail) for column in one.columns.items()),
            ]
        ),
    )
    everyone = np.ones(len(table), dtype=bool)
    thumbnails = wide(table.column("thumbnail"))
    found = clustered(table, thumbnails, everyone, everyone, DEFAULTS, Memory())
    return dict(zip(sorted(pictures), found.name.tolist(), strict=True))


def judge(what: str, pictures: dict[str, np.ndarray], truth: dict[str, str]) -> None:
    """Pairwise precision and recall: a pair is found when both are in one cluster."""
    found = clusters_of(pictures)
    pairs = list(combinations(sorted(pictures), 2))
    same = {pair for pair in pairs if truth[pair[0]] == truth[pair[1]]}
    joined = {pair for pair in pairs if found[pair[0]] == found[pair[1]]}
    for a, b in sorted(joined - same):
        print(json.dumps({"error": "joined", "set": what, "a": a, "b": b}))
    by_file = Counter(name for pair in same - joined for name in pair)
    for name, count in sorted(by_file.items(), key=lambda item: -item[1]):
        if count > max(2, Counter(truth.values())[truth[name]] // 3):
            print(json.dumps({"error": "parted", "set": what, "picture": name, "pairs_missed": count}))
    facts = {
        "set": what,
        "pictures": len(pictures),
        "true_pairs": len(same),
        "missed_pairs": len(same - joined),
        "precision": round(len(joined & same) / max(len(joined), 1), 4),
        "recall": round(len(joined & same) / len(same), 4),
    }
    print(json.dumps(facts))


def told_by_names(pictures: dict[str, np.ndarray], names: dict[str, str]) -> None:
    """Pairs found among pictures that are no planted near-duplicates, and whether their clusters agree."""
    found = clusters_of(pictures)
    joined = [pair for pair in combinations(sorted(pictures), 2) if found[pair[0]] == found[pair[1]]]
    for a, b in joined:
        if names[a] != names[b]:
            print(json.dumps({"joined_across_names": [a, b]}))
    agree = sum(names[a] == names[b] for a, b in joined)
    print(json.dumps({"set": "illustrations", "pictures": len(pictures), "joined": len(joined), "same_name": agree}))


def planted(count: int, file: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.memmap]:
    """pHashes, colour hashes, the planted cluster of each row (−1: none), thumbnails in a file."""
    rng = generator(0, count, "planted")
    blank, equal, duplicates = count // 20, count // 100, count // 5
    hashes, colors = rng.integers(0, 2**64, (2, count), dtype=np.uint64)
    owner = np.full(count, -1)
    thumbs = np.memmap(file, np.uint8, "w+", shape=(count, 3072))
    for start in range(0, count, 1 << 15):
        rows = slice(start, min(start + (1 << 15), count))
        cells = rng.integers(0, 256, (rows.stop - start, 4, 4, 3), np.uint8)
        thumbs[rows] = cells.repeat(8, axis=1).repeat(8, axis=2).reshape(len(cells), -1)
    few = rng.integers(0, 64, (3, blank)).astype(np.uint64)
    hashes[:blank] = np.bitwise_or.reduce(np.uint64(1) << few, axis=0)
    colors[:blank] = np.uint64(1) << few[0]
    thumbs[:blank] = (255 - rng.integers(0, 40, (blank, 1))).astype(np.uint8)
    hashes[blank : blank + equal] = hashes[-1]
    first = blank + equal
    heads = np.repeat(np.arange(first, first + duplicates, CLUSTER), CLUSTER)[:duplicates]
    rows = np.arange(first, first + duplicates)
    flips = np.bitwise_xor.reduce(np.uint64(1) << rng.integers(0, 64, (3, duplicates)).astype(np.uint64), axis=0)
    hashes[rows] = np.where(rows == heads, hashes[heads], hashes[heads] ^ flips)
    colors[rows] = np.where(rng.random(duplicates) < 0.2, colors[heads] ^ np.uint64(MIRROR), colors[heads])
    for start in range(first, first + duplicates, 1 << 15):
        part = slice(start, min(start + (1 << 15), first + duplicates))
        thumbs[part] = thumbs[heads[part.start - first : part.stop - first]]
    owner[rows] = heads
    thumbs.flush()
    order = rng.permutation(count)
    return hashes[order], colors[order], owner[order], Shuffled(thumbs, order)


class Shuffled:
    """Rows of an array in another order, read when asked for: thumbnails lie in a file, not in memory."""

    def __init__(self, array: np.ndarray, order: np.ndarray) -> None:
        self.array, self.order = array, order

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        return self.array[self.order[rows]]


class Watch(threading.Thread):
    """The most anonymous memory this process has, in MiB: pages of files can be dropped at any time."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak_mib, self.done = 0, threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.05):
            status = Path("/proc/self/status").read_text(encoding="ascii")
            (line,) = [line for line in status.splitlines() if line.startswith("RssAnon")]
            self.peak_mib = max(self.peak_mib, int(line.split()[1]) // 1024)


def scale(count: int, scratch: Path) -> None:
    hashes, colors, owner, thumbs = planted(count, scratch)
    lenient = DEFAULTS.distance + 1
    proposals = [
        Proposal(hashes, DEFAULTS.distance),
        Proposal(colors, lenient, aligned=True),
        Proposal(colors, lenient, MIRROR, aligned=True),
    ]
    watch = Watch()
    watch.start()
    began, used = time.perf_counter(), time.process_time()
    centre = clusters(proposals, thumbs, np.arange(count), DEFAULTS.color_difference).centre
    seconds, used = time.perf_counter() - began, time.process_time() - used
    watch.done.set()
    began = time.perf_counter()
    np.count_nonzero(np.bitwise_count(hashes[:BRUTE_ROWS, None] ^ hashes[None]) <= DEFAULTS.distance)
    brute = (time.perf_counter() - began) * count / BRUTE_ROWS / 2
    best = np.full(count, count)
    np.minimum.at(best, owner[owner >= 0], np.flatnonzero(owner >= 0))
    rows = np.flatnonzero(owner >= 0)
    facts = {
        "rows": count,
        "seconds": round(seconds, 2),
        "cpu_s": round(used, 2),
        "goal_s_at_1M": 60,
        "peak_mib": watch.peak_mib,
        "goal_mib": 2048,
        "brute_force_s": round(brute, 2),
        "brute_force_pHash_only_to_ours": round(brute / seconds, 2),
        "planted_found": round(float(np.mean(centre[rows] == best[owner[rows]])), 4),
        "clusters": len(np.unique(centre)),
    }
    print(json.dumps(facts))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--rows", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        with tempfile.TemporaryDirectory() as folder:
            return scale(given.one, Path(folder) / "thumbnails")
    if given.corpus:
        on_corpus(given.corpus)
    times = {}
    for count in given.rows:
        done = subprocess.run(
            [sys.executable, __file__, "--one", str(count)], check=True, capture_output=True, text=True
        )
        print(done.stdout.strip(), flush=True)
        times[count] = json.loads(done.stdout)["cpu_s"]
    sizes = sorted(times)
    for a, b in zip(sizes, sizes[1:], strict=False):
        power = np.log(times[b] / times[a]) / np.log(b / a)
        print(json.dumps({"growth": f"{a} to {b}", "exponent": round(float(power), 2)}))
    return None


if __name__ == "__main__":
    main()
