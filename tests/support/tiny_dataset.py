"""Makes a small, real packed dataset of drawn pictures, for tests of whatever reads one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa

from lcpipe.pipeline.dataset.canonical import sha256_hex
from lcpipe.pipeline.dataset.digest import dataset_digest, row_digest
from lcpipe.pipeline.dataset.draws import generator
from lcpipe.pipeline.dataset.encode import encode_color, encode_line
from lcpipe.pipeline.dataset.manifest import write_manifest
from lcpipe.pipeline.dataset.schema import SCHEMA_VERSION, line_art_schema, pairs_schema
from lcpipe.pipeline.dataset.shards import ShardFacts, shard_path, write_drops, write_shard
from lcpipe.pipeline.dataset.storage import write_bytes

PARAMS = pa.struct([("extractor", pa.string()), ("version", pa.int64()), ("sigma", pa.float64()), ("seed", pa.int64())])
_SHARP = 4  # pictures are drawn this much larger and shrunk, for soft edges
_LICENSES = ("CC-BY-4.0", "CC0-1.0", "unknown")
_RATINGS = ("g", "g", "s", "q")


def draw_picture(seed: int, key: str, side: int) -> tuple[np.ndarray, np.ndarray]:
    """A face with hair, eyes and a collar: colour uint8 (side, side, 3), its lines uint8 (side, side)."""
    rng = generator(seed, key, "tiny picture")
    big = side * _SHARP
    color = np.full((big, big, 3), rng.integers(120, 255, 3), np.uint8)
    line = np.full((big, big), 255, np.uint8)
    hair, skin, cloth, iris = (tuple(map(int, rng.integers(low, 256, 3))) for low in (0, 150, 40, 0))
    x, y = (big * rng.uniform(0.44, 0.56, 2)).astype(int)
    r = int(big * rng.uniform(0.2, 0.28))
    width = max(2, round(big * rng.uniform(0.008, 0.02)))

    def ellipse(fill: tuple[int, ...], center: tuple[int, int], axes: tuple[int, int], angle: float = 0.0) -> None:
        cv2.ellipse(color, center, axes, angle, 0, 360, fill, -1)
        cv2.ellipse(color, center, axes, angle, 0, 360, (30, 20, 25), width)
        cv2.ellipse(line, center, axes, angle, 0, 360, 255, -1)
        cv2.ellipse(line, center, axes, angle, 0, 360, 0, width)

    ellipse(cloth, (x, y + 2 * r), (int(1.5 * r), int(0.9 * r)))
    ellipse(hair, (x, y - r // 6), (int(1.3 * r), int(1.4 * r)), rng.uniform(-10, 10))
    ellipse(skin, (x, y + r // 5), (int(0.85 * r), r))
    for side_of_face in (-1, 1):
        eye = (x + side_of_face * int(0.38 * r), y + r // 5)
        ellipse((250, 250, 250), eye, (int(0.24 * r), int(0.3 * r)))
        ellipse(iris, eye, (int(0.13 * r), int(0.22 * r)))
    for strand in range(int(rng.integers(3, 7))):
        start, end = (x + int((strand - 2) * 0.4 * r), y - int(1.3 * r)), (x + int((strand - 3) * 0.3 * r), y - r // 3)
        cv2.line(color, start, end, (30, 20, 25), width)
        cv2.line(line, start, end, 0, width)
    shrink = {"dsize": (side, side), "interpolation": cv2.INTER_AREA}
    return cv2.resize(color, **shrink), cv2.resize(line, **shrink)


def make_tiny_dataset(
    root: Path,
    rows: int = 8,
    side: int = 64,
    lines: Sequence[str] = ("xdog_03",),
    seed: int = 0,
    splits: Mapping[str, int] | None = None,
    authentic: bool = True,
) -> Path:
    """Packs `rows` pairs, two drawings without a partner and three drops into `root`, and returns it.

    Of the rows one goes to `validation` and one to `test` unless `splits` says how many go where (their sum counts
    then). The first row of each split has an authentic line drawing; the first two of `train` share a cluster.
    Without `authentic` there are no authentic drawings, with a partner or without.
    """
    splits = dict(splits or {"train": max(1, rows - 2), "validation": int(rows > 2), "test": int(rows > 1)})
    schema = pairs_schema({name: PARAMS for name in lines})
    pairs = {
        split: [_pair(seed, split, i, side, lines, count) for i in range(count)] for split, count in splits.items()
    }
    if not authentic:
        missing = dict.fromkeys(("line_authentic", "pair_score", "pair_transform"))
        pairs = {split: [row | missing for row in made] for split, made in pairs.items()}
    drawings = {"test": [_drawing(seed, i, side) for i in range(2 if authentic else 0)]}
    kept = next(rows for rows in pairs.values() if rows)[0]["id"]
    drops = [_drop(seed, i, reason, kept) for i, reason in enumerate(("min_side", "near_duplicate", "decode_failed"))]
    packed = {"pairs": (schema, pairs), "line_art": (line_art_schema(), drawings)}
    files = [entry for config, (s, by_split) in packed.items() for entry in _write_shards(root, config, s, by_split)]
    write_bytes(f"{root}/README.md", b"# tiny\n\nDrawn pictures for tests.\n")
    files.append(_entry(write_drops(f"{root}/drops.parquet", drops)))
    files.append(_described(root, "README.md"))
    write_manifest(str(root), _manifest(seed, side, lines, packed, drops, files))
    return root


def _write_shards(root: Path, config: str, schema: pa.Schema, by_split: Mapping[str, list]) -> list[dict[str, Any]]:
    entries = []
    for split, rows in by_split.items():
        if rows:
            uri = f"{root}/{shard_path(config, split, 0, 1)}"
            facts = write_shard(uri, schema, rows, config=config, split=split, number=0, of=1)
            entries.append({**_entry(facts), "config": config, "split": split, "rows": facts.rows})
    return entries


def _entry(facts: ShardFacts) -> dict[str, Any]:
    return {"path": facts.path, "bytes": facts.bytes, "sha256": facts.sha256}


def _described(root: Path, name: str) -> dict[str, Any]:
    data = (root / name).read_bytes()
    return {"path": name, "bytes": len(data), "sha256": sha256_hex(data)}


def _pair(seed: int, split: str, i: int, side: int, lines: Sequence[str], count: int) -> dict[str, Any]:
    key = f"{split}/{i}"
    color, line = draw_picture(seed, key, side)
    description = _description(seed, key, color, side)
    row = {**description, "color": {"bytes": encode_color(color)[0], "path": f"{description['id']}.jpg"}}
    for n, name in enumerate(lines):
        row[f"line_{name}"] = _png(_hand(line, n), description["id"])
        row[f"line_{name}_params"] = {"extractor": "xdog", "version": 1, "sigma": 0.3 + 0.1 * n, "seed": seed}
    if i == 0:
        row |= {"line_authentic": _png(_hand(line, 7), description["id"]), "pair_score": 0.75}
        row["pair_transform"] = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    if split == "train" and i == 1 and count > 1:
        row["cluster"] = _description(seed, "train/0", draw_picture(seed, "train/0", side)[0], side)["id"]
    return row


def _hand(line: np.ndarray, n: int) -> np.ndarray:
    """The same drawing in another hand: thinner or thicker, harder or softer."""
    if n == 0:
        return line
    spread = cv2.erode(line, np.ones((2, 2), np.uint8)) if n % 2 else cv2.GaussianBlur(line, (3, 3), 0)
    return np.where(spread > 250, 255, spread).astype(np.uint8)


def _png(line: np.ndarray, name: str) -> dict[str, Any]:
    return {"bytes": encode_line(line), "path": f"{name}.png"}


def _drawing(seed: int, i: int, side: int) -> dict[str, Any]:
    _, line = draw_picture(seed, f"line_art/{i}", side)
    description = _description(seed, f"line_art/{i}", line, side)
    return {**description, "line_authentic": _png(line, description["id"])}


def _description(seed: int, key: str, pixels: np.ndarray, side: int) -> dict[str, Any]:
    rng = generator(seed, key, "tiny description")
    id = sha256_hex(pixels.tobytes())
    return {
        "id": id, "width": side, "height": side, "original_width": 4 * side, "original_height": 4 * side,
        "phash": bytes.fromhex(id[:16]), "cluster": id, "rating": str(rng.choice(_RATINGS)),
        "tags_general": ["1girl", f"hair_{rng.integers(9)}"], "tags_artist": [f"artist_{rng.integers(3)}"],
        "score": int(rng.integers(100)), "created_at": datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=len(key)),
        "license": str(rng.choice(_LICENSES)), "artist": f"artist_{rng.integers(3)}",
        "page_url": f"https://example.org/{key}", "consent": {"decision": "allow", "signals": []},
        "refs": [{"source": "local", "native_id": f"{key}.png", "source_url": None, "page_url": None}],
    }  # fmt: skip


def _drop(seed: int, i: int, reason: str, kept: str) -> dict[str, Any]:
    stage = "measure" if reason == "decode_failed" else "select"
    size = {} if stage == "measure" else {"width": 40, "height": 30}
    return {
        "id": sha256_hex(f"drop/{seed}/{i}".encode()), "role": "color", "stage": stage, "reason": reason,
        "reasons": [reason, "grayscale"] if reason == "min_side" else [reason],
        "kept_id": kept if reason == "near_duplicate" else None, "detail": f"drawn to be dropped: {reason}",
        "refs": [{"source": "local", "native_id": f"drop_{i}.png", "source_url": None, "page_url": None}], **size,
    }  # fmt: skip


def _manifest(
    seed: int, side: int, lines: Sequence[str], packed: Mapping[str, Any], drops: list, files: list[dict[str, Any]]
) -> dict[str, Any]:
    rows = [row for _, by_split in packed.values() for rows in by_split.values() for row in rows]
    paired = sum(row.get("line_authentic") is not None for rows in packed["pairs"][1].values() for row in rows)
    recipe = {
        "name": "tiny", "version": "1.0.0", "seed": seed, "sources": {"local": {"kind": "drawn", "count": len(rows)}},
        "render": {"short_side": side, "oversample": 2, "color": {"codec": "jpeg", "quality": 95}},
        "lines": {name: {"extractor": "xdog", "sigma": 0.3} for name in lines},
    }  # fmt: skip
    found = len(rows) + paired + len(drops)
    digests = {
        config: {split: [(row["id"], row_digest(row, schema)) for row in rows] for split, rows in by_split.items()}
        for config, (schema, by_split) in packed.items()
    }
    return {
        "format": 1, "name": "tiny", "version": "1.0.0", "digest": dataset_digest(digests),
        "schema_version": SCHEMA_VERSION,
        "provenance": {
            "recipe": recipe, "plugins": {"extractors/xdog": 1}, "weights": {}, "environment": {"python": "3"},
            "sources": {"local": {"kind": "drawn", "version": 1, "settings": {}, "found": found, "catalog": "0" * 64}},
            "lcpipe": {"version": "0.1.0", "commit": None},
        },
        "counts": {
            "found": found, "kept": len(rows), "paired": paired, "dropped": len(drops),
            "splits": {config: {s: len(r) for s, r in by.items() if r} for config, (_, by) in packed.items()},
            "reasons": dict(Counter(drop["reason"] for drop in drops)),
        },
        "licenses": dict(Counter(row["license"] for row in rows)),
        "files": files,
    }  # fmt: skip
