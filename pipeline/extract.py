"""`extract-lines`: pictures in, line drawings out under the same relative names, without a recipe.

Pictures are files, files of folders, and the rows of Parquet files, packed datasets among them: these become
`NAME-OF-THE-PARQUET-FILE/ID.png`.
"""

import json
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from . import plugins
from .dataset.canonical import canonical
from .dataset.errors import UsageError
from .drawing_notes import note_of
from .engine import Engine
from .extract_job import CPU, ExtractJob, Failure, Method, Work
from .extract_rows import PARQUET, rows_of
from .line_settings import merged
from .progress import Reporter
from .sources.folder import SUFFIXES

_ELSEWHERE = "give a folder for the drawings alone"
DEVICE_TASK = 32  # pictures: they are read ahead into memory


@dataclass(frozen=True)
class Extracted:
    """What became of the pictures: written now, there already, or failed as (source, reason, detail)."""

    written: int
    kept: int
    failed: tuple[Failure, ...]


def method(name: str, sets: Sequence[str], preset: str | None, **more: Any) -> Method:
    """An extractor by name with KEY=VALUE settings, values as in a recipe. Raises RecipeError, UsageError."""
    where = f"--method {name}"
    module = plugins.load("extractors", name, where)
    return Method(name, merged(module, preset, dict(_setting(text) for text in sets), where), **more)


def checked_device(device: str) -> None:
    """Raises UsageError for a device that networks cannot use here: said once, and not for each picture."""
    if device == CPU:
        return
    try:
        from lcpipe.extractors._learned import usable

        usable(device)
    except (ImportError, ValueError) as error:
        raise UsageError(str(error), where="--device", hint="leave it out to draw on the CPU") from None


def extract(
    inputs: Sequence[str], out: str, how: Method, *, overwrite: bool, engine: Engine, reporter: Reporter
) -> Extracted:
    """Draws every picture of the files and folders given; results that are there are kept unless `overwrite`.

    Raises UsageError where results were drawn in another way: neither is to be lost.
    """
    works = planned(inputs, out)
    if not overwrite:
        _refuse_others(works, how)
    todo = [work for work in works if overwrite or not Path(work.target).is_file()]
    most = engine.share(len(todo)) if how.device == CPU else DEVICE_TASK
    tasks = [tuple(todo[at : at + most]) for at in range(0, len(todo), most)]
    failed: list[Failure] = []
    with reporter.stage("extract-lines", len(todo)) as stage:
        for results in engine.map(ExtractJob(how), tasks):
            failed += [one for one in results if one is not None]
            stage.advance(len(results))
    return Extracted(len(todo) - len(failed), len(works) - len(todo), tuple(sorted(failed)))


def _refuse_others(works: Sequence[Work], how: Method) -> None:
    """Raises UsageError where a drawing is there that says it was drawn otherwise."""
    own = json.loads(canonical(how.note()))
    notes = ((work.target, note_of(work.target)) for work in works if Path(work.target).is_file())
    others = [target for target, note in notes if note is not None and note.get("method") != own]
    if others:
        raise UsageError(
            f"{len(others)} of the drawings there were drawn in another way",
            where=others[0],
            hint="give another --out, or draw them again with --overwrite",
        )


def planned(inputs: Sequence[str], out: str) -> list[Work]:
    """Which file goes where; what lies in an --out within an input is none of its pictures.

    Raises UsageError for inputs that do not exist, for results of one name, and for a result in a picture's place.
    """
    works: dict[str, Work] = {}
    for given in inputs:
        for work in _works(Path(given), Path(out)):
            if work.target in works:
                where = f"{works[work.target].name}, {work.name}"
                hint = "rename one, or draw them one by one, each with an --out of its own"
                raise UsageError(f"two pictures would become {work.target}", where=where, hint=hint)
            works[work.target] = work
    if not works:
        hint = "give files or folders of pictures, or Parquet files with an image column"
        raise UsageError("no pictures there", where=", ".join(inputs), hint=hint)
    real = cache(os.path.realpath)
    pictures = {(real(os.path.dirname(work.source)), os.path.basename(work.source)) for work in works.values()}
    for target, work in works.items():
        if (real(os.path.dirname(target)), os.path.basename(target)) in pictures:
            raise UsageError(f"a drawing would replace the picture {target}", where=work.name, hint=_ELSEWHERE)
    return list(works.values())


def _works(given: Path, out: Path) -> Iterator[Work]:
    """The pictures of one input; in a folder, Parquet files without pictures are passed over."""
    for source, relative in _pictures(given, out):
        if source.suffix.lower() != PARQUET:
            yield Work(str(source), str(out / relative.with_suffix(".png")))
            continue
        for row in rows_of(str(source), must=source == given):
            yield Work(str(source), str(out / relative.with_suffix("") / f"{row.name}.png"), row)


def _pictures(given: Path, out: Path) -> list[tuple[Path, Path]]:
    if given.is_file():
        return [(given, Path(given.name))]
    if not given.is_dir():
        raise UsageError("no such file or folder", where=str(given), hint="give files or folders of pictures")
    folder, drawings = given.resolve(), out.resolve()
    if folder == drawings:
        raise UsageError("the pictures themselves are there", where=f"--out {out}", hint=_ELSEWHERE)
    own = given / drawings.relative_to(folder) if drawings.is_relative_to(folder) else None
    wanted = {*SUFFIXES, PARQUET}
    files = (path for path in given.rglob("*") if path.suffix.lower() in wanted and path.is_file())
    found = sorted(path for path in files if own is None or not path.is_relative_to(own))
    return [(path, path.relative_to(given)) for path in found]


def _setting(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"'{text}' is no KEY=VALUE", where="--set", hint="for example --set sigma=0.3")
    try:
        parsed: Mapping[str, Any] = tomllib.loads(f"value = {value}")
    except tomllib.TOMLDecodeError:
        return key.strip(), value
    if len(parsed) > 1:
        raise UsageError(f"'{text}' is more than one KEY=VALUE", where="--set", hint="give --set for each")
    return key.strip(), parsed["value"]
