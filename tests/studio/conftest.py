"""One studio for all tests that only ask it things."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest
from support.small_model import make_small_model
from support.studio import Client, serving
from support.tiny_dataset import draw_picture


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_small_model(tmp_path_factory.mktemp("model") / "small.safetensors")


@pytest.fixture(scope="session")
def studio(small_model: Path, tiny_dataset: Path) -> Iterator[Client]:
    with serving(models=(str(small_model),), dataset=str(tiny_dataset)) as client:
        yield client


@pytest.fixture(scope="session")
def drawing_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("drawing") / "girl.png"
    cv2.imwrite(str(file), draw_picture(0, "studio", 80)[1])
    return file


@pytest.fixture
def line(studio: Client, drawing_file: Path) -> str:
    """The id of a drawing that is open."""
    return str(studio.post("/api/drawings", drawing_file.read_bytes()).json["id"])
