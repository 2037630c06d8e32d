"""Where a dataset comes from: versions, commit and environment, without times, hosts or absolute paths."""

import importlib.metadata
import json
import platform
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

PACKAGES = ("numpy", "opencv-python-headless", "pillow", "pyarrow", "dask", "pydantic")


def lcpipe_version() -> dict[str, str | None]:
    """The installed version, and the commit where lcpipe runs from a checkout of its own."""
    return {"version": importlib.metadata.version("lcpipe"), "commit": _commit()}


def environment() -> dict[str, str]:
    """The interpreter, the CPU family and the packages whose versions can change a pixel or a byte."""
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {"python": platform.python_version(), "machine": platform.machine(), "system": platform.system(), **versions}


def _commit() -> str | None:
    top = Path(__file__).resolve().parent.parent
    if not (top / ".git").exists() or not (top / "extractors").is_dir():
        return None
    command = ["git", "-C", str(top), "rev-parse", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None


def plugin_versions(recipe: Any) -> dict[str, int]:
    """The version of every plug-in that a recipe uses."""
    lines = {f"extractors/{line.extractor}": line.module.version for line in recipe.lines}
    filters = {f"filters/{one.kind}": one.module.version for one in recipe.filters}
    return lines | filters | {f"sources/{one.kind}": one.module.version for one in recipe.sources}


def measure_weights(recipe: Any) -> dict[str, str]:
    """The sha256 of every net that a recipe measures with."""
    return {f"measures/{one.name}": one.sha256 for one in recipe.measures}


def line_weights(params: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The sha256 of the weights of every network that drew a line, from the parameters kept with the lines.

    A drawing by `mix` names the extractor that drew it as its method, whose settings are JSON in `parameters`.
    """
    drawn: dict[str, str] = {}
    for own in params:
        name, settings = own["extractor"], own
        if "parameters" in own:
            name, settings = own["method"], json.loads(own["parameters"])
        if settings.get("weights"):
            drawn[f"extractors/{name}"] = settings["weights"]
    return dict(sorted(drawn.items()))
