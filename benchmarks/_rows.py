"""Rows that look like those of real datasets, for benchmarks of packing and reading."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa

from lcpipe.pipeline.dataset.canonical import sha256_hex
from lcpipe.pipeline.dataset.digest import dataset_digest, row_digests
from lcpipe.pipeline.dataset.draws import generator
from lcpipe.pipeline.dataset.encode import encode_color, encode_line
from lcpipe.pipeline.dataset.manifest import write_manifest
from lcpipe.pipeline.dataset.reading import open_parquet
from lcpipe.pipeline.dataset.schema import SCHEMA_VERSION, pairs_schema
from lcpipe.pipeline.dataset.shards import shard_path, write_drops, write_shard

PARAMS = pa.struct([("extractor", pa.string()), ("version", pa.int64()), ("sigma", pa.float64()), ("seed", pa.int64())])
LINES = ("soft", "hard")
SIDE_PX = 512


def picture(number: int) -> tuple[bytes, bytes]:
    """A colour picture and its lines, encoded: outlined shapes on a soft texture."""
    rng = generator(0, number, "bench row")
    texture = cv2.resize(rng.normal(0, 9, (256, 256, 3)).astype(np.float32), (SIDE_PX, SIDE_PX))
    color = np.clip(texture + rng.integers(90, 220, 3), 0, 255).astype(np.uint8)
    line = np.full((SIDE_PX, SIDE_PX), 255, np.uint8)
    for _ in range(30):
        middle, axes = rng.integers(0, SIDE_PX, 2).tolist(), rng.integers(10, 120, 2).tolist()
        angle, fill = float(rng.uniform(0, 360)), rng.integers(0, 255, 3).tolist()
        cv2.ellipse(color, middle, axes, angle, 0, 360, fill, -1, cv2.LINE_AA)
        cv2.ellipse(color, middle, axes, angle, 0, 360, (20, 20, 30), 2, cv2.LINE_AA)
        cv2.ellipse(line, middle, axes, angle, 0, 360, 0, 2, cv2.LINE_AA)
    return encode_color(color)[0], encode_line(line)


def rows(count: int, distinct: int = 48) -> Iterator[dict[str, Any]]:
    """`count` rows whose ids differ and whose pictures repeat."""
    drawn = [picture(number) for number in range(min(distinct, count))]
    for number in range(count):
        color, line = drawn[number % len(drawn)]
        yield row(sha256_hex(str(number).encode()), {"bytes": color, "path": "x.jpg"}, {"bytes": line, "path": "x.png"})


def row(id: str, color: dict[str, Any], line: dict[str, Any]) -> dict[str, Any]:
    """One row with the given pictures."""
    lines = {f"line_{name}": line for name in LINES}
    params = {f"line_{name}_params": {"extractor": "xdog", "version": 1, "sigma": 0.3, "seed": 0} for name in LINES}
    return {
        "id": id, "color": color, **lines, **params, "width": SIDE_PX, "height": SIDE_PX,
        "original_width": 2 * SIDE_PX, "original_height": 2 * SIDE_PX, "phash": bytes.fromhex(id[:16]), "cluster": id,
        "rating": "g", "tags_general": ["1girl", "solo", "long_hair"], "license": "CC0-1.0", "artist": "someone",
        "refs": [{"source": "bench", "native_id": id, "source_url": None, "page_url": None}],
    }  # fmt: skip


def make_dataset(root: Path, count: int, shards: int) -> Path:
    """A packed dataset with one train split, by the project's own writer."""
    schema, everything, entries, digests = pairs_schema(dict.fromkeys(LINES, PARAMS)), list(rows(count)), [], []
    for number in range(shards):
        part = everything[count * number // shards : count * (number + 1) // shards]
        path = shard_path("pairs", "train", number, shards)
        facts = write_shard(f"{root}/{path}", schema, part, config="pairs", split="train", number=number, of=shards)
        entries.append(
            {"path": path, "bytes": facts.bytes, "sha256": facts.sha256, "config": "pairs", "split": "train"}
        )
        entries[-1]["rows"] = facts.rows
        with open_parquet(f"{root}/{path}") as file:
            digests += row_digests(file.read())
    drops = write_drops(f"{root}/drops.parquet", [])
    entries.append({"path": drops.path, "bytes": drops.bytes, "sha256": drops.sha256})
    counts = {"found": count, "kept": count, "paired": 0, "dropped": 0, "reasons": {}}
    provenance = {"recipe": {}, "sources": {}, "plugins": {}, "weights": {}, "environment": {}, "lcpipe": {}}
    write_manifest(str(root), {
        "format": 1, "name": "bench", "version": "1", "digest": dataset_digest({"pairs": {"train": digests}}),
        "schema_version": SCHEMA_VERSION, "counts": counts | {"splits": {"pairs": {"train": count}}},
        "provenance": provenance, "licenses": {"CC0-1.0": count}, "files": entries,
    })  # fmt: skip
    return root
