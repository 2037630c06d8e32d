"""What is installed is enough: recipes, presets and pages come with the package, without a checkout."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PARTS = ("extractors", "manifests", "model", "pipeline", "pyproject.toml", "README.md", "LICENSE")
PRESETS = (
    "from lcpipe.model.presets import configure, preset_names; print(sum(bool(configure(n)) for n in preset_names()))"
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package installed into a folder of its own, from a copy of the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / "source" / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (folder / "source").mkdir(exist_ok=True)
            shutil.copy(ROOT / part, folder / "source" / part)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--target", str(folder / "target"), str(folder / "source")], check=True)
    return folder / "target"


def run(installed: Path, cwd: Path, *arguments: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(installed)}
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd=cwd, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_installed_package_is_the_one_that_runs(installed: Path, tmp_path: Path):
    place = run(installed, tmp_path, "-c", "import lcpipe.pipeline as one; print(one.__file__)")
    assert Path(place.strip()).is_relative_to(installed)


def test_init_and_presets_work(installed: Path, tmp_path: Path):
    run(installed, tmp_path, "-m", "lcpipe.pipeline", "init", "here")
    assert (tmp_path / "here" / "recipe.toml").is_file()
    assert int(run(installed, tmp_path, "-c", PRESETS)) >= 2


def test_the_demo_builds_a_dataset(installed: Path, tmp_path: Path):
    """The recipe that the demo ships, with fewer pictures, through to a dataset that verifies."""
    write = (
        "from importlib.resources import files; print((files('lcpipe.manifests') / 'recipes/demo.toml').read_text())"
    )
    (tmp_path / "demo.toml").write_text(run(installed, tmp_path, "-c", write))
    command = ("-m", "lcpipe.pipeline", "build-dataset", "demo.toml", "--limit", "6", "--workers", "1")
    run(installed, tmp_path, *command)
    (root,) = (tmp_path / "datasets" / "demo").iterdir()
    run(installed, tmp_path, "-m", "lcpipe.pipeline", "verify", str(root))
