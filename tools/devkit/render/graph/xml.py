"""Text in XML."""

from __future__ import annotations

from html import escape

__all__ = ["xml_text"]


def xml_text(text: str) -> str:
    """The text for an element or an attribute in double quotes; what XML cannot hold becomes a space."""
    return escape("".join(character if character.isprintable() else " " for character in text))
