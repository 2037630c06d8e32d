"""Drops pictures with little colour: pale sketches, tinted scans, near-monochromes.

`colorfulness` after Hasler & Süsstrunk: 0 grey, 15 slightly, 33 moderately, 45 averagely colourful.
"""

from ._limits import Limit, limiting

version = 1
measures = ("colorfulness",)
roles = ("color",)
limits = (Limit("colorfulness", "at least", "min_colorfulness", 15.0, high=200.0),)
Settings, keep = limiting("colorful", limits)
