"""What a store that keeps equal bytes once need not take again of the next version of a dataset.

    python benchmarks/bench_versions.py [--megabytes 40]

One column of pictures (random bytes of the sizes that pictures have), written by the settings of our shards, then again
without some rows. The same with Parquet's content-defined chunks (as Hugging Face `datasets` asks for them) and with
plain pages of 1 MiB. The store is one that cuts files where their content says, into chunks of 8 to 128 KiB, about 64.
"""

import argparse
import hashlib
import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lcpipe.pipeline.dataset.shards import picture_settings, row_groups

SCHEMA = pa.schema([("picture", pa.binary())])
OURS = picture_settings(["picture"])
WAYS: dict[str, dict[str, Any]] = {
    "a page a picture": OURS,
    "content-defined chunks": OURS
    | {
        "data_page_size": 1024**2,
        "use_content_defined_chunking": {"min_chunk_size": 256 * 1024, "max_chunk_size": 1024**2, "norm_level": 0},
    },
    "pages of 1 MiB": OURS | {"data_page_size": 1024**2},
}
SIZES_BYTES = ((2_000, 8_000), (10_000, 40_000), (40_000, 160_000), (150_000, 600_000))
GONE = 0.02
CHUNK_BYTES = (8 * 1024, 128 * 1024)
CUT_MASK = np.uint64(0xFFFF << 8)  # one position in 65,536
WINDOW = 24
GEAR = np.random.default_rng(1).integers(0, 2**63, 256, dtype=np.uint64)


def written(pictures: list[bytes], settings: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    with pq.ParquetWriter(out, SCHEMA, **settings) as writer:
        for group in row_groups(pictures, len):
            writer.write_table(pa.table([pa.array(group, pa.binary())], schema=SCHEMA), row_group_size=len(group))
    return out.getvalue()


def chunks(data: bytes) -> Iterator[bytes]:
    """Cut where a rolling hash of the last 24 bytes says so (Gear), within the bounds."""
    values = GEAR[np.frombuffer(data, np.uint8)]
    rolled = np.zeros(len(data), np.uint64)
    for back in range(WINDOW):
        rolled[back:] += values[: len(data) - back] << np.uint64(back)
    least, most = CHUNK_BYTES
    start = 0
    for cut in [*np.flatnonzero(rolled & CUT_MASK == 0).tolist(), len(data)]:
        while cut - start > most:
            yield data[start : start + most]
            start += most
        if cut - start >= least or cut == len(data):
            yield data[start:cut]
            start = cut


def kept(before: bytes, after: bytes) -> float:
    """The share of the bytes of `after` that a store with `before` has."""
    known = {hashlib.sha256(chunk).digest() for chunk in chunks(before)}
    return sum(len(chunk) for chunk in chunks(after) if hashlib.sha256(chunk).digest() in known) / len(after)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=40, help="of pictures in the first version")
    wanted = parser.parse_args()
    draws = np.random.default_rng(0)
    for least, most in SIZES_BYTES:
        count = wanted.megabytes * 2_000_000 // (least + most)
        pictures = [draws.bytes(int(size)) for size in draws.integers(least, most, count)]
        left = [picture for picture in pictures if draws.random() >= GONE]
        shares = {way: round(kept(written(pictures, how), written(left, how)), 3) for way, how in WAYS.items()}
        told = {"bench": "versions", "picture_bytes": [least, most], "rows_gone": GONE, "kept": shares}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
