"""The demo: the whole way on pictures the project draws itself; and the recipe that `init` writes."""

import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .dataset.canonical import sha256_hex
from .dataset.decode import decode, decode_line
from .dataset.draws import generator
from .dataset.encode import encode_png
from .dataset.errors import DatasetError, UsageError
from .dataset.reading import Dataset, open_dataset
from .dataset.storage import write_bytes

HINT_POINTS = 48
HINT_SIZE_PX = 13
CLEAR_PX = 3  # a hint's colour is taken where no ink is nearer than this
GAP_PX = 8
STEPS = 1600
WITHOUT_CRITIC = ("loss.adversarial_weight=0",)  # within minutes a critic only delays the colours


@dataclass(frozen=True)
class DemoPaths:
    """What the demo makes, below one folder."""

    recipe: Path
    datasets: Path
    cache: Path
    run: Path
    evaluation: Path
    drawing: Path
    hints: Path
    painted: Path
    unguided: Path
    comparison: Path

    @classmethod
    def below(cls, out: str) -> "DemoPaths":
        """The demo's paths in the folder `out`."""
        top = Path(out)
        names = ("recipe.toml", "datasets", "cache", "run", "evaluation", "drawing.png", "hints.json")
        pictures = ("painted.png", "painted_without_hints.png", "comparison.png")
        return cls(*(top / name for name in (*names, *pictures)))

    def made(self, dataset: str, model: str) -> dict[str, str]:
        """What there is to look at when the demo is done."""
        return {
            "dataset": dataset,
            "report": f"{dataset}/report.html",
            "model": model,
            "evaluation": str(self.evaluation / "report.html"),
            "drawing": str(self.drawing),
            "painted": str(self.painted),
            "comparison": str(self.comparison),
        }


def evaluated(paths: DemoPaths, model: str, dataset_root: str) -> bool:
    """True when the evaluation that lies there is of this very model and dataset."""
    report = paths.evaluation / "evaluation.json"
    if not report.is_file():
        return False
    facts = json.loads(report.read_text(encoding="utf-8"))
    same_model = facts.get("model", {}).get("sha256") == sha256_hex(Path(model).read_bytes())
    return bool(same_model and facts.get("dataset", {}).get("digest") == open_dataset(dataset_root).digest)


def shipped_recipe(name: str) -> str:
    """The text of a recipe that comes with the package."""
    return (files("lcpipe.manifests") / "recipes" / f"{name}.toml").read_text(encoding="utf-8")


def write_recipe(folder: str, name: str = "folder", *, overwrite: bool = False) -> str:
    """Writes a shipped recipe as `recipe.toml` into `folder`; returns its path. Raises UsageError when one is there."""
    target = Path(folder) / "recipe.toml"
    if target.exists() and not overwrite:
        raise UsageError("there is a recipe already", where=str(target), hint="choose another folder, or remove it")
    write_bytes(str(target), shipped_recipe(name).encode())
    return str(target)


def write_drawing(dataset_root: str, paths: DemoPaths) -> None:
    """Takes a held-out drawing out of the dataset, and hints as a person might click them: points of its colours."""
    dataset = open_dataset(dataset_root)
    row = _held_out(dataset)
    color = decode(row["color"]["bytes"]).pixels
    cell = row["line_authentic"] or row[f"line_{dataset.line_columns[0]}"]
    line = decode_line(cell["bytes"])
    write_bytes(str(paths.drawing), cell["bytes"])
    write_bytes(
        str(paths.hints), json.dumps({"version": 1, "strokes": _points(color, line, row["id"])}, indent=1).encode()
    )


def write_comparison(dataset_root: str, paths: DemoPaths) -> None:
    """One picture to look at: the drawing, the hints on it, painted without and with them, and the original."""
    drawing = decode(paths.drawing.read_bytes()).pixels
    hinted = drawing.copy()
    for stroke in json.loads(paths.hints.read_text(encoding="utf-8"))["strokes"]:
        (x, y, _), color = stroke["points"][0], stroke["color"]
        red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
        cv2.circle(hinted, (x, y), HINT_SIZE_PX // 2, (red, green, blue), -1, cv2.LINE_AA)
    painted = [decode(path.read_bytes()).pixels for path in (paths.unguided, paths.painted)]
    original = decode(_held_out(open_dataset(dataset_root))["color"]["bytes"]).pixels
    gap = np.full((drawing.shape[0], GAP_PX, 3), 255, np.uint8)
    panels = [panel for one in (drawing, hinted, *painted, original) for panel in (one, gap)]
    write_bytes(str(paths.comparison), encode_png(np.hstack(panels[:-1])))


def _held_out(dataset: Dataset) -> dict[str, Any]:
    for split in ("test", "validation", "train"):
        if split in dataset.splits("pairs"):
            return next(iter(dataset.rows("pairs", split)))
    raise DatasetError(
        "the dataset has no pictures", where=dataset.root, hint="look at its drops with `lcpipe inspect`"
    )


def _points(color: np.ndarray[Any, Any], line: np.ndarray[Any, Any], record: str) -> list[dict[str, Any]]:
    """Points well away from ink, spread by farthest-point sampling, each with the colour that is there."""
    clear = cv2.distanceTransform((line > 200).astype(np.uint8), cv2.DIST_L2, 3) > CLEAR_PX
    free = np.argwhere(clear)
    if not len(free):
        return []
    chosen = [int(generator(0, record, "demo hints").integers(len(free)))]
    nearest = np.full(len(free), np.inf)
    while len(chosen) < min(HINT_POINTS, len(free)):
        nearest = np.minimum(nearest, ((free - free[chosen[-1]]) ** 2).sum(1))
        chosen.append(int(nearest.argmax()))
    return [_point(color, int(y), int(x)) for y, x in free[chosen]]


def _point(color: np.ndarray[Any, Any], y: int, x: int) -> dict[str, Any]:
    red, green, blue = (int(value) for value in color[y, x])
    return {"kind": "point", "color": f"#{red:02x}{green:02x}{blue:02x}", "size": HINT_SIZE_PX, "points": [[x, y, 1.0]]}
