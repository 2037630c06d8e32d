"""`extract-lines`: pictures in, line drawings out under the same relative names, without a recipe.

Pictures are files, files of folders, and the rows of Parquet files, packed datasets among them: these become
`NAME-OF-THE-PARQUET-FILE/ID.png`.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import plugins
from .dataset.canonical import canonical, sha256_hex
from .dataset.decode import decode
from .dataset.draws import generator
from .dataset.encode import encode_line, encode_png
from .dataset.errors import PictureError, UsageError
from .dataset.reasons import Reason
from .dataset.storage import read_bytes, write_bytes
from .drawing.sheet import contact_sheet
from .engine import Engine
from .extract_rows import PARQUET, Row, read_row, rows_of
from .line_settings import draw, merged
from .line_weights import available
from .pixels import Pixels, resized, working_size
from .progress import Reporter
from .render import extractor
from .sources.folder import SUFFIXES

TASK_PICTURES = 16
LARGEST_SHORT_SIDE_PX = 2048
COMPARED, TILE_PX = 12, 320


@dataclass(frozen=True)
class Method:
    """An extractor with its table of settings, of which some may be drawn anew for each picture."""

    extractor: str
    table: dict[str, Any]
    size: int | None = None  # short side of the result in pixels; None keeps each picture's own
    oversample: int = 2
    seed: int = 0


@dataclass(frozen=True)
class Work:
    """One picture to draw: where it is, in which row if that is a Parquet file, and where its lines go."""

    source: str
    target: str
    row: Row | None = None

    @property
    def name(self) -> str:
        """What a message calls it."""
        return self.source if self.row is None else f"{self.source}, {self.row.name}"

    def read(self) -> bytes:
        """The encoded picture. Raises PictureError, StorageError, DatasetError."""
        return read_bytes(self.source) if self.row is None else read_row(self.source, self.row)


@dataclass(frozen=True)
class Extracted:
    """What became of the pictures: written now, there already, or failed as (source, reason, detail)."""

    written: int
    kept: int
    failed: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class ExtractJob:
    """Draws the pictures of a task; returns for each None, or why it failed."""

    method: Method

    def run(self, task: tuple[Work, ...]) -> list[tuple[str, str, str] | None]:
        return [self._one(work) for work in task]

    def pieces(self, task: tuple[Work, ...]) -> Sequence[tuple[Work, ...]]:
        return [(work,) for work in task]

    def crashed(self, piece: tuple[Work, ...]) -> list[tuple[str, str, str] | None]:
        return [(piece[0].name, str(Reason.DECODER_CRASHED), "drawing it killed the worker process")]

    def _one(self, work: Work) -> tuple[str, str, str] | None:
        try:
            data = work.read()
            lines = drawn(decode(data).pixels, sha256_hex(data), self.method)
        except PictureError as error:
            return work.name, error.reason, error.what
        write_bytes(work.target, encode_line(lines))
        return None


def method(name: str, sets: Sequence[str], preset: str | None, **more: Any) -> Method:
    """An extractor by name with KEY=VALUE settings, values as in a recipe. Raises RecipeError, UsageError."""
    where = f"--method {name}"
    module = plugins.load("extractors", name, where)
    return Method(name, merged(module, preset, dict(_setting(text) for text in sets), where), **more)


def extract(
    inputs: Sequence[str], out: str, how: Method, *, overwrite: bool, engine: Engine, reporter: Reporter
) -> Extracted:
    """Draws every picture of the files and folders given; results that are there are kept unless `overwrite`."""
    works = planned(inputs, out)
    todo = [work for work in works if overwrite or not Path(work.target).exists()]
    tasks = [tuple(todo[at : at + TASK_PICTURES]) for at in range(0, len(todo), TASK_PICTURES)]
    failed: list[tuple[str, str, str]] = []
    with reporter.stage("extract-lines", len(todo)) as stage:
        for results in engine.map(ExtractJob(how), tasks):
            failed += [one for one in results if one is not None]
            stage.advance(len(results))
    return Extracted(len(todo) - len(failed), len(works) - len(todo), tuple(sorted(failed)))


def planned(inputs: Sequence[str], out: str) -> list[Work]:
    """Which file goes where. Raises UsageError for inputs that do not exist, or results of one name."""
    works: dict[str, Work] = {}
    for given in inputs:
        for work in _works(Path(given), Path(out)):
            if work.target in works:
                where, hint = f"{works[work.target].name}, {work.name}", "give them separate --out folders"
                raise UsageError(f"two pictures would become {work.target}", where=where, hint=hint)
            works[work.target] = work
    if not works:
        hint = "give files or folders of pictures, or Parquet files with an image column"
        raise UsageError("no pictures there", where=", ".join(inputs), hint=hint)
    return list(works.values())


def drawn(pixels: Pixels, record: str, how: Method) -> Pixels:
    """The lines of a picture uint8 (H, W, 3) as uint8 (H, W), drawn larger and shrunk. Raises PictureError."""
    height, width = pixels.shape[:2]
    if how.size is not None:
        scale = how.size / min(width, height)
        width, height = max(1, round(width * scale)), max(1, round(height * scale))
    large = _working(pixels, min(width, height), how.oversample)
    values = draw(how.table, how.seed, record, "extract-lines")
    try:
        (lines,) = extractor(how.extractor, canonical(values))([large], [generator(how.seed, record, "extract-lines")])
    except (ValueError, ArithmeticError, RuntimeError) as error:
        raise PictureError(str(error)[:200], reason=Reason.EXTRACTOR_FAILED) from None
    return resized(lines, width, height)


def compare(inputs: Sequence[str], out: str, how: Method) -> str:
    """A contact sheet: a row per picture, its colours and then every method with every preset. Returns its path."""
    works = planned(inputs, out)[:COMPARED]
    columns = list(shown_methods(how))
    tiles: list[Pixels] = []
    for work in works:
        data = work.read()
        pixels = decode(data).pixels
        lines = [drawn(pixels, sha256_hex(data), one) for _, one in columns]
        tiles += [pixels, *(np.repeat(one[..., None], 3, axis=2) for one in lines)]
    path = str(Path(out) / "compare.png")
    write_bytes(path, encode_png(contact_sheet(tiles, 1 + len(columns), TILE_PX)))
    return path


def shown_methods(how: Method) -> list[tuple[str, Method]]:
    """Every extractor that can draw here by itself, with each of its presets."""
    found = []
    for name in plugins.names("extractors"):
        module = plugins.load("extractors", name)
        if available(module) and not hasattr(module, "inner"):
            for preset in getattr(module, "PRESETS", {"": {}}):
                table = merged(module, preset or None, {}, name)
                found.append((f"{name} {preset}", Method(name, table, how.size, how.oversample, how.seed)))
    return found


def _working(pixels: Pixels, target_short_px: int, oversample: int) -> Pixels:
    """The picture at its working size: `oversample` × the target, at most 2048 px or the target itself."""
    height, width = pixels.shape[:2]
    wanted = min(oversample * target_short_px, max(LARGEST_SHORT_SIDE_PX, target_short_px))
    return resized(pixels, *working_size(width, height, wanted, 1))


def _works(given: Path, out: Path) -> Iterator[Work]:
    """The pictures of one input; in a folder, Parquet files without pictures are passed over."""
    for source, relative in _pictures(given):
        if source.suffix.lower() != PARQUET:
            yield Work(str(source), str(out / relative.with_suffix(".png")))
            continue
        for row in rows_of(str(source), must=source == given):
            yield Work(str(source), str(out / relative.with_suffix("") / f"{row.name}.png"), row)


def _pictures(given: Path) -> list[tuple[Path, Path]]:
    if given.is_file():
        return [(given, Path(given.name))]
    if not given.is_dir():
        raise UsageError("no such file or folder", where=str(given), hint="give files or folders of pictures")
    wanted = {*SUFFIXES, PARQUET}
    found = sorted(path for path in given.rglob("*") if path.suffix.lower() in wanted and path.is_file())
    return [(path, path.relative_to(given)) for path in found]


def _setting(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"'{text}' is no KEY=VALUE", where="--set", hint="for example --set sigma=0.3")
    try:
        parsed: Mapping[str, Any] = tomllib.loads(f"value = {value}")
    except tomllib.TOMLDecodeError:
        return key.strip(), value
    return key.strip(), parsed["value"]
