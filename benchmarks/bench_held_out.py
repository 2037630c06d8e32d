"""A second look at thresholds that were set on the same corpus: on halves held out, and with other changes.

    python benchmarks/bench_held_out.py --corpus FOLDER [--repeats 20]

Line art: the four weights are fitted anew on random halves (clusters stay whole) and judged on the other halves.
Near-duplicates: copies changed in ways that no threshold was chosen with, each way alone.
Pairs: the least score is chosen on random halves of the drawings and judged on the others; and drawings that were
redrawn in other ways. Everything is told as seen; errors of the last two are counted, those of the first listed.
"""

import argparse
import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from bench_measures import LINE_KINDS
from bench_near_duplicates import clusters_of
from bench_pairs import corpus_table, drawing

from lcpipe.pipeline.dataset.decode import decode
from lcpipe.pipeline.dataset.draws import generator
from lcpipe.pipeline.measures import ink_map, line_art
from lcpipe.pipeline.pairs import Proposal, authentic_pairs
from lcpipe.pipeline.pixels import coarse
from lcpipe.pipeline.recipe import Pairs
from lcpipe.pipeline.registration import fit
from lcpipe.pipeline.wide import wide

Row = Mapping[str, str]
LINES = (*LINE_KINDS,)
COLORS = ("illustration", "illustration_ai", "illustration_semi", "pair_color")


