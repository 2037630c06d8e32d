"""Draws small, distinct pictures into folders, and writes recipes over them, for tests that build datasets."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
from support.tiny_dataset import draw_picture

from lcpipe.pipeline.build import BuildReport, Options, build
from lcpipe.pipeline.progress import Reporter
from lcpipe.pipeline.recipe import read_recipe


def write_pictures(folder: Path, count: int, side: int = 96, seed: int = 0, suffix: str = ".png") -> list[Path]:
    """`count` colour pictures, `side` pixels wide, named by their number."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{seed}-{number:03d}{suffix}" for number in range(count)]
    for number, file in enumerate(files):
        color, _ = draw_picture(seed, f"picture/{number}", side)
        cv2.imwrite(str(file), color[..., ::-1])
    return files


def write_drawing(file: Path, side: int = 96, seed: int = 0, key: str = "0") -> Path:
    """One line drawing, the lines of the picture that `draw_picture` makes of the same arguments."""
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), draw_picture(seed, key, side)[1])
    return file


def recipe_text(**tables: Any) -> str:
    """A recipe over the folder `pictures`, small enough for tests; keyword arguments replace or add tables."""
    whole: dict[str, Any] = {
        "name": "test",
        "version": "1.0.0",
        "seed": 7,
        "sources": {"local": {"kind": "folder", "path": "pictures", "role": "color"}},
        "near_duplicates": {"distance": 0},
        "split": {"validation": 0.1, "test": 0.2},
        "render": {"short_side": 48},
        "lines": {"xdog_03": {"extractor": "xdog", "sigma": 0.3}},
    }
    return _toml(whole | tables)


def write_recipe(folder: Path, **tables: Any) -> Path:
    """Writes `recipe.toml` into `folder`."""
    file = folder / "recipe.toml"
    file.write_text(recipe_text(**tables), encoding="utf-8")
    return file


def run_build(recipe: Path, workers: int = 1, **options: Any) -> BuildReport:
    """Builds a recipe with its cache and output beside it."""
    where = {"out": str(recipe.parent / "out"), "cache": str(recipe.parent / "cache")} | options
    return build(read_recipe(recipe), Options(workers=workers, **where), Reporter(-1))


def _toml(table: Mapping[str, Any], prefix: str = "") -> str:
    plain = [f"{key} = {_value(value)}" for key, value in table.items() if not isinstance(value, Mapping)]
    parts = ["\n".join(plain)] if plain or not prefix else []
    for key, value in table.items():
        if isinstance(value, Mapping):
            name = f"{prefix}{key}"
            parts.append(f"[{name}]\n{_toml_leaf(value, name)}")
    return "\n".join(parts) + "\n"


def _toml_leaf(table: Mapping[str, Any], name: str) -> str:
    draws = {
        key: value for key, value in table.items() if isinstance(value, Mapping) and {"choice", "uniform"} & set(value)
    }
    flat = [f"{key} = {{ {kind} = {_value(list(v))} }}" for key, value in draws.items() for kind, v in value.items()]
    rest = {key: value for key, value in table.items() if key not in draws}
    return "\n".join([*flat, _toml(rest, f"{name}.")])


def _value(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(_value(one) for one in value)}]"
    return json.dumps(value)
