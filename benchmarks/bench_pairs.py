"""Authentic pairs on a corpus of real pictures, and the search for partners among many descriptors.

    python benchmarks/bench_pairs.py --corpus FOLDER [--drawings 1000] [--pictures 100000]

With a corpus (its manifest.csv names files, kinds and clusters), every line drawing and every colour picture is mixed,
without any key or relation: which pairs does `select` find? A pair is right when both show one drawing: the same stem,
or the same cluster where clusters hold one drawing each, or a name of `DRAWINGS`. Prints precision, recall and every
error as JSON lines. The search is timed against one matrix product of the same shape, as a ratio.
"""

import argparse
import csv
import json
import re
import time
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa

from lcpipe.pipeline.dataset.decode import decode
from lcpipe.pipeline.dataset.draws import generator
from lcpipe.pipeline.measures import ink_map
from lcpipe.pipeline.pairs import LEAST_ALIKE, TRIED, authentic_pairs
from lcpipe.pipeline.pixels import coarse
from lcpipe.pipeline.recipe import Pairs
from lcpipe.pipeline.retrieval import nearest
from lcpipe.pipeline.wide import wide

# Files of one drawing whose cluster holds several drawings: the first that is found in a path names it.
DRAWINGS = (
    (r"samples_001_|v2_001|Dec_27_21_46_14__476|Apr19H15M|Apr19H16M01S15", "cat maid"),
    (r"samples_00[34]_|v2_00[34]", "tray"),
    (r"samples_(0\d\d)_|v2_(0\d\d)", "s2p"),
    (r"contour_0_1|raw_0_1|ld_1", "frame 1"),
    (r"contour_0_2|raw_0_2|ld_2|utils_compare2", "frame 2"),
    (r"0242", "0242"),
    (r"lg0|laughing_girl_(?:line|gt)_0000", "laughing girl"),
    (r"sm26|smoke_explosion", "smoke"),
    (r"pt2_(\d\d)|images_(\d\d)_[xy]", "pt2"),
    (r"(97987233|97765331|97893867|97806570|xxxxxx)", "cyt"),
)


def drawing(row: dict[str, str]) -> str:
    """What a file shows, by name; a cluster that holds several drawings says nothing."""
    if row["cluster"].startswith("c"):
        return row["cluster"]
    for pattern, name in DRAWINGS:
        if found := re.search(pattern, row["path"]):
            return " ".join([name, *(group for group in found.groups() if group)])
    return stem(row)


def stem(row: dict[str, str]) -> str:
    return re.sub(r"\.(line|color)\.\w+$", "", row["path"])


def corpus_table(folder: Path, rows: list[dict[str, str]]) -> pa.Table:
    """The columns that pairing looks at, one row per file's content, ordered by id."""
    unique = {row["sha256"]: row for row in rows}
    table = []
    for identity in sorted(unique):
        row = unique[identity]
        pixels = coarse(decode((folder / row["path"]).read_bytes()).pixels, 512)
        grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
        role = "line_art" if row["kind"].startswith("lineart") or row["kind"] == "pair_line" else "color"
        descriptor, lines = ink_map.descriptor(grey).tobytes(), np.packbits(ink_map.line_map(grey)).tobytes()
        refs = [{"source": "corpus", "native_id": row["path"]}]
        table.append((identity, role, refs, None, None, None, descriptor, lines))
    names = ("id", "role", "refs", "parent_id", "pair_key", "pools", "ink_descriptor", "ink_lines")
    ref = pa.list_(pa.struct([("source", pa.string()), ("native_id", pa.string())]))
    types = (pa.string(), pa.string(), ref, pa.string(), pa.string(), pa.list_(pa.string()), *ink_map.columns.values())
    columns = [pa.array(values, kind) for values, kind in zip(zip(*table, strict=True), types, strict=True)]
    return pa.table(dict(zip(names, columns, strict=True)))


def on_corpus(folder: Path) -> None:
    rows = list(csv.DictReader((folder / "manifest.csv").open(encoding="utf-8")))
    table = corpus_table(folder, rows)
    ids = table.column("id").to_pylist()
    of = {identity: [row for row in rows if row["sha256"] == identity] for identity in ids}
    began = time.perf_counter()
    ink = {name: wide(table.column(name)) for name in ink_map.columns}
    found = authentic_pairs(table, ink, np.ones(len(ids), dtype=bool), Pairs(), {})
    seconds = time.perf_counter() - began
    shows = {identity: {drawing(row) for row in files} for identity, files in of.items()}
    pairs = [(ids[color], ids[line]) for color, line in found.partners.items()]
    wrong = [pair for pair in pairs if not shows[pair[0]] & shows[pair[1]]]
    truth = sorted({stem(row) for row in rows if row["kind"] == "pair_color"})
    partner = dict(pairs)
    color_of = {stem(row): row["sha256"] for row in rows if row["kind"] == "pair_color"}
    missed = [name for name in truth if not _right(partner, shows, color_of[name])]
    for color, line in wrong:
        print(json.dumps({"error": "false pair", "color": of[color][0]["path"], "line_art": of[line][0]["path"]}))
    for name in missed:
        print(json.dumps({"error": "missed", "pair": name}))
    scores = sorted(one.fit.score for one in found.proposals if one.refusal is None and one.fit)
    refused = sorted((one.fit.score for one in found.proposals if one.refusal and one.fit), reverse=True)
    print(
        json.dumps(
            {
                "pictures": table.column("role").to_pylist().count("color"),
                "drawings": table.column("role").to_pylist().count("line_art"),
                "pairs_found": len(pairs),
                "precision": round(1 - len(wrong) / max(len(pairs), 1), 4),
                "true_pairs": len(truth),
                "recall": round(1 - len(missed) / len(truth), 4),
                "lowest_score_taken": scores[0] if scores else None,
                "highest_score_refused": refused[0] if refused else None,
                "seconds": round(seconds, 1),
            }
        )
    )