def halves(groups: Sequence[str], seed: int) -> np.ndarray:
    """Which rows are in the first half, bool (N,): whole groups, drawn by chance."""
    names = sorted(set(groups))
    first = set(generator(seed, "half", "held out").permutation(names)[: len(names) // 2].tolist())
    return np.array([group in first for group in groups])


def line_art_held_out(folder: Path, rows: Sequence[Row], repeats: int) -> dict[str, Any]:
    judged = [row for row in rows if row["kind"] in (*LINES, *COLORS)]
    shares = [line_art.ink_and_fill(coarse(decode((folder / row["path"]).read_bytes()).pixels, 512)) for row in judged]
    truth = np.array([row["kind"] in LINES for row in judged])
    there = np.array([one is not None for one in shares])
    features = np.array([_features(*(one or (0.0, 0.0, 0.0))) for one in shares])
    thin = np.array([one is not None and one[0] < 0.005 for one in shares])  # too little ink to be a drawing
    groups = [row["cluster"] or row["path"] for row in judged]
    accuracies, errors = [], set()
    for seed in range(repeats):
        first = halves(groups, seed)
        for train, test in ((first, ~first), (~first, first)):
            weights = _fitted(features[train & there], truth[train & there])
            looks = there & ~thin & (features @ weights > 0)
            accuracies.append(float(np.mean(looks[test] == truth[test])))
            errors |= {judged[number]["path"] for number in np.flatnonzero(test & (looks != truth))}
    return {
        "what": "line art, weights fitted on the other half",
        "pictures": len(judged),
        "accuracy_mean": round(float(np.mean(accuracies)), 4),
        "accuracy_least": round(min(accuracies), 4),
        "ever_wrong": sorted(errors),
    }


def _features(ink: float, fill: float, colored: float) -> list[float]:
    return [1.0, math.log((fill + 0.01) / (ink + 0.01)), math.log(colored + 0.01), fill]


def _fitted(features: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Logistic regression by Newton's method, both kinds weighing the same, slightly drawn to zero."""
    share = np.where(truth, 0.5 / truth.mean(), 0.5 / (1 - truth.mean()))
    weights = np.zeros(features.shape[1])
    for _ in range(30):
        likely = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        slope = features.T @ (share * (truth - likely)) - 0.1 * weights
        curve = (features * (share * likely * (1 - likely))[:, None]).T @ features + 0.1 * np.eye(len(weights))
        weights = weights + np.linalg.solve(curve, slope)
    return weights


def changed(pixels: np.ndarray, way: str, name: str) -> np.ndarray:
    """A copy in a way that nothing was tuned with, uint8 (h, w, 3)."""
    rng = generator(1, name, way)
    height, width = pixels.shape[:2]
    if way == "gamma":
        return np.asarray(255 * (pixels / 255.0) ** rng.uniform(0.85, 1.18), np.uint8)
    if way == "captioned":
        copy = pixels.copy()
        copy[-height // 14 :] = 255
        cv2.putText(copy, "example.org", (8, height - 6), cv2.FONT_HERSHEY_SIMPLEX, width / 700, (40, 40, 40), 2)
        return copy
    if way == "few colours":
        return np.asarray(pixels // 32 * 32 + 16, np.uint8)
    if way == "cropped and small":
        cut = pixels[int(0.04 * height) :, : int(0.95 * width)]
        return np.asarray(cv2.resize(cut, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA))
    if way == "mirrored and encoded":
        data = cv2.imencode(".jpg", pixels[:, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 35])[1]
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    return pixels[int(0.12 * height) :, int(0.12 * width) :]


WAYS = ("gamma", "captioned", "few colours", "cropped and small", "mirrored and encoded", "cropped by 12 %")


def near_duplicates(folder: Path, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """Each way alone: every picture of the planted clusters and a changed copy; is the copy with its original?"""
    files = [row for row in rows if row["kind"] == "near_duplicate"]
    pictures = {row["path"]: decode((folder / row["path"]).read_bytes()).pixels for row in files}
    cluster = {row["path"]: row["cluster"] for row in files}
    for way in WAYS:
        copies = {f"{path} {way}": changed(pixels, way, path) for path, pixels in pictures.items()}
        truth = cluster | {f"{path} {way}": cluster[path] for path in pictures}
        found = clusters_of(pictures | copies)
        names = sorted(truth)
        same = [(a, b) for at, a in enumerate(names) for b in names[at + 1 :] if truth[a] == truth[b]]
        joined = sum(found[a] == found[b] for at, a in enumerate(names) for b in names[at + 1 :])
        right = sum(found[a] == found[b] for a, b in same)
        yield {
            "what": f"near-duplicates, {way}",
            "pictures": len(names),
            "precision": round(right / max(joined, 1), 4),
            "recall": round(right / len(same), 4),
            "copies_with_their_original": round(
                float(np.mean([found[path] == found[f"{path} {way}"] for path in pictures])), 4
            ),
        }


def pairs_held_out(folder: Path, rows: Sequence[Row], repeats: int) -> dict[str, Any]:
    """The least score chosen on half of the drawings: the lowest at which no pair of that half is false."""
    table = corpus_table(folder, list(rows))
    ids = table.column("id").to_pylist()
    shows = {one: {drawing(row) for row in rows if row["sha256"] == one} for one in ids}
    ink = {name: wide(table.column(name)) for name in ink_map.columns}
    # With no least score, everything that registration could lay in place is a pair: the proposals to choose among.
    found = authentic_pairs(table, ink, np.ones(len(ids), dtype=bool), Pairs(min_score=0.0), {})
    able = [one for one in found.proposals if one.refusal is None and one.fit is not None]
    right = np.array([bool(shows[ids[one.color]] & shows[ids[one.line]]) for one in able])
    scores = np.array([_score(one) for one in able])
    drawings = [" ".join(sorted(shows[ids[one.line]])) for one in able]
    false, missed, chosen = [], [], []
    for seed in range(repeats):
        first = halves(drawings, seed)
        for train, test in ((first, ~first), (~first, first)):
            least = float(scores[train & ~right].max(initial=0.0)) + 0.02
            chosen.append(least)
            taken = test & (scores >= least)
            false.append(int(np.count_nonzero(taken & ~right)))
            missed.append(float(np.mean(scores[test & right] < least)))
    return {
        "what": "pairs, the least score chosen on the other half",
        "proposals": len(able),
        "true": int(right.sum()),
        "chosen_scores": [round(min(chosen), 3), round(max(chosen), 3)],
        "false_pairs_mean": round(float(np.mean(false)), 3),
        "false_pairs_most": max(false),
        "recall_mean": round(1 - float(np.mean(missed)), 4),
        "recall_least": round(1 - max(missed), 4),
        "shipped_score": Pairs().min_score,
    }


def _score(one: Proposal) -> float:
    return one.fit.score if one.fit is not None else 0.0


def redrawn(grey: np.ndarray, way: str, name: str) -> np.ndarray:
    """A drawing as another scan or another pen would give it, uint8 (h, w)."""
    rng = generator(1, name, way)
    if way == "pencil":
        grain = rng.normal(0, 12, grey.shape)
        return np.asarray(np.clip(255 - 0.6 * (255 - grey.astype(np.float64)) + grain, 0, 255), np.uint8)
    if way == "thick":
        return np.asarray(cv2.erode(grey, np.ones((3, 3), np.uint8)), np.uint8)
    if way == "hard":
        return np.asarray(np.where(grey < 170, 0, 255), np.uint8)
    data = cv2.imencode(".jpg", cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), [1, 30])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)


def redrawings(folder: Path, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """How the corpus' true pairs score when their drawings were redrawn, and their drawings on the next picture."""
    colors = {Path(row["path"]).name.rsplit(".color", 1)[0]: row for row in rows if row["kind"] == "pair_color"}
    lines = {Path(row["path"]).name.rsplit(".line", 1)[0]: row for row in rows if row["kind"] == "pair_line"}
    names = sorted(set(colors) & set(lines))
    grey = {side: {name: _grey(folder, table[name]) for name in names} for side, table in (("c", colors), ("l", lines))}
    pictures = {name: ink_map.line_map(grey["c"][name]) for name in names}
    for way in ("pencil", "thick", "hard", "small"):
        drawn = {name: ink_map.line_map(redrawn(grey["l"][name], way, name)) for name in names}
        own = [fit(drawn[name], pictures[name]) for name in names]
        before = [(name, names[at - 1]) for at, name in enumerate(names)]
        apart = [pair for pair in before if not drawing(colors[pair[0]]) == drawing(colors[pair[1]])]
        apart = [pair for pair in apart if lines[pair[0]]["sha256"] != lines[pair[1]]["sha256"]]
        other = [fit(drawn[name], pictures[previous]) for name, previous in apart]
        yield {
            "what": f"pairs, drawings redrawn: {way}",
            "pairs": len(names),
            "recall": round(
                float(np.mean([bool(one and one.in_place and one.score >= Pairs().min_score) for one in own])), 4
            ),
            "false": sum(bool(one and one.in_place and one.score >= Pairs().min_score) for one in other),
        }


def _grey(folder: Path, row: Row) -> np.ndarray:
    pixels = coarse(decode((folder / row["path"]).read_bytes()).pixels, 512)
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, help="a folder with manifest.csv: path, kind, cluster, sha256")
    parser.add_argument("--repeats", type=int, default=20)
    given = parser.parse_args()
    if given.corpus is None:
        print(json.dumps({"what": "nothing: name a corpus of real pictures with --corpus"}))
        return
    rows = list(csv.DictReader((given.corpus / "manifest.csv").open(encoding="utf-8")))
    print(json.dumps(line_art_held_out(given.corpus, rows, given.repeats)), flush=True)
    for told in near_duplicates(given.corpus, rows):
        print(json.dumps(told), flush=True)
    print(json.dumps(pairs_held_out(given.corpus, rows, given.repeats)), flush=True)
    for told in redrawings(given.corpus, rows):
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
