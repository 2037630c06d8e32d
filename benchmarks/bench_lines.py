"""How near each extractor comes to true lines: F1 within 2 px, and the share of ink and of grey, at 512 px.

    python benchmarks/bench_lines.py                        drawn characters that no network was trained on
    python benchmarks/bench_lines.py --pairs FOLDER         and pairs of NAME.color.* and NAME.line.*, registered
    python benchmarks/bench_lines.py --sheet out.png        pictures beside their lines, to be looked at
    python benchmarks/bench_lines.py --only sketch          of methods whose names begin so

Every line of output is one JSON object: set, method, F1, precision, recall, ink and grey, means over the pictures. Ink
is what is darker than 128; `f1_otsu` is F1 where each drawing, the true one too, has a threshold of its own (Otsu
1979), so pencil counts as ink that is hardly darker than its paper.
"Other styles" are the drawn characters repainted, shaded, textured, screened and compressed: their true lines stay.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from lcpipe.extractors import mix, sketch, xdog
from lcpipe.model.line_augment import restyled
from lcpipe.pipeline import plugins
from lcpipe.pipeline.dataset.decode import decode, decode_line
from lcpipe.pipeline.dataset.draws import generator
from lcpipe.pipeline.dataset.errors import LcpipeError
from lcpipe.pipeline.drawing.character import draw_character
from lcpipe.pipeline.drawing.sheet import contact_sheet
from lcpipe.pipeline.extract_job import Method, drawn
from lcpipe.pipeline.extract_sheet import TILE_PX, labels
from lcpipe.pipeline.line_settings import merged
from lcpipe.pipeline.line_weights import available
from lcpipe.pipeline.pixels import resized
from lcpipe.pipeline.registration import fit, in_pixels

SHORT_SIDE_PX, NEAR_PX = 512, 2
INK, PAPER = 127, 250  # ink is no lighter than the first, and paper begins at the second whatever the threshold
FIT_PX, LEAST_SCORE = 512, 0.3
FIRST_SEED = 1000
GREYS = (26, 230)  # between a tenth and nine tenths of white

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


def methods(only: str = "") -> dict[str, Method]:
    """The ones with a place in the table, and whichever published networks are there; all give lines at 512 px."""
    plain: dict[str, tuple[str, dict[str, Any], int]] = {
        "xdog resize-first (alacgan)": ("xdog", {"sigma": 0.4, "tau": 0.95, "despeckle_px": 0}, 1),
        "xdog resize-first (tag2pix)": ("xdog", {"sigma": 0.4, "k": 2.5, "tau": 0.95, "despeckle_px": 0}, 1),
        "xdog late, hard": ("xdog", {"sigma": 0.4, "k": 4.5, "p": 19.0}, 2),
        "xdog late, soft": ("xdog", {"sigma": 0.4, "k": 4.5, "p": 19.0, "phi": 4.0}, 2),
        "xdog resize-first, hard": ("xdog", {"sigma": 0.4, "k": 4.5, "p": 19.0}, 1),  # as late, but for the size
        "xdog resize-first, soft": ("xdog", {"sigma": 0.4, "k": 4.5, "p": 19.0, "phi": 4.0}, 1),
        "xdog late (alacgan)": ("xdog", {"sigma": 0.4, "tau": 0.95, "despeckle_px": 0}, 2),
        "xdog late (tag2pix)": ("xdog", {"sigma": 0.4, "k": 2.5, "tau": 0.95, "despeckle_px": 0}, 2),
        "fdog late": ("fdog", {}, 2),
        "sketch late": ("sketch", {}, 2),
        "sketch pencil": ("sketch", merged(sketch, "pencil", {}, "sketch"), 2),
        "mix late": ("mix", merged(mix, "late", {}, "mix"), 2),
    }
    for name in ("sketchkeras", "anime2sketch", "informative"):
        plain |= {name: (name, {}, 2)} if available(plugins.load("extractors", name)) else {}
    return {
        name: Method(extractor, table, SHORT_SIDE_PX, oversample)
        for name, (extractor, table, oversample) in plain.items()
        if name.startswith(only)
    }


Pair = tuple[str, Pixels, Pixels]  # name, colour (H, W, 3), true lines (H, W)


def drawn_pairs(count: int) -> Iterator[Pair]:
    """Characters of seeds that no shipped network was trained on."""
    for seed in range(FIRST_SEED, FIRST_SEED + count):
        drawing = draw_character(seed)
        yield str(seed), drawing.color, drawing.line


def styled_pairs(count: int) -> Iterator[Pair]:
    """The same in other styles."""
    for name, color, line in drawn_pairs(count):
        picture = color.astype(np.float32) / 255
        ink = 1 - line.astype(np.float32) / 255
        other = restyled(generator(0, name, "benchmark style"), picture, ink)
        yield name, np.round(other * 255).astype(np.uint8), line


def folder_pairs(folder: Path) -> Iterator[Pair]:
    """Authentic lines registered onto their picture; what cannot be registered is said and left out."""
    for path in sorted(folder.rglob("*.color.*")):
        partner = next(iter(sorted(path.parent.glob(path.name.split(".color.")[0] + ".line.*"))), None)
        if partner is None:
            continue
        try:
            color, line = decode(path.read_bytes()).pixels, decode_line(partner.read_bytes())
        except LcpipeError as error:
            print(json.dumps({"set": "pairs", "left_out": path.name, "because": str(error)}))
            continue
        color = at_short_side(color, 2 * SHORT_SIDE_PX)
        laid = registered(color, line)
        if laid is None:
            print(json.dumps({"set": "pairs", "left_out": path.name, "because": "no registration"}))
        else:
            yield path.name, color, laid


def registered(color: Pixels, line: Pixels) -> Pixels | None:
    """The drawing laid onto the picture as a dataset's `line_authentic` is; None where the two do not agree."""
    size = (FIT_PX, FIT_PX)
    maps = [
        cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in (line, xdog.xdog(color, xdog.Settings()))
    ]
    found = fit(*(np.asarray(plane) < 200 for plane in maps), searched=True)
    if found is None or found.score < LEAST_SCORE:
        return None
    matrix = in_pixels(found.matrix, line.shape[1::-1], color.shape[1::-1])
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(line, matrix, color.shape[1::-1], flags=how, borderValue=[255]), np.uint8)


