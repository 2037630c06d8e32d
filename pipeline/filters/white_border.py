"""Drops pictures with a wide empty white margin on one side."""

from ._limits import Limit, limiting

version = 1
measures = ("white_border",)
roles = ("color",)
limits = (Limit("white_border", "at most", "max_share", 0.25, high=1.0),)
Settings, keep = limiting("white_border", limits)
