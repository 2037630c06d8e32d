"""Drops frames of films: pictures with black bars above and below, or at both sides."""

from ._limits import Limit, limiting

version = 1
measures = ("letterbox",)
roles = ("color",)
limits = (Limit("letterbox", "at most", "max_share", 0.04, high=1.0),)
Settings, keep = limiting("letterbox", limits)
