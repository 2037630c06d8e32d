"""Paints files: line drawings in, PNG pictures out. All names are checked before anything is painted."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path, PurePosixPath

import cv2

from lcpipe.pipeline.dataset.decode import decode_line
from lcpipe.pipeline.dataset.errors import LcpipeError, UsageError, WeightsError
from lcpipe.pipeline.dataset.storage import filesystem, join, read_bytes, write_bytes

from .hint_files import read_hints
from .hint_shapes import UInt8
from .hints import no_hints
from .painter import Painter, load_painter, quick_dtype

SUFFIX = ".png"


@dataclass(frozen=True)
class Job:
    """One drawing, and where its picture goes."""

    drawing: str
    picture: str


def colorize(
    drawings: Sequence[str],
    out: str,
    *,
    model: str | None = None,
    hints: str | None = None,
    device: str = "cpu",
    overwrite: bool = False,
    on_painted: Callable[[Job], None] = lambda job: None,
) -> list[Job]:
    """Paints drawings into `out`: a PNG file for one, else a folder where every picture is named after its drawing.

    Raises LcpipeError; a drawing that cannot be read does not keep the others from being painted.
    """
    jobs = plan_jobs(drawings, out)
    _check(jobs, hints, overwrite)
    painter = load_painter(model or shipped_model(), device, quick_dtype(device))
    failed: list[LcpipeError] = []
    for job in jobs:
        try:
            _paint(painter, job, hints)
            on_painted(job)
        except LcpipeError as error:
            failed.append(error if error.where else LcpipeError(error.what, where=job.drawing, hint=error.hint))
    if failed:
        raise _summary(failed, len(jobs))
    return jobs


def plan_jobs(drawings: Sequence[str], out: str) -> list[Job]:
    """Where each picture goes. Raises UsageError when two would have one name."""
    name = PurePosixPath(out)
    if name.suffix and name.suffix.lower() != SUFFIX and not _is_folder(out):
        raise UsageError(f"pictures are written as PNG, not {name.suffix}", where=out, hint="end the name with .png")
    if len(drawings) == 1 and name.suffix.lower() == SUFFIX and not _is_folder(out):
        return [Job(drawings[0], out)]
    if name.suffix.lower() == SUFFIX:
        raise UsageError("several drawings cannot go into one file", where=out, hint="name a folder")
    jobs = [Job(drawing, join(out, PurePosixPath(drawing).stem + SUFFIX)) for drawing in drawings]
    taken: dict[str, str] = {}
    for job in jobs:
        if taken.setdefault(job.picture, job.drawing) != job.drawing:
            what = f"{taken[job.picture]} and {job.drawing} would have one name"
            raise UsageError(what, where=job.picture, hint="paint them into two folders")
    return jobs


def _check(jobs: Sequence[Job], hints: str | None, overwrite: bool) -> None:
    """Nothing may be lost: neither a drawing nor a picture that is there already."""
    if hints and len(jobs) > 1:
        raise UsageError("hints belong to one drawing", where=hints, hint="paint drawings with hints one by one")
    for job in jobs:
        if _path(job.picture) == _path(job.drawing):
            raise UsageError("the picture would replace its drawing", where=job.drawing, hint="choose another --out")
        if not overwrite and _exists(job.picture):
            raise UsageError("there is a file already", where=job.picture, hint="give another --out, or --overwrite")


def _paint(painter: Painter, job: Job, hints: str | None) -> None:
    line = decode_line(read_bytes(job.drawing))
    given = read_hints(hints, line) if hints else no_hints(*line.shape)
    write_bytes(job.picture, encode_png(painter.paint(line, given)))


def encode_png(pixels: UInt8) -> bytes:
    """A picture, uint8 (H, W, 3), as PNG."""
    done, data = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    if not done:
        raise LcpipeError(f"a picture of {pixels.shape[1]} x {pixels.shape[0]} pixels cannot be written as PNG")
    return data.tobytes()


def shipped_model() -> str:
    """The colouriser that comes with the package. Raises WeightsError when this version has none."""
    for file in _shipped_files():
        return str(file)
    raise WeightsError(
        "no model is given and none comes with this version",
        hint="train one with `lcpipe train DATASET --out RUN` and give --model RUN/model.safetensors",
    )


def _shipped_files() -> Iterator[Path]:
    with resources.as_file(resources.files("lcpipe.manifests") / "models") as folder:
        yield from sorted(folder.glob("colorizer*.safetensors"))  # other shipped models draw lines


def _summary(failed: Sequence[LcpipeError], total: int) -> LcpipeError:
    """One error for all drawings that failed; the only one as it is."""
    if total == 1:
        return failed[0]
    what = f"{len(failed)} of {total} drawings could not be painted, first: {failed[0].what}"
    return LcpipeError(what, where=failed[0].where, hint=failed[0].hint)


def _exists(uri: str) -> bool:
    fs, path = filesystem(uri)
    return bool(fs.exists(path))


def _is_folder(uri: str) -> bool:
    fs, path = filesystem(uri)
    return uri.endswith("/") or bool(fs.isdir(path))


def _path(uri: str) -> str:
    return filesystem(uri)[1]
