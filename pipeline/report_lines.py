"""The report's section on the domain gap: how each way of drawing lines differs from authentic line art."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice

from .dataset.decode import decode_line
from .dataset.errors import PictureError
from .dataset.reading import Dataset, read_row_group
from .line_statistics import LineStatistics, line_statistics, mean_statistics
from .markup import escaped
from .report_sections import card, table

SAMPLE = 24  # drawings of each column: enough for a mean, and little to decode
AUTHENTIC = "authentic"
_THREADS = 4
_HEAD = ("column", "drawings", "ink", "grey", "stroke", "specks / MP", "in one piece", "sharpness")


def domain_gap(dataset: Dataset) -> str:
    """A table of six measures per column, authentic line art last; nothing when no drawing can be read."""
    measured = statistics(dataset)
    if not measured:
        return ""
    names = [*sorted(name for name in measured if name != AUTHENTIC), *([AUTHENTIC] if AUTHENTIC in measured else [])]
    rows = [_row(name, measured[name]) for name in names]
    note = "means of a sample; the nearer a column is to authentic line art, the less a model has to unlearn"
    if AUTHENTIC not in measured:
        note = "means of a sample; this dataset has no authentic line art to compare with"
    return card("Domain gap", table(_HEAD, rows, frozenset(range(1, len(_HEAD)))), note, wide=True)


def statistics(dataset: Dataset) -> dict[str, list[LineStatistics]]:
    """Of each line column, what was measured on up to `SAMPLE` drawings; columns without any are left out."""
    with ThreadPoolExecutor(_THREADS) as pool:
        found = {
            name: [one for one in pool.map(_measured, cells) if one is not None] for name, cells in _samples(dataset)
        }
    return {name: measured for name, measured in found.items() if measured}


def _row(name: str, measured: Sequence[LineStatistics]) -> tuple[str, ...]:
    mean = mean_statistics(measured)
    shown = (
        f"{len(measured)}",
        f"{100 * mean.ink:.1f} %",
        f"{100 * mean.grey:.1f} %",
        f"{mean.stroke_px:.1f} px",
        f"{mean.specks:.0f}",
        f"{100 * mean.connected:.0f} %",
        f"{mean.sharpness:.2f}",
    )
    return (escaped(name, 60), *shown)


def _samples(dataset: Dataset) -> Iterator[tuple[str, list[bytes]]]:
    """The encoded drawings of each column: rows lie in a random order, so the first ones are a fair sample."""
    for name in dataset.line_columns:
        if name != AUTHENTIC:
            yield name, list(islice(_cells(dataset, "pairs", f"line_{name}"), SAMPLE))
    real = chain.from_iterable(_cells(dataset, config, f"line_{AUTHENTIC}") for config in ("line_art", "pairs"))
    yield AUTHENTIC, list(islice(real, SAMPLE))


def _cells(dataset: Dataset, config: str, column: str) -> Iterator[bytes]:
    """The pictures of one column, from the first row group of each split."""
    schema = dataset.schema(config)
    if schema is None or column not in schema.names:
        return
    for split in dataset.splits(config):
        for group in dataset.row_groups(config, split)[:1]:
            for cell in read_row_group(group, [column])[column]:
                if cell.is_valid:
                    yield cell.as_py()["bytes"]


def _measured(data: bytes) -> LineStatistics | None:
    try:
        return line_statistics(decode_line(data))
    except PictureError:
        return None  # `verify --full` names it; a mean can do without
