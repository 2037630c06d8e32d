"""Measures that are nets in ONNX files: what they see, what they say, and in which words they are refused."""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from support.onnx_files import mean_net
from support.pictures import run_build, write_pictures, write_recipe

from lcpipe.pipeline.cli import lcpipe
from lcpipe.pipeline.dataset.decode import Facts
from lcpipe.pipeline.dataset.errors import LcpipeError, RecipeError
from lcpipe.pipeline.dataset.reading import open_dataset
from lcpipe.pipeline.measure_asks import measurer
from lcpipe.pipeline.measures import onnx
from lcpipe.pipeline.recipe import Recipe, parse_recipe
from lcpipe.pipeline.select import wanted_measures

FACTS = Facts("PNG", "RGB", 16, 16, 8, 1, 0.0, 1, False)
TONES = {"kind": "onnx", "path": "tones.onnx", "size": [8, 8], "classes": ["red", "green", "blue"]}


def recipe(folder: Path, net: bytes | None = None, expression: str | None = None, **settings: Any) -> Recipe:
    """A recipe whose measure `tones` is a net."""
    (folder / "tones.onnx").write_bytes(mean_net() if net is None else net)
    table: dict[str, Any] = {"name": "t", "sources": {"a": {"kind": "folder", "path": "."}}}
    table["measures"] = {"tones": TONES | settings}
    if expression:
        table["filters"] = {"expression": {"keep": expression}}
    return parse_recipe(table, folder=folder, where="recipe.toml")


def values(folder: Path, pixels: np.ndarray, net: bytes | None = None, **settings: Any) -> dict[str, Any]:
    (ask,) = recipe(folder, net, **settings).measures
    measured = measurer(ask)(pixels, FACTS)
    assert list(measured) == [name for name, _ in ask.columns]
    return measured


def halves() -> np.ndarray:
    """Left half red, right half blue, uint8 (16, 32, 3)."""
    pixels = np.zeros((16, 32, 3), np.uint8)
    pixels[:, :16, 0], pixels[:, 16:, 2] = 255, 255
    return pixels


def test_each_class_is_a_column_and_the_largest_is_named(tmp_path: Path) -> None:
    pixels = np.full((16, 16, 3), (51, 204, 102), np.uint8)
    told = values(tmp_path, pixels)
    assert told.pop("tones") == "green"
    assert told == pytest.approx({"tones_red": 0.2, "tones_green": 0.8, "tones_blue": 0.4}, abs=1e-6)


def test_one_number_is_one_column(tmp_path: Path) -> None:
    net = mean_net(weights=[[0.5, 0.5, 0]])
    assert values(tmp_path, halves(), net, classes=[]) == pytest.approx({"tones": 0.25}, abs=1e-6)


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"channels": "bgr"}, (0.5, 0, 0.5)),
        ({"scale": 1.0}, (127.5, 0, 127.5)),
        ({"mean": [0.5], "std": [0.25]}, (0, -2, 0)),
        ({"mean": [0.5, 0.25, 0.0], "std": [0.5, 0.25, 1.0]}, (0, -1, 0.5)),
        ({"fit": "crop"}, (0.5, 0, 0.5)),
        ({"fit": "pad"}, (0.75, 0.5, 0.75)),  # half of the square is paper
        ({"fit": "crop", "border": 2}, (0.5, 0, 0.5)),
        ({"activation": "sigmoid"}, (0.62246, 0.5, 0.62246)),
        ({"activation": "softmax"}, (0.38365, 0.2327, 0.38365)),
        ({"looks_at": "full", "output": "scores", "input": "picture"}, (0.5, 0, 0.5)),
    ],
)
def test_the_picture_comes_as_it_is_asked_for(
    tmp_path: Path, settings: dict[str, Any], wanted: tuple[float, ...]
) -> None:
    told = values(tmp_path, halves(), **settings)
    assert [told[f"tones_{one}"] for one in ("red", "green", "blue")] == pytest.approx(wanted, abs=0.003)


