"""Characters that lcpipe draws itself, with their true line drawings: pictures for a demonstration that nobody owns."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import cv2
from pydantic import Field

from ..drawing.brush import UInt8
from ..drawing.character import character_tags, draw_character, draw_materials
from ._item import Item, Role, SourceState

version = 1
FINGERPRINT = f"drawn-{version}"

_PNG = (cv2.IMWRITE_PNG_COMPRESSION, 1)  # the catalog keeps these for a while only: fast rather than small


@dataclass(frozen=True)
class Settings:
    """How many characters, from which seed on, and whether each brings its `lines` as a second picture.

    With `materials` their colours say what is painted (skin, hair, cloth, ...), for the network of local features.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    count: Annotated[int, Field(ge=1)] = 64
    first_seed: Annotated[int, Field(ge=0)] = 0
    lines: bool = True
    materials: bool = False


def listing(settings: Settings, state: SourceState) -> Iterator[Item]:
    """One or two pictures a seed; those that are known already are listed without being drawn again."""
    for seed in range(settings.first_seed, settings.first_seed + settings.count):
        names: list[tuple[str, Role]] = [(f"{seed:06d}", "color")]
        if settings.lines:
            names.append((f"{seed:06d}-line", "line_art"))
        fingerprint = f"{FINGERPRINT}-materials" if settings.materials else FINGERPRINT
        if all(state.known.get(name) == fingerprint for name, _ in names):
            yield from (_item(seed, name, role, fingerprint, None) for name, role in names)
        else:
            drawing = (draw_materials if settings.materials else draw_character)(seed)
            for name, role in names:
                plane = drawing.color[..., ::-1] if role == "color" else drawing.line
                yield _item(seed, name, role, fingerprint, _png(plane))


def _item(seed: int, name: str, role: Role, fingerprint: str, data: bytes | None) -> Item:
    metadata = {
        "license": "CC0-1.0",
        "artist": "lcpipe",
        "rating": "g",
        "pair_key": f"drawn-{seed:06d}",
        "tags_general": list(character_tags(seed)),
    }
    return Item(native_id=name, role=role, data=data, fingerprint=fingerprint, metadata=metadata)


def _png(plane: UInt8) -> bytes:
    done, data = cv2.imencode(".png", plane, _PNG)
    if not done:
        raise RuntimeError("OpenCV refused to encode a picture of its own kind")
    return data.tobytes()
