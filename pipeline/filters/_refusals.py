"""From a condition to the verdicts of a filter."""

import pyarrow as pa
import pyarrow.compute as pc


def unless(passes: pa.ChunkedArray, name: str) -> pa.Array:
    """`name` for every row whose condition is false, null (keep) where it holds or where nothing was measured.

    Conditions are to be written so that they hold for good values: NaN then fails, and is dropped with a reason.
    """
    kept = pc.fill_null(passes, True)
    verdicts = pc.if_else(kept, pa.scalar(None, pa.string()), pa.scalar(name, pa.string()))
    return verdicts.combine_chunks() if isinstance(verdicts, pa.ChunkedArray) else verdicts


def between(name: str, value: float, low: float, high: float) -> None:
    """ValueError unless a setting is a number from `low` to `high`."""
    if not low <= value <= high:  # NaN too
        raise ValueError(f"{name} is {value}, but has to be a number from {low} to {high}")