def test_layout_and_the_first_of_many_numbers(tmp_path: Path) -> None:
    net = mean_net(layout="nhwc", weights=[[1, 0, 0], [0, 0, 1], [7, 7, 7], [8, 8, 8]])
    told = values(tmp_path, halves(), net, layout="nhwc", classes=["red", "blue"], values=4)
    assert told == {"tones": "red", "tones_red": pytest.approx(0.5), "tones_blue": pytest.approx(0.5)}


@pytest.mark.parametrize("size", [(1, 1), (1, 90), (90, 1), (7, 5)])
@pytest.mark.parametrize("fit", ["squeeze", "crop", "pad"])
def test_any_picture_is_measured(tmp_path: Path, size: tuple[int, int], fit: str) -> None:
    told = values(tmp_path, np.full((*size, 3), 255, np.uint8), fit=fit, border=3)
    assert told["tones_red"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("net", "settings", "said"),
    [
        (b"", {}, "not an ONNX net"),
        (b"\x89PNG not a net", {}, "not an ONNX net"),
        (mean_net()[:-30], {}, "not an ONNX net"),
        (None, {"size": [9, 8]}, r"takes \[1, 3, 8, 8\], not \[1, 3, 8, 9\]"),
        (None, {"layout": "nhwc"}, r"takes \[1, 3, 8, 8\], not \[1, 8, 8, 3\]"),
        (None, {"channels": "grey"}, r"takes \[1, 3, 8, 8\], not \[1, 1, 8, 8\]"),
        (None, {"classes": ["a", "b"]}, "gives 3 numbers for a picture, 2 are expected"),
        (None, {"values": 2}, "values is 2, fewer than the classes"),
        (None, {"output": "logits"}, "no output 'logits', but scores"),
        (None, {"input": "x"}, "no input 'x', but picture"),
        (mean_net(weights=[[float("nan")] * 3] * 3), {}, "no finite numbers for a grey picture"),
        (None, {"scale": float("inf")}, "scale has to be a number"),
        (None, {"std": [0.0]}, "std more than 0"),
        (None, {"mean": [1.0, 2.0]}, "mean has to be one number, or 3"),
        (None, {"classes": ["a", "a", "b"]}, "named twice"),
        (None, {"classes": ["a", "B c", "d"]}, "cannot name a class"),
        (None, {"path": "gone.onnx"}, "cannot read the net"),
        (None, {"sizes": [8, 8]}, "did you mean 'size'"),
        (None, {"kind": "onyx"}, "needs its kind.*there are: onnx"),
    ],
)
def test_refuses_in_words(tmp_path: Path, net: bytes | None, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError, match=said) as caught:
        recipe(tmp_path, net, **settings)
    assert "[measures.tones]" in str(caught.value)


@pytest.mark.parametrize("name", ["sharpness", "onnx", "rating", "id", "Tones", "refs", "lightness_p05"])
def test_a_measure_takes_no_name_that_is_taken(tmp_path: Path, name: str) -> None:
    (tmp_path / "tones.onnx").write_bytes(mean_net())
    table = {"name": "t", "sources": {"a": {"kind": "folder", "path": "."}}, "measures": {name: TONES}}
    with pytest.raises(RecipeError, match="cannot name a measure|there is a column"):
        parse_recipe(table, folder=tmp_path, where="recipe.toml")


def test_the_net_and_its_settings_name_the_values_and_the_path_does_not(tmp_path: Path) -> None:
    def key(net: bytes | None = None, **settings: Any) -> str:
        return recipe(tmp_path, net, **settings).measures[0].key

    (tmp_path / "copy.onnx").write_bytes(mean_net())
    assert key() == key() == key(path="copy.onnx")
    others = [key(mean_net(weights=[[2, 0, 0], [0, 1, 0], [0, 0, 1]])), key(activation="softmax"), key(fit="pad")]
    assert len({key(), *others}) == 4


