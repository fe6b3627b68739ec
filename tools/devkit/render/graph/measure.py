"""How wide text is, at the most: the reader's fonts are unknown here, so the widest usual one (DejaVu Sans) is assumed."""

from __future__ import annotations

__all__ = ["broken", "text_width"]

# Widths in thousandths of the font's size.
_NARROW, _USUAL, _CAPITAL, _WIDE, _FULL = 420, 640, 760, 1000, 1200
_CLASSES = dict.fromkeys("fijlrt.,:;'|!()[]-/ ·I", _NARROW) | dict.fromkeys("mwMW@%→", _WIDE)
_BOLD = 1.1


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """In px, never less than what a browser takes."""
    total = sum(_CLASSES.get(character) or _width(character) for character in text)
    return total * size / 1000 * (_BOLD if bold else 1)


def _width(character: str) -> int:
    return _FULL if ord(character) > 0x24F else _CAPITAL if character.isupper() else _USUAL


def broken(text: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    """The text in as many lines as `room` px need, broken after hyphens and spaces where possible."""
    lines: list[str] = []
    rest = text
    while text_width(rest, size, bold=bold) > room:
        fits = 1
        while fits < len(rest) and text_width(rest[: fits + 1], size, bold=bold) <= room:
            fits += 1
        seam = max(rest.rfind(sign, 0, fits) for sign in "- ") + 1
        cut = seam if seam > fits // 2 else fits
        lines.append(rest[:cut].rstrip(" "))
        rest = rest[cut:]
    return [*lines, rest]
