"""Drops pictures of which much is transparent: cut-outs and sprites, which are laid on white."""

from ._limits import Limit, limiting

version = 1
measures = ("dimensions",)
roles = ("color",)
limits = (Limit("alpha_share", "at most", "max_share", 0.25, high=1.0),)
Settings, keep = limiting("transparency", limits)
