"""The command line: help for everything, one clear line for every error, JSON for programs, a light start."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from support.pictures import write_pictures, write_recipe

from lcpipe.pipeline.cli import lcpipe


def run(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lcpipe.pipeline", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=200, check=False)


def commands() -> list[str]:
    return lcpipe.list_commands(click.Context(lcpipe))


@pytest.mark.parametrize("name", commands())
def test_every_command_and_option_has_help_and_an_example(name: str) -> None:
    command = lcpipe.get_command(click.Context(lcpipe), name)
    assert command is not None
    assert "Example" in (command.help or ""), "show how it is used"
    assert f"lcpipe {name}" in (command.help or "")
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, f"{name} {option.opts} needs help"


def test_help_needs_neither_numbers_nor_torch() -> None:
    heavy = "('numpy', 'pyarrow', 'torch', 'dask', 'cv2')"
    code = f"import sys, lcpipe.pipeline.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_help_lists_every_command() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert all(f"  {name}" in done.stdout for name in commands())


def test_version() -> None:
    assert run("--version").stdout.startswith("lcpipe ")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["bild-dataset"], 2, "did you mean 'build-dataset'"),
        (["build-dataset"], 2, "RECIPE"),
        (["build-dataset", "none.toml"], 1, "no such recipe"),
        (["build-dataset", "recipe.toml", "--workers", "0"], 2, "--workers"),
        (["build-dataset", "recipe.toml", "--limit", "0"], 2, "--limit"),
        (["build-dataset", "recipe.toml", "--until", "bake"], 2, "pack"),
        (["inspect", "nowhere"], 1, "nowhere"),
        (["verify", "nowhere"], 1, "nowhere"),
        (["explain", "nowhere", "123456"], 1, "nowhere"),
        (["lineage", "nowhere"], 1, "nowhere"),
        (["init", "."], 2, "there is a recipe already"),
    ],
)
def test_an_error_is_one_line(tmp_path: Path, arguments: list[str], code: int, says: str) -> None:
    write_pictures(tmp_path / "pictures", 1)
    write_recipe(tmp_path)
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_an_error_as_json_is_one_object(tmp_path: Path) -> None:
    done = run("--json", "build-dataset", tmp_path / "none.toml")
    assert done.returncode == 1
    assert set(json.loads(done.stdout)) == {"error", "where", "hint"}


def test_build_inspect_verify_and_explain(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", 4)
    write_recipe(tmp_path)
    built = run("build-dataset", "recipe.toml", "--workers", 1, "--json", cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    answer = json.loads(built.stdout)
    assert (answer["kept"], answer["found"]) == (4, 4)
    assert run("verify", answer["dataset"], "--full", cwd=tmp_path).returncode == 0
    inspected = json.loads(run("inspect", answer["dataset"], "--json", "--html", "page.html", cwd=tmp_path).stdout)
    assert inspected["digest"] == answer["digest"]
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    shard = next((tmp_path / answer["dataset"]).glob("data/pairs/*.parquet"))
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(bytes(data))
    damaged = run("verify", answer["dataset"], cwd=tmp_path)
    assert damaged.returncode == 3
    assert shard.name in damaged.stdout


def test_init_writes_a_recipe_that_the_builder_takes(tmp_path: Path) -> None:
    assert run("init", "new", cwd=tmp_path).returncode == 0
    done = run("build-dataset", "new/recipe.toml", cwd=tmp_path)
    assert done.returncode == 1
    assert "no such folder" in done.stderr


def test_plugins_are_listed() -> None:
    rows = json.loads(run("plugins", "--json").stdout)["plugins"]
    named = {(row["kind"], row["name"]) for row in rows}
    assert {("sources", "folder"), ("sources", "drawn"), ("extractors", "xdog"), ("filters", "min_side")} <= named
    assert all(row["about"] for row in rows)


def test_quiet_says_nothing_but_the_result(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", 2)
    write_recipe(tmp_path)
    done = run("-q", "build-dataset", "recipe.toml", "--until", "select", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
