"""What a recipe asks for, told in sentences for a dataset card."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .markup import code_span, plain
from .toml_text import inline

Say = Callable[[object], str]


def processing(recipe: Mapping[str, Any]) -> str:
    """A list of what was done to the pictures, in the order in which it happens."""
    return "\n".join(f"- {sentence}" for sentence in _sentences(recipe, _code))


def plain_processing(recipe: Mapping[str, Any]) -> str:
    """The same as one paragraph without any markup."""
    return " ".join(_sentences(recipe, _bare))


def _sentences(recipe: Mapping[str, Any], say: Say) -> Iterator[str]:
    yield "Every picture is decoded once to 8-bit sRGB: first frame, turned as its EXIF says, transparency on white."
    yield from _filters(recipe.get("filters", {}), say)
    yield from _near_duplicates(recipe.get("near_duplicates"), say)
    if "pairs" in recipe:
        yield "Authentic line drawings are matched with their colour pictures and registered onto them."
    yield from _split(recipe.get("split", {}), say)
    yield from _render(recipe.get("render", {}), say)
    for name, line in recipe.get("lines", {}).items():
        yield _line(name, line, say)


def _filters(filters: Mapping[str, Any], say: Say) -> Iterator[str]:
    for name, settings in filters.items():
        words = f" with {_settings(settings, say)}" if settings else ""
        yield f"Filter {say(name)}{words}."


def _near_duplicates(settings: Mapping[str, Any] | None, say: Say) -> Iterator[str]:
    if settings is not None:
        words = f" with {_settings(settings, say)}" if settings else ""
        yield f"Near-duplicates are found by perceptual hash, confirmed by a colour thumbnail{words}."


def _split(settings: Mapping[str, Any], say: Say) -> Iterator[str]:
    words = f" ({_settings(settings, say)})" if settings else ""
    yield f"Splits are drawn by cluster of near-duplicates{words}: a cluster never lies in two splits."


def _render(settings: Mapping[str, Any], say: Say) -> Iterator[str]:
    words = f" ({_settings(settings, say)})" if settings else ""
    yield f"Pictures are brought to the target size{words}, sides multiples of 16 by centre crop."


def _line(name: str, settings: Mapping[str, Any], say: Say) -> str:
    extractor = settings.get("extractor", "")
    others = {key: value for key, value in settings.items() if key != "extractor"}
    words = f" with {_settings(others, say)}" if others else ""
    return f"Lines {say(f'line_{name}')}: extractor {say(extractor)}{words}."


def _settings(settings: Mapping[str, Any], say: Say) -> str:
    if not isinstance(settings, Mapping):
        return say(inline(settings))
    return ", ".join(say(f"{key} = {inline(value)}") for key, value in settings.items())


def _code(text: object) -> str:
    return code_span(text, 160)


def _bare(text: object) -> str:
    return plain(text, 160)
