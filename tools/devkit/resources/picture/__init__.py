"""An observation as one SVG: bars against what the table asks for, and how it went over time."""

from devkit.resources.picture.page import draw

__all__ = ["draw"]