def named(folder: Path) -> None:
    """The corpus' true pairs when only a name says that they may be: key, parent, pool of five; or a wrong key."""
    rows = list(csv.DictReader((folder / "manifest.csv").open(encoding="utf-8")))
    table = corpus_table(folder, rows)
    ids = table.column("id").to_pylist()
    kinds = {row["sha256"]: row for row in rows if row["kind"] in ("pair_color", "pair_line")}
    stems = sorted({stem(row) for row in kinds.values()})
    place = {stem(row): row["path"] for row in kinds.values() if row["kind"] == "pair_color"}
    shows = {one: {drawing(row) for row in rows if row["sha256"] == one} for one in ids}
    native = {one: refs[0]["native_id"] for one, refs in zip(ids, table.column("refs").to_pylist(), strict=True)}

    def key(row: dict[str, str], wrong: bool = False) -> str:
        return stems[(stems.index(stem(row)) + (wrong and row["kind"] == "pair_line")) % len(stems)]

    columns = {
        "pair_key": ("pair_key", lambda row: key(row)),
        "parent": ("parent_id", lambda row: place[stem(row)] if row["kind"] == "pair_line" else None),
        "pool of five": ("pools", lambda row: [f"s:{stems.index(stem(row)) // 5}"]),
        "wrong pair_key": ("pair_key", lambda row: key(row, wrong=True)),
    }
    assert set(place.values()) <= set(native.values())
    for method, (column, name) in columns.items():
        values = pa.array([name(kinds[one]) if one in kinds else None for one in ids], table.schema.field(column).type)
        given = table.set_column(table.column_names.index(column), column, values)
        ink = {one: wide(table.column(one)) for one in ink_map.columns}
        found = authentic_pairs(given, ink, np.ones(len(ids), dtype=bool), Pairs(search=False), {})
        pairs = [(ids[color], ids[line]) for color, line in found.partners.items()]
        right = sum(bool(shows[color] & shows[line]) for color, line in pairs)
        true = {one.color for one in found.proposals if shows[ids[one.color]] & shows[ids[one.line]]}
        facts = {"named_by": method, "pairs_found": len(pairs), "right": right}
        truth = {"truly_named": len(true), "recall": round(right / len(true), 4)} if true else {}
        print(json.dumps(facts | truth | {"refused": sum(one.refusal is not None for one in found.proposals)}))


def _right(partner: dict[str, str], shows: dict[str, set[str]], color: str) -> bool:
    return color in partner and bool(shows[color] & shows[partner[color]])


def search(drawings: int, pictures: int) -> None:
    """Seconds to find the pictures to try, among random descriptors with every drawing's picture hidden in them."""
    rng = generator(0, "search", "bench")
    size = ink_map.BINS * ink_map.CELLS**2
    theirs = rng.integers(0, 256, (pictures, size), np.uint8)
    where = rng.permutation(pictures)[:drawings]
    noise = rng.integers(-40, 41, (drawings, size))
    ours = np.clip(theirs[where].astype(np.int64) + noise, 0, 255).astype(np.uint8)
    began = time.perf_counter()
    best = [found[0][0] if found else -1 for _, found in nearest(ours, theirs, TRIED, LEAST_ALIKE)]
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    _ = ours.astype(np.float32) @ theirs.astype(np.float32).T
    bare = time.perf_counter() - began
    facts = {
        "drawings": drawings,
        "pictures": pictures,
        "search_s": round(seconds, 2),
        "goal_s": 60,
        "one_matrix_product_s": round(bare, 2),
        "ratio": round(seconds / bare, 2),
        "found_first": round(float(np.mean(np.array(best) == where)), 4),
    }
    print(json.dumps(facts))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--drawings", type=int, default=1000)
    parser.add_argument("--pictures", type=int, default=100_000)
    given = parser.parse_args()
    if given.corpus:
        on_corpus(given.corpus)
        named(given.corpus)
    search(given.drawings, given.pictures)


if __name__ == "__main__":
    main()
