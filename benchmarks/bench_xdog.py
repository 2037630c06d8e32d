"""How much XDoG costs beyond its two blurs, and how far it is from a loop over pixels: ratios measured in one run.

    python benchmarks/bench_xdog.py            a table
    python benchmarks/bench_xdog.py --json     one JSON object

The unit is the two float32 blurs alone, with the same explicit kernels, buffers re-used, on a luma that is already
there, on one thread. Goals: hard at most 1.8 units and soft at most 2, conversion to grey included and despeckling
apart; at least 50 times faster per pixel than Python.
"""

import argparse
import json
import math
import time
from collections.abc import Callable
from statistics import median

import cv2
import numpy as np

from lcpipe.extractors.xdog import Settings, despeckle, xdog

SIDE_PX = 1024
CROP_PX = 24
HARD, SOFT = Settings(sigma=0.4, k=4.5, p=19), Settings(sigma=0.4, k=4.5, p=19, phi=4.0)


def picture(side: int) -> np.ndarray:
    """Discs, strokes and hatching on a gradient with a little noise: about a tenth of its lines' pixels are ink."""
    rng = np.random.Generator(np.random.PCG64(1))
    canvas = np.full((side, side, 3), 240, np.uint8)
    canvas[:, : side // 2] = np.linspace(90, 240, side, dtype=np.uint8)[:, None, None]
    for _ in range(60):
        center, radius = tuple(map(int, rng.integers(0, side, 2))), int(rng.integers(side // 60, side // 8))
        cv2.circle(canvas, center, radius, tuple(map(int, rng.integers(60, 256, 3))), -1, cv2.LINE_AA)
        cv2.circle(canvas, center, radius, (25, 20, 30), int(rng.integers(1, 5)), cv2.LINE_AA)
    noise = rng.integers(0, 3, canvas.shape, np.uint8)
    return np.asarray(cv2.subtract(canvas, noise))


def kernel(sigma: float) -> np.ndarray:
    """The normalised Gaussian of radius int(4σ + ½), float32."""
    radius = int(4 * sigma + 0.5)
    weights = np.exp(-(np.arange(-radius, radius + 1) ** 2) / (2 * sigma**2))
    return np.asarray(weights / weights.sum(), np.float32)


def two_blurs(side: int) -> Callable[[], None]:
    """The unit of this benchmark."""
    luma = np.asarray(cv2.cvtColor(picture(side).astype(np.float32), cv2.COLOR_RGB2GRAY))
    fine, coarse, a, b = kernel(HARD.sigma), kernel(HARD.sigma * HARD.k), np.empty_like(luma), np.empty_like(luma)

    def run() -> None:
        cv2.sepFilter2D(luma, -1, fine, fine, dst=a, borderType=cv2.BORDER_REFLECT)
        cv2.sepFilter2D(luma, -1, coarse, coarse, dst=b, borderType=cv2.BORDER_REFLECT)

    return run


def xdog_in_python(crop: np.ndarray) -> list[list[float]]:
    """Hard XDoG as public code writes it, but with its blurs separated: one pixel after the other."""
    luma = [[(0.299 * r + 0.587 * g + 0.114 * b) / 255 for r, g, b in row] for row in crop.tolist()]
    fine, coarse = (blur_in_python(luma, kernel(sigma).tolist()) for sigma in (HARD.sigma, HARD.sigma * HARD.k))
    pairs = [list(zip(*rows, strict=True)) for rows in zip(fine, coarse, strict=True)]
    return [[1.0 if 20 * f - 19 * c >= 0 else 0.0 for f, c in row] for row in pairs]


def blur_in_python(plane: list[list[float]], weights: list[float]) -> list[list[float]]:
    """Along the rows, then along the columns; mirrored at the border."""
    for _ in range(2):
        blurred = [blurred_row(row, weights) for row in plane]
        plane = [list(column) for column in zip(*blurred, strict=True)]
    return plane


def blurred_row(row: list[float], weights: list[float]) -> list[float]:
    radius, last = len(weights) // 2, len(row) - 1
    result = []
    for x in range(len(row)):
        total = 0.0
        for i, weight in enumerate(weights):
            at = abs(x + i - radius)
            total += weight * row[at if at <= last else 2 * last - at]
        result.append(total)
    return result


def interleaved(runs: dict[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """Milliseconds of each run, taken in turns: what slows the machine down slows all of them."""
    for run in runs.values():
        run()
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            times[name].append(1e3 * (time.perf_counter() - start))
    return times


def measured(repeats: int) -> dict[str, dict[str, float]]:
    """For each thing timed: `ms`, the median, and `ratio`, the median of its ratios to the blurs of the same turn."""
    colors = picture(SIDE_PX)
    line, crop = xdog(colors, HARD), colors[:CROP_PX, :CROP_PX]
    runs: dict[str, Callable[[], object]] = {
        "two blurs": two_blurs(SIDE_PX),
        "xdog, hard": lambda: xdog(colors, HARD),
        "xdog, soft": lambda: xdog(colors, SOFT),
        "despeckle": lambda: despeckle(line, 8),
        "python loop": lambda: xdog_in_python(crop),
    }
    times = interleaved(runs, repeats)
    per_crop = (SIDE_PX / CROP_PX) ** 2  # the loop is timed on a crop and scaled by the number of pixels
    times["python loop"] = [per_crop * ms for ms in times["python loop"]]
    unit = times["two blurs"]
    return {
        name: {"ms": median(ms), "ratio": median(a / b for a, b in zip(ms, unit, strict=True))}
        for name, ms in times.items()
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--repeats", type=int, default=60, help="turns to take the median of")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rows = measured(max(1, options.repeats))
    speedup = rows["python loop"]["ms"] / rows["xdog, hard"]["ms"]
    if options.json:
        print(json.dumps({"side_px": SIDE_PX, "rows": rows, "times_faster_than_python": speedup}))
        return
    print(f"{SIDE_PX} x {SIDE_PX}, one thread{'ms':>14}{'ratio':>9}{'goal':>8}")
    goals = {"xdog, hard": "<= 1.8", "xdog, soft": "<= 2"}
    for name, row in rows.items():
        print(f"{name:24}{row['ms']:>14.2f}{row['ratio']:>9.2f}{goals.get(name, ''):>8}")
    print(f"xdog is {math.floor(speedup)} times faster than the loop (goal: >= 50)")


if __name__ == "__main__":
    main()
