"""How long selecting takes and how much memory, for the whole command, on pictures that exist as measurements only.

    python benchmarks/bench_select.py [--rows 1000000] [--folder DIR]

Writes a cache as crawling and measuring leave it (a listing, parts of 64 pictures, thumbnails among them; clusters
planted, 5 % near-blank and 1 % equal hashes), runs `lcpipe build-dataset --until select --dry-run` on it with the
filters of the paper's recipe, once with nothing remembered and once more with another threshold after a selection.
Memory is what the process holds itself: pages of the cache's files can be dropped at any time.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from bench_measures import LARGEST, paper
from bench_near_duplicates import planted

from lcpipe.pipeline.catalog import LISTING, PART_PICTURES, write_listing
from lcpipe.pipeline.crawl import roots
from lcpipe.pipeline.measure import with_always
from lcpipe.pipeline.measurements import FAILURE, FAILURE_KEY, store
from lcpipe.pipeline.recipe import read_recipe
from lcpipe.pipeline.select import wanted_measures

TAGS = 20
RECIPE = """name = "bench"
[sources.local]
kind = "folder"
path = "pictures"
role = "color"
[filters.min_side]
px = {px}
[filters.aspect]
max_ratio = 2.5
[filters.grayscale]
[filters.colorful]
min_colorfulness = 20.0
[filters.clean]
[filters.text]
[filters.solid_border]
[filters.letterbox]
[filters.animation]
[filters.artist_cap]
most = 200
[filters.tags]
exclude = ["tag1", "tag2"]
[filters.expression]
keep = "score >= 0 or 'tag3' in tags_general"
"""


def write_cache(folder: Path, rows: int) -> Path:
    """The recipe, its listing and its measurements."""
    recipe = folder / "recipe.toml"
    recipe.write_text(RECIPE.format(px=512), encoding="utf-8")
    rng = np.random.Generator(np.random.PCG64(rows))
    ids = [line.tobytes().hex() for line in rng.integers(0, 256, (rows, 32), np.uint8)]
    ((_, root),) = roots(read_recipe(recipe), str(folder / "cache"))
    write_listing(root, listing(rng, ids))
    measurements(folder, recipe, rng, ids)
    return recipe


def listing(rng: np.random.Generator, ids: Sequence[str]) -> pa.Table:
    rows = len(ids)
    columns: dict[str, Any] = {one.name: pa.nulls(rows, one.type) for one in LISTING}
    columns["source"] = pa.array(["local"] * rows)
    columns["native_id"] = columns["path"] = columns["fingerprint"] = pa.array([f"{i:08d}.jpg" for i in range(rows)])
    columns["id"], columns["role"] = pa.array(ids), pa.array(["color"] * rows)
    columns["license"] = pa.array(["unknown"] * rows)
    columns["score"] = pa.array(rng.integers(-5, 50, rows), pa.int32())
    columns["rating"] = pa.array(np.array(["g", "s", "q"])[rng.integers(0, 3, rows)])
    columns["artist"] = pa.array([f"artist {i}" for i in rng.integers(0, rows // 50 + 1, rows)])
    columns["parent_id"] = pa.array([f"{i:08d}.jpg" if i < rows else None for i in rng.integers(0, 10 * rows, rows)])
    words = pa.array(sorted(f"tag{i}" for i in range(500)))
    picked = np.sort(rng.integers(0, 25, (rows, TAGS)) + 25 * np.arange(TAGS), axis=1).ravel()
    offsets = pa.array(np.arange(rows + 1, dtype=np.int32) * TAGS)
    columns["tags_general"] = pa.ListArray.from_arrays(offsets, words.take(pa.array(picked)))
    return pa.table({one.name: columns[one.name] for one in LISTING})


def measurements(folder: Path, recipe: Path, rng: np.random.Generator, ids: Sequence[str]) -> None:
    rows, place = len(ids), Path(store(str(folder / "cache")))
    place.mkdir(parents=True)
    hashes, colors, _, thumbs = planted(rows, folder / "thumbnails")
    texts = {"phash": hashes, "color_hash": colors}
    asks = with_always(wanted_measures(read_recipe(recipe), {"color"}))
    for number, start in enumerate(range(0, rows, PART_PICTURES)):
        part = np.arange(start, min(start + PART_PICTURES, rows))
        columns: dict[str, Any] = {
            "id": pa.array([ids[row] for row in part]),
            FAILURE_KEY: pa.nulls(len(part), FAILURE),
        }
        for ask in asks:
            fields = [column(rng, name, kind, part, texts, thumbs) for name, kind in ask.columns]
            columns[ask.key] = pa.StructArray.from_arrays(fields, fields=list(ask.type))
        table = pa.table(columns)
        with pa.OSFile(str(place / f"{number:08d}.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    (folder / "thumbnails").unlink()


def column(
    rng: np.random.Generator, name: str, kind: pa.DataType, part: np.ndarray, texts: dict[str, Any], thumbs: Any
) -> pa.Array:
    if name in texts:
        return _fixed(texts[name][part].astype(">u8").tobytes(), 8, kind)
    if name == "thumbnail":
        return _fixed(thumbs[part].tobytes(), kind.byte_width, kind)
    if pa.types.is_fixed_size_binary(kind):
        return _fixed(rng.bytes(len(part) * kind.byte_width), kind.byte_width, kind)
    if pa.types.is_floating(kind):
        return pa.array(rng.random(len(part)) * LARGEST.get(name, 1.0), kind)
    if pa.types.is_integer(kind):
        low, high = (1, 2) if name == "frames" else (450, 1100)
        return pa.array(rng.integers(low, high, len(part)), kind)
    return pa.array(["JPEG"] * len(part), kind) if pa.types.is_string(kind) else pa.nulls(len(part), kind)


def _fixed(data: bytes, width: int, kind: pa.DataType) -> pa.Array:
    return pa.Array.from_buffers(kind, len(data) // width, [None, pa.py_buffer(data)])


def run(what: str, folder: Path, program: str, *arguments: str) -> dict[str, Any]:
    """Seconds and peak of a process."""
    began = time.perf_counter()
    command = [sys.executable, "-c", program, *arguments]
    answer, peak = folder / "answer.json", 0
    with answer.open("wb") as said, subprocess.Popen(command, cwd=folder, stdout=said) as process:
        while process.poll() is None:
            peak = max(peak, anonymous_mib(process.pid))
            time.sleep(0.05)
    if process.returncode:
        raise SystemExit(process.returncode)
    text = answer.read_text(encoding="utf-8").strip()
    kept = {"kept": json.loads(text)["kept"]} if text else {}
    return {"what": what, "seconds": round(time.perf_counter() - began, 1), "peak_mib": peak, **kept}


def anonymous_mib(pid: int) -> int:
    """The memory of a process that is no file's; 0 when it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return max([0, *(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("RssAnon"))])


