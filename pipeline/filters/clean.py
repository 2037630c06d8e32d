"""Drops pictures in bad condition: blurred or enlarged, with visible blocks of JPEG, or grainy."""

from ._limits import Limit, limiting

version = 1
measures = ("blockiness", "noise", "sharpness")
roles = ("color",)
limits = (
    Limit("sharpness", "at least", "min_sharpness", 0.3, high=1.0),  # a picture enlarged four times has less
    Limit("blockiness", "at most", "max_blockiness", 0.5, high=100.0),
    Limit("noise", "at most", "max_noise", 8.0, high=255.0),  # levels of 255
)
Settings, keep = limiting("clean", limits)
