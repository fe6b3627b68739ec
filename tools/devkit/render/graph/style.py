"""Colours and fonts: one style sheet for light and dark. Nothing is told by colour alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["COLOURS", "STATES", "StateLook", "look_of", "sign_of", "style_sheet"]


@dataclass(frozen=True)
class StateLook:
    """How a state is drawn: a tone, the sign's path in a box from -4 to 4, the same as a character, whether it is filled."""

    tone: str
    path: str
    sign: str
    filled: bool = False


_CIRCLE = "M-4 0a4 4 0 1 1 8 0a4 4 0 1 1-8 0z"
_HALF = f"{_CIRCLE}M0-2V0H2"
_TRIANGLE = "M0-4L4.4 3.6H-4.4z"
_CROSS = "M-3.2-3.2L3.2 3.2M3.2-3.2L-3.2 3.2"
_SQUARE = "M-3.2-3.2H3.2V3.2H-3.2z"
_DASH = "M-4 0H4"

# The words of `devkit status`; a picture that knows another draws it as `off`.
STATES = {
    "ready": StateLook("good", _CIRCLE, "●", filled=True),
    "done": StateLook("good", _CIRCLE, "●", filled=True),
    "waiting": StateLook("busy", _HALF, "◔"),
    "preparing": StateLook("busy", _HALF, "◔"),
    "starting": StateLook("busy", _HALF, "◔"),
    "stopping": StateLook("busy", _SQUARE, "□"),
    "unready": StateLook("bad", _TRIANGLE, "△"),
    "crashed": StateLook("bad", _CROSS, "✕"),
    "stopped": StateLook("faint", _SQUARE, "□"),
    "off": StateLook("faint", _DASH, "–"),
}


def look_of(state: str) -> StateLook:
    """The look of a state's word."""
    return STATES.get(state, STATES["off"])


def sign_of(state: str) -> str:
    """A state's sign as one character."""
    return look_of(state).sign


# Selector → (property, light, dark)
COLOURS = {
    ".ground": ("fill", "#ffffff", "#0d1117"),
    ".panel": ("fill", "#f6f8fa", "#151b23"),
    ".face": ("fill", "#ffffff", "#212830"),
    ".rim": ("stroke", "#d1d9e0", "#3d444d"),
    ".firm": ("stroke", "#818b98", "#7d8590"),
    ".strong": ("fill", "#1f2328", "#f0f6fc"),
    ".text": ("fill", "#1f2328", "#f0f6fc"),
    ".soft": ("fill", "#59636e", "#9198a1"),
    ".calls": ("stroke", "#6e7781", "#848d97"),
    ".webhooks": ("stroke", "#8250df", "#ab7df8"),
    ".needs": ("stroke", "#6e7781", "#848d97"),
    ".tip": ("fill", "#6e7781", "#848d97"),
    ".good": ("stroke", "#1a7f37", "#3fb950"),
    ".busy": ("stroke", "#9a6700", "#d29922"),
    ".bad": ("stroke", "#d1242f", "#ff7b72"),
    ".faint": ("stroke", "#59636e", "#9198a1"),
    ".good.full": ("fill", "#1a7f37", "#3fb950"),
    "text.good": ("fill", "#1a7f37", "#3fb950"),
    "text.busy": ("fill", "#9a6700", "#d29922"),
    "text.bad": ("fill", "#d1242f", "#ff7b72"),
    "text.faint": ("fill", "#59636e", "#9198a1"),
}
_FIXED = """\
text{font-family:-apple-system,BlinkMacSystemFont,"Segoe UI","Noto Sans",Helvetica,Arial,sans-serif;stroke:none}
.name,.title{font-weight:600}
.heading{font-weight:600;letter-spacing:.02em}
.wire{fill:none;stroke-width:1.5}
.open{fill:none;stroke-width:1.5;stroke-linejoin:round;stroke-linecap:round}
.thin{fill:none;stroke-width:1.2}
text.good,text.busy,text.bad,text.faint{stroke:none}
.sign{stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round}
.hollow{fill:none}
.dashed{stroke-dasharray:4 3}"""


def style_sheet() -> str:
    """The text of the picture's one style element."""
    return "\n".join([*_rules(1), _FIXED, "@media (prefers-color-scheme:dark){", *_rules(2), "}"])


def _rules(which: int) -> Iterator[str]:
    for name, colours in COLOURS.items():
        yield f"{name}{{{colours[0]}:{colours[which]}}}"
