"""Drops pages of text, and pictures with much lettering: manuals, speech, large watermarks.

Colour pictures reach 0.05 by hatching and foliage; small print has 0.08, a page 0.25.
"""

from ._limits import Limit, limiting

version = 1
measures = ("text",)
roles = ("color",)
limits = (Limit("text_share", "at most", "max_share", 0.06, high=1.0),)
Settings, keep = limiting("text", limits)
