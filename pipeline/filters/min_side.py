"""Drops pictures whose short side is below `px` pixels."""

from ._limits import Limit, limiting

version = 1
measures = ("dimensions",)
limits = (Limit("short_side", "at least", "px", 512, high=100_000, low=1),)
Settings, keep = limiting("min_side", limits)
