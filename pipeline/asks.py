"""What render is asked for, column by column: everything a cell depends on beside its picture, and nothing else."""

from dataclasses import dataclass, field
from typing import Any

from .dataset.canonical import digest_of
from .measure_asks import DECODE_VERSION
from .recipe import LineColumn, Recipe
from .registration import REGISTRATION_VERSION

RENDER_VERSION = 2
COLOR, AUTHENTIC, LINE_ART = "color", "line_authentic", "line_art"


@dataclass(frozen=True)
class Ask:
    """One column as it is to be rendered; `key` names it in the cache. Crosses to the workers."""

    column: str
    key: str
    kind: str
    short_side: int
    oversample: int = 1
    seed: int = 0
    extractor: str = ""
    table: dict[str, Any] = field(default_factory=dict)
    codec: str = "jpeg"
    quality: int = 95


def asks(recipe: Recipe) -> dict[str, Ask]:
    """The asks of a recipe by column: `color`, each `line_<name>`, `line_authentic`, `line_art` for lone drawings."""
    side = recipe.render.short_side
    codec: dict[str, Any] = {"codec": recipe.render.color.codec, "quality": recipe.render.color.quality}
    own = {
        COLOR: Ask(COLOR, _key(COLOR, side, **codec), COLOR, side, **codec),
        AUTHENTIC: Ask(AUTHENTIC, _key(AUTHENTIC, side, registration=REGISTRATION_VERSION), AUTHENTIC, side),
        LINE_ART: Ask(LINE_ART, _key(LINE_ART, side), LINE_ART, side),
    }
    return own | {f"line_{line.name}": _line(recipe, line) for line in recipe.lines}


def _line(recipe: Recipe, line: LineColumn) -> Ask:
    side, oversample = recipe.render.short_side, recipe.render.oversample
    asked = {"extractor": line.extractor, "version": line.module.version, "table": line.table}
    key = _key("line", side, **asked, column=line.name, seed=recipe.seed, oversample=oversample)
    return Ask(f"line_{line.name}", key, "line", side, oversample, recipe.seed, line.extractor, line.table)


def _key(kind: str, side: int, **more: Any) -> str:
    return digest_of({"kind": kind, "short_side": side, "render": RENDER_VERSION, "decode": DECODE_VERSION, **more})[
        :24
    ]