def at_short_side(picture: Pixels, side: int) -> Pixels:
    """The picture with a short side of `side`."""
    height, width = picture.shape[:2]
    scale = side / min(height, width)
    return resized(picture, round(width * scale), round(height * scale))


def measures(line: Pixels, true: Pixels) -> dict[str, float]:
    """F1, precision and recall of ink within 2 px; ink and grey as shares of all pixels."""
    f1, precision, recall = agreement(line <= INK, true <= INK)
    own, _, _ = agreement(line <= own_threshold(line), true <= own_threshold(true))
    ink, grey = float((line <= INK).mean()), float(((line >= GREYS[0]) & (line < GREYS[1])).mean())
    return {"f1": f1, "precision": precision, "recall": recall, "ink": ink, "grey": grey, "f1_otsu": own}


def own_threshold(line: Pixels) -> float:
    """The grey that parts a drawing's ink from its paper best (Otsu 1979)."""
    return min(cv2.threshold(line, 0, 255, cv2.THRESH_OTSU)[0], PAPER)


def agreement(ink: np.ndarray, wanted: np.ndarray) -> tuple[float, float, float]:
    """F1, precision and recall of ink, bool (H, W): what lies within 2 px of the other's."""
    near = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * NEAR_PX + 1, 2 * NEAR_PX + 1))
    near_ink, near_wanted = (cv2.dilate(plane.view(np.uint8), near) > 0 for plane in (ink, wanted))
    precision = float(near_wanted[ink].mean()) if ink.any() else 0.0
    recall = float(near_ink[wanted].mean()) if wanted.any() else 0.0
    return 2 * precision * recall / max(precision + recall, 1e-9), precision, recall


def table(name: str, pairs: Callable[[], Iterator[Pair]], only: str) -> Iterator[dict[str, Any]]:
    """One row per method and one for the true lines themselves."""
    ways = methods(only)
    rows: dict[str, list[dict[str, float]]] = {"true lines": [], **{way: [] for way in ways}}
    for key, color, line in pairs():
        height, width = at_short_side(color, SHORT_SIDE_PX).shape[:2]
        true = resized(line, width, height)
        rows["true lines"].append(measures(true, true))
        for way, method in ways.items():
            rows[way].append(measures(drawn(color, key, method), true))
    for way, found in rows.items():
        means = {key: round(float(np.mean([one[key] for one in found])), 4) for key in (found[0] if found else {})}
        yield {"set": name, "method": way, "pictures": len(found), **means}


def sheet(files: list[Path], out: Path) -> None:
    """Pictures in rows: colours, XDoG, FDoG, the network; named above."""
    ways = {
        name: one
        for name, one in methods().items()
        if name.endswith(("late, soft", " late")) and one.extractor != "mix"
    }
    tiles = []
    for path in files:
        color = decode(path.read_bytes()).pixels
        tiles += [at_short_side(color, SHORT_SIDE_PX), *(drawn(color, path.name, one) for one in ways.values())]
    picture = np.concatenate([labels(["picture", *ways]), contact_sheet(tiles, 1 + len(ways), TILE_PX)])
    cv2.imwrite(str(out), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))


def main() -> None:
    """Measure and print, or draw a sheet."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=40, help="how many drawn characters")
    parser.add_argument("--pairs", type=Path, help="a folder of NAME.color.* and NAME.line.*")
    parser.add_argument("--only", default="", help="how the names of the methods begin")
    parser.add_argument("--sheet", type=Path, help="write a picture of the files given instead")
    parser.add_argument("files", nargs="*", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    if options.sheet:
        return sheet(options.files, options.sheet)
    sets: dict[str, Callable[[], Iterator[Pair]]] = {
        "drawn": lambda: drawn_pairs(options.count),
        "drawn, other styles": lambda: styled_pairs(options.count),
    }
    if options.pairs:
        sets["pairs"] = lambda: folder_pairs(options.pairs)
    for name, pairs in sets.items():
        for row in table(name, pairs, options.only):
            print(json.dumps(row), flush=True)
    return None


if __name__ == "__main__":
    main()
