"""What is behind the character. Most grounds are colour only, as in many illustrations; some have lines."""

from .brush import Canvas
from .traits import Traits


def draw_background(canvas: Canvas, traits: Traits) -> None:
    """Paints the ground of the picture."""
