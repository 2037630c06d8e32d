"""Decoded rows back from a dataset, against Hugging Face's streaming and a bare loop of two threads, in one run.

The bare loop reads row groups with pyarrow and decodes with OpenCV in two threads: no order, no checks, no names. All
read the same columns of the same files. Prints rows per second and ratios, medians of interleaved rounds.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import pyarrow.parquet as pq
from _rows import make_dataset

from lcpipe.pipeline.dataset.reading import Dataset, open_dataset
from lcpipe.pipeline.dataset.streaming import decoded_rows

COLUMNS = ("id", "color", "line_soft")


def ours(dataset: Dataset) -> int:
    return sum(
        row["color"].shape[2] == 3 and row["line_soft"].ndim == 2 for row in decoded_rows(dataset, columns=COLUMNS)
    )


def bare(dataset: Dataset, threads: int) -> int:
    def groups(start: int) -> int:
        done = 0
        for uri in dataset.shards()[start::threads]:
            with pq.ParquetFile(uri) as file:
                for index in range(file.num_row_groups):
                    for row in file.read_row_group(index, columns=list(COLUMNS)).to_pylist():
                        cv2.imdecode(np.frombuffer(row["color"]["bytes"], np.uint8), cv2.IMREAD_COLOR_RGB)
                        cv2.imdecode(np.frombuffer(row["line_soft"]["bytes"], np.uint8), cv2.IMREAD_GRAYSCALE)
                        done += 1
        return done

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(groups, range(threads)))


def hugging_face(dataset: Dataset) -> int:
    from datasets import load_dataset

    rows = load_dataset("parquet", data_files=list(dataset.shards()), split="train", streaming=True)
    return sum(row["color"].size == row["line_soft"].size for row in rows.select_columns(list(COLUMNS)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HF_HOME"] = folder
        dataset = open_dataset(str(make_dataset(Path(folder) / "d", wanted.rows, 20)))
        threads = os.cpu_count() or 1
        readers: dict[str, Callable[[], int]] = {
            "ours": lambda: ours(dataset),
            "bare": lambda: bare(dataset, threads),
            "hugging_face": lambda: hugging_face(dataset),
        }
        seconds: dict[str, list[float]] = {name: [] for name in readers}
        cpu: dict[str, list[float]] = {name: [] for name in readers}
        for _ in range(wanted.rounds):
            for name, read in readers.items():
                start, used = time.perf_counter(), time.process_time()
                assert read() == wanted.rows
                seconds[name].append(time.perf_counter() - start)
                cpu[name].append(time.process_time() - used)
    rates = {name: wanted.rows / median(times) for name, times in seconds.items()}
    ratios = {f"ours/{name}": round(rates["ours"] / rates[name], 2) for name in ("bare", "hugging_face")}
    told = {
        "rows_per_s": {name: round(rate, 1) for name, rate in rates.items()},
        "cpu_ms_per_row": {name: round(1000 * median(times) / wanted.rows, 2) for name, times in cpu.items()},
    }
    print(json.dumps({"bench": "reading", "cores": threads, **told, **ratios}))


if __name__ == "__main__":
    main()
