"""Drops animated pictures: only their first frame would be used."""

from ._limits import Limit, limiting

version = 1
measures = ("dimensions",)
roles = ("color",)
limits = (Limit("frames", "at most", "max_frames", 1, high=1_000_000, low=1),)
Settings, keep = limiting("animation", limits)
