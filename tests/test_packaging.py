"""What is installed, what may import what, and what the README promises."""

import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from lcpipe.pipeline.cli import lcpipe

TOP = Path(__file__).parent.parent
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
ROOTS = ("extractors", "pipeline", "model", "manifests")


def folders() -> list[Path]:
    found = [path.parent for root in ROOTS for path in (TOP / root).rglob("*.py")]
    return sorted(set(found))


def test_every_folder_with_code_is_a_listed_package() -> None:
    expected = {f"lcpipe.{'.'.join(folder.relative_to(TOP).parts)}" for folder in folders()} | {"lcpipe.manifests"}
    assert expected == set(PROJECT["tool"]["setuptools"]["packages"])


def test_every_package_has_its_guard() -> None:
    for folder in folders():
        text = (folder / "__init__.py").read_text(encoding="utf-8")
        assert 'if not __name__.startswith("lcpipe.")' in text, folder


def test_a_second_copy_cannot_be_imported_from_the_checkout() -> None:
    for name in ROOTS:
        done = subprocess.run(
            [sys.executable, "-c", f"import {name}"], cwd=TOP, capture_output=True, text=True, check=False
        )
        assert f"import lcpipe.{name}, not {name}" in done.stderr


def test_every_module_imports() -> None:
    pytest.importorskip("torch")
    for root in ROOTS:
        for file in sorted((TOP / root).rglob("*.py")):
            parts = [
                part for part in file.relative_to(TOP).with_suffix("").parts if part not in ("__init__", "__main__")
            ]
            importlib.import_module(".".join(["lcpipe", *parts]))


def test_version_is_the_one_of_the_project() -> None:
    from importlib.metadata import version

    assert version("lcpipe") == PROJECT["project"]["version"]


def test_the_readme_names_the_two_commands_and_only_real_ones() -> None:
    text = (TOP / "README.md").read_text(encoding="utf-8")
    assert "make demo" in text
    assert "make test" in text
    known = set(lcpipe.list_commands(click.Context(lcpipe)))
    named = set(re.findall(r"^(?:\$ )?lcpipe ([a-z-]+)", text, re.MULTILINE))
    assert named
    assert named <= known
    assert known <= set(re.findall(r"lcpipe ([a-z-]+)", text)), "each command deserves a mention"


@pytest.mark.parametrize("file", ["Makefile", ".ci/run"])
def test_the_commands_of_the_house_are_there(file: str) -> None:
    text = (TOP / file).read_text(encoding="utf-8")
    assert all(word in text for word in ("test", "test-slow", "lint"))


def test_no_file_is_large() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    sizes = {name: (TOP / name).stat().st_size for name in listed.stdout.split("\0") if name and (TOP / name).is_file()}
    limits = {name: 16 * 1024**2 if name.startswith("manifests/models/") else 2_000_000 for name in sizes}
    assert [name for name, size in sizes.items() if size > limits[name]] == []