COMMAND = "import sys; from lcpipe.pipeline.cli import main; main()"
REMEMBER = """
import sys
from lcpipe.pipeline.catalog import read_listing
from lcpipe.pipeline.crawl import roots
from lcpipe.pipeline.measure import measured
from lcpipe.pipeline.memory import Memory
from lcpipe.pipeline.pictures import pictures
from lcpipe.pipeline.recipe import read_recipe
from lcpipe.pipeline.select import select, wanted_measures
recipe, cache = read_recipe(sys.argv[1]), sys.argv[2]
table = pictures([read_listing(root) for _, root in roots(recipe, cache)])
select(recipe, table, measured(wanted_measures(recipe, {"color"}), cache), Memory(cache, recipe.name))
"""


def forget(folder: Path) -> None:
    """Removes what an earlier run of an existing cache remembered."""
    for file in (folder / "cache" / "selections").glob("*"):
        file.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where to make the cache; an existing one is used again")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch)
        recipe = folder / "recipe.toml"
        if not recipe.exists():
            folder.mkdir(parents=True, exist_ok=True)
            write_cache(folder, given.rows)
        recipe.write_text(RECIPE.format(px=512), encoding="utf-8")
        dry = (
            "--json",
            "build-dataset",
            str(recipe),
            "--until",
            "select",
            "--dry-run",
            "--cache",
            str(folder / "cache"),
        )
        facts = {"rows": given.rows, "filters": len(paper().filters), "goal_s": 60}
        forget(folder)
        print(json.dumps(facts | run("nothing remembered", folder, COMMAND, *dry)), flush=True)
        run("select", folder, REMEMBER, str(recipe), str(folder / "cache"))
        recipe.write_text(RECIPE.format(px=600), encoding="utf-8")
        print(json.dumps(facts | run("another threshold", folder, COMMAND, *dry)), flush=True)


if __name__ == "__main__":
    main()
