"""Drops pictures that are largely screentone: their greys are dots, which no line drawing has."""

from ._limits import Limit, limiting

version = 1
measures = ("screentone",)
roles = ("color",)
limits = (Limit("screentone", "at most", "max_share", 0.3, high=1.0),)
Settings, keep = limiting("screentone", limits)
