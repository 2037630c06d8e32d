"""The folder of an evaluation: what lies in it, where one may be written, and writing it as a whole."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lcpipe.pipeline.dataset.errors import UsageError
from lcpipe.pipeline.dataset.storage import filesystem, join, names, storage_errors, write_bytes

from .colorize import encode_png
from .evaluation_report import report_html
from .hint_shapes import UInt8

FORMAT = 2
RESULT = "evaluation.json"
REPORT = "report.html"
OURS = re.compile(r"evaluation\.json|report\.html|pictures|(beside|cases|grid)-.*\.png")


def check_out(out: str) -> None:
    """Raises UsageError where no evaluation can be written, before hours are spent on it: no folder, or another's."""
    if not out or "://" not in out:
        nearest = next(place for place in (Path(out), *Path(out).absolute().parents) if os.path.exists(place))
        if not out or not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
            raise UsageError("not a folder that can be written", where=f"--out {out!r}", hint="name a new folder")
    others = [name for name in names(out) if not OURS.fullmatch(name)]
    if others:
        what = f"the folder holds other things: {', '.join(others[:3])}"
        raise UsageError(what, where=f"--out {out!r}", hint="name a new folder, or that of an older evaluation")


def publish(out: str, document: Mapping[str, Any], pictures: Mapping[str, UInt8]) -> None:
    """Writes the folder in place of an older evaluation; evaluation.json goes first and comes last: none is half."""
    fs, folder = filesystem(out)
    with storage_errors(out):
        for name in sorted(filter(OURS.fullmatch, names(out)), key=RESULT.__ne__):
            fs.rm(join(folder, name), recursive=True)
    for name, pixels in pictures.items():
        write_bytes(join(out, *name.split("/")), encode_png(pixels))
    write_bytes(join(out, REPORT), report_html(document, pictures).encode())
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_bytes(join(out, RESULT), text.encode() + b"\n")
