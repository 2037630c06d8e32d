"""Colours that say what is painted where: a picture in them is a map of materials that a network can learn to read.

A material has one hue, far from the others' even in shade and light; what has hardly any colour is the ground, and what
is dark is ink. Cartoon constants (a red mouth, a golden star, a green leaf) lie on the hue they are nearest to in kind.
"""

MATERIAL_HUES = {"skin": 0, "accent": 50, "trim": 105, "cloth": 155, "hair": 205, "iris": 255, "white": 310}
MATERIALS = ("ground", *MATERIAL_HUES)
LEAST_SATURATION = 0.2  # of HSV: below it lies the ground
LEAST_VALUE = 0.45  # of HSV: below it lies ink