def test_expressions_name_its_columns_and_ask_for_it(tmp_path: Path) -> None:
    unused, used = recipe(tmp_path), recipe(tmp_path, expression="tones_red < 0.5 or tones == 'blue'")
    assert "tones" not in {one.name for one in wanted_measures(unused, {"color"})}
    (own,) = [one for one in wanted_measures(used, {"color"}) if one.name == "tones"]
    assert own.sha256 == hashlib.sha256(mean_net()).hexdigest()
    with pytest.raises(RecipeError, match="did you mean 'tones_red'"):
        recipe(tmp_path, expression="tones_rd < 0.5")
    with pytest.raises(RecipeError, match="types of a comparison do not fit"):
        recipe(tmp_path, expression="tones < 0.5")


def test_no_number_is_told_as_none(tmp_path: Path) -> None:
    infinite = mean_net(weights=[[1.5e38, 1.5e38, 1.5e38], [0, 1, 0], [0, 0, 1]])
    told = values(tmp_path, np.full((8, 8, 3), 255, np.uint8), infinite, scale=1 / 200)
    assert told["tones"] is None
    assert not np.isfinite(told["tones_red"])


def test_a_net_that_changes_during_a_build_is_refused(tmp_path: Path) -> None:
    (ask,) = recipe(tmp_path, activation="sigmoid").measures
    (tmp_path / "tones.onnx").write_bytes(mean_net(weights=[[1, 1, 1]] * 3))
    with pytest.raises(LcpipeError, match="another one now"):
        measurer(ask)


def test_where_onnx_runtime_is_missing_the_recipe_says_what_to_install(tmp_path: Path) -> None:
    recipe(tmp_path)
    (tmp_path / "recipe.toml").write_text(
        'name = "t"\n[sources.a]\nkind = "folder"\npath = "."\n[measures.tones]\nkind = "onnx"\npath = "tones.onnx"\n'
        'size = [8, 8]\nclasses = ["red", "green", "blue"]\n'
    )
    program = (
        "import sys; sys.modules['onnxruntime'] = None\n"
        "from lcpipe.pipeline.dataset.errors import RecipeError\nfrom lcpipe.pipeline.recipe import read_recipe\n"
        "try: read_recipe(sys.argv[1])\nexcept RecipeError as error: print(error)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "recipe.toml")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "needs the package onnxruntime" in done.stdout
    assert "pip install 'lcpipe[onnx]'" in done.stdout


def test_a_build_measures_with_the_net_once_and_tells_of_it(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", 4, side=64)
    (tmp_path / "tones.onnx").write_bytes(mean_net())
    tables: dict[str, Any] = {"measures": {"tones": TONES}}

    def built(keep: str, **options: Any) -> Any:
        return run_build(write_recipe(tmp_path, **tables, filters={"expression": {"keep": keep}}), **options)

    first = built("tones_red >= 0", until="select")
    assert first.decoded == 4
    found = sorted(first.selection.table.column("tones_red").to_pylist())
    report = built(f"tones_red <= {(found[1] + found[2]) / 2}")
    assert report.decoded == 0
    assert report.selection.counts() | {"found": 4, "kept": 2} == report.selection.counts()
    dataset = open_dataset(report.packed.root)
    assert dataset.manifest["provenance"]["weights"] == {"measures/tones": hashlib.sha256(mean_net()).hexdigest()}
    dropped = dataset.drops().to_pylist()[0]
    assert dropped["reason"] == "expression"
    assert dropped["detail"].startswith("tones_red 0.")
    told = CliRunner().invoke(lcpipe, ["explain", report.packed.root, dropped["id"]])
    assert dropped["detail"] in told.output


def test_plugins_list_the_kind() -> None:
    told = CliRunner().invoke(lcpipe, ["plugins"]).output
    assert "measures" in told
    assert " onnx " in told
    assert onnx.version == 1
