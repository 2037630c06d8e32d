"""What a character wears on the head and face."""

from .brush import Brush
from .traits import Traits


def draw_extras(head: Brush, body: Brush, traits: Traits) -> None:
    """Ribbons, hats, glasses and the like."""
