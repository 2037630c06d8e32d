"""`build-dataset` end to end against a bare loop that does the same pixel work with no engine, in one run.

The loop reads, decodes, brings to working size, draws three line columns, shrinks and encodes, in as many processes as
the build has workers, with the allocator told to keep freed memory; it checks, measures, selects, packs and reports
nothing. Both run on the same drawn one-megapixel JPEGs. Prints pictures per second and the ratio build / loop, and the
same ratio in seconds of CPU, which what else runs on the machine disturbs less.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from lcpipe.extractors import xdog
from lcpipe.pipeline.dataset.decode import decode
from lcpipe.pipeline.dataset.draws import generator
from lcpipe.pipeline.dataset.encode import encode_color, encode_line
from lcpipe.pipeline.engine import WORKER_ENVIRONMENT
from lcpipe.pipeline.pixels import resized, target_geometry, working_size

SIGMAS = (0.3, 0.4, 0.5)
SHORT_SIDE = 512
RECIPE = """
name = "bench"
[sources.local]
kind = "folder"
path = "pictures"
role = "color"
[near_duplicates]
distance = 0
"""


def draw(folder: Path, number: int, width: int = 1024, height: int = 1024) -> None:
    """One picture: outlined shapes over a soft texture, about as heavy as an illustration."""
    rng = generator(0, number, "bench picture")
    texture = cv2.resize(rng.normal(0, 14, (256, 256, 3)).astype(np.float32), (width, height))
    picture = np.clip(texture + rng.integers(90, 220, 3), 0, 255).astype(np.uint8)
    for _ in range(40):
        middle, axes = rng.integers(0, (width, height)).tolist(), rng.integers(20, 200, 2).tolist()
        cv2.ellipse(
            picture, middle, axes, float(rng.uniform(0, 360)), 0, 360, rng.integers(0, 255, 3).tolist(), -1, cv2.LINE_AA
        )
        cv2.ellipse(picture, middle, axes, float(rng.uniform(0, 360)), 0, 360, (20, 20, 30), 3, cv2.LINE_AA)
    cv2.imwrite(str(folder / f"{number:05d}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 90])


def one(out: Path, file: Path) -> float:
    """The pixel work of one picture, as the build does it; the seconds of CPU it took."""
    began = time.process_time()
    pixels = decode(file.read_bytes()).pixels
    size = target_geometry(pixels.shape[1], pixels.shape[0], SHORT_SIDE)
    large = resized(pixels, *working_size(pixels.shape[1], pixels.shape[0], SHORT_SIDE, 2))
    data, suffix = encode_color(size.crop(resized(pixels, size.width, size.height)))
    (out / f"{file.stem}{suffix}").write_bytes(data)
    for sigma in SIGMAS:
        (lines,) = xdog.prepare(xdog.Settings(sigma=sigma))([large], [generator(0, "", "")])
        data = encode_line(size.crop(resized(lines, size.width, size.height)))
        (out / f"{file.stem}-{sigma}.png").write_bytes(data)
    return time.process_time() - began


def bare(folder: Path, workers: int) -> tuple[float, float]:
    """Seconds of the bare loop over all pictures, its processes started before: on the clock, and of CPU."""
    out = folder / "bare"
    out.mkdir()
    files = sorted((folder / "pictures").iterdir())
    os.environ |= WORKER_ENVIRONMENT
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=cv2.setNumThreads, initargs=(1,)
    ) as pool:
        list(pool.map(partial(one, out), files[: 4 * workers]))
        began = time.perf_counter()
        used = sum(pool.map(partial(one, out), files, chunksize=8))
        return time.perf_counter() - began, used


def built(folder: Path, workers: int) -> tuple[float, float]:
    """Seconds of the whole command, from an empty cache: on the clock, and of CPU in all its processes."""
    shutil.rmtree(folder / "cache", ignore_errors=True)
    shutil.rmtree(folder / "out", ignore_errors=True)
    columns = "".join(f'[lines.xdog_{i}]\nextractor = "xdog"\nsigma = {s}\nphi = 1e9\n' for i, s in enumerate(SIGMAS))
    (folder / "recipe.toml").write_text(RECIPE + columns)
    command = [sys.executable, "-m", "lcpipe.pipeline", "-q", "build-dataset", "recipe.toml", "--workers", str(workers)]
    began, used = time.perf_counter(), _cpu_of_children()
    subprocess.run([*command, "--cache", "cache", "--out", "out"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began, _cpu_of_children() - used


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=1200)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pictures").mkdir()
        for number in range(given.pictures):
            draw(folder / "pictures", number)
        runs: dict[str, list[tuple[float, float]]] = {"bare": [], "build": []}
        for _ in range(given.repeats):
            shutil.rmtree(folder / "bare", ignore_errors=True)
            runs["bare"].append(bare(folder, given.workers))
            runs["build"].append(built(folder, given.workers))
    wall, cpu = (sorted(a[i] / b[i] for a, b in zip(runs["bare"], runs["build"], strict=True)) for i in (0, 1))
    facts = {
        "pictures": given.pictures,
        "workers": given.workers,
        "bare_pictures_per_s": round(given.pictures / float(np.median([run[0] for run in runs["bare"]])), 1),
        "build_pictures_per_s": round(given.pictures / float(np.median([run[0] for run in runs["build"]])), 1),
        "ratio": round(float(np.median(wall)), 3),
        "ratios": [round(r, 3) for r in wall],
        "cpu_ratio": round(float(np.median(cpu)), 3),
        "cpu_ratios": [round(r, 3) for r in cpu],
        "goal": 0.7,
    }
    print(json.dumps(facts) if given.json else "\n".join(f"{key:<22} {value}" for key, value in facts.items()))


if __name__ == "__main__":
    main()
