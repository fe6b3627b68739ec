"""What CI has no minutes for: of many cases of one kind it takes a few, `./devkit test --crash` elsewhere all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import islice
from typing import TypeVar

__all__ = ["IN_CI", "a_few_in_ci"]

IN_CI = bool(os.environ.get("CI"))

_T = TypeVar("_T")


def a_few_in_ci(cases: Iterable[_T], few: int) -> list[_T]:
    """All; in CI the first ones."""
    return list(islice(cases, few if IN_CI else None))
