"""Drops pictures with a wide margin of one plain colour on one side, whatever the colour."""

from ._limits import Limit, limiting

version = 1
measures = ("solid_border",)
roles = ("color",)
limits = (Limit("solid_border", "at most", "max_share", 0.35, high=1.0),)
Settings, keep = limiting("solid_border", limits)
