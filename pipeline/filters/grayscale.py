"""Drops colour pictures that are grey: nothing can be learnt from them about colour.

The default is a chroma of 15 of 255: grey scans come with less, pale pictures with more.
"""

from ._limits import Limit, limiting

version = 1
measures = ("grayness",)
roles = ("color",)
limits = (Limit("grayness", "below", "max_grayness", 0.94, high=1.0),)
Settings, keep = limiting("grayscale", limits)
