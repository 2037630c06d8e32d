"""Filters that are limits on measured columns: a table says which, and settings and verdicts follow from it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, make_dataclass
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from ._refusals import between, unless

Keep = Callable[[pa.Table, Any], pa.Array]

_HOLDS = {"at least": pc.greater_equal, "at most": pc.less_equal, "below": pc.less}


@dataclass(frozen=True)
class Limit:
    """A picture is kept while `column` is at least, at most or below what the setting says, from `low` to `high`."""

    column: str
    holds: Literal["at least", "at most", "below"]
    setting: str
    default: float
    high: float
    low: float = 0.0


def limiting(name: str, limits: Sequence[Limit]) -> tuple[type[Any], Keep]:
    """`Settings` and `keep` of the filter `name`: it refuses what does not hold every limit."""
    kinds = [(one.setting, type(one.default), field(default=one.default)) for one in limits]

    def check(self: Any) -> None:
        for one in limits:
            between(one.setting, getattr(self, one.setting), one.low, one.high)

    own = {"__pydantic_config__": {"extra": "forbid"}, "__post_init__": check, "__module__": __name__}
    settings = make_dataclass("Settings", kinds, frozen=True, namespace=own)
    settings.__doc__ = "; ".join(f"`{one.setting}`: `{one.column}` is {one.holds} this" for one in limits) + "."

    def keep(table: pa.Table, settings: Any) -> pa.Array:
        """Null for a picture within all limits, else the filter's name."""
        held = [_HOLDS[one.holds](table.column(one.column), getattr(settings, one.setting)) for one in limits]
        passes = held[0]
        for other in held[1:]:
            passes = pc.and_kleene(passes, other)
        return unless(passes, name)

    return settings, keep
