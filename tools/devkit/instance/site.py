"""A private instance as checks from outside see it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import ClassVar, NoReturn

from devkit.checks import Problem
from devkit.engines.site import Edit, Site

__all__ = ["PrivateSite"]


class PrivateSite(Site):
    """Nobody else uses it."""

    engine: ClassVar[str] = "local"
    move: ClassVar[str] = ""
    programs: ClassVar[tuple[str, ...]] = ("devkit:",)
    private: ClassVar[bool] = True
    patience: ClassVar[float] = 5.0

    def how_to_start(self, name: str) -> str:
        return f"{name} ended in the private instance"

    def why_down(self, name: str) -> str:
        del name
        return ""

    def process(self, name: str) -> str | None:
        del name
        return None

    def edited(self, name: str, path: str) -> AbstractContextManager[Edit]:
        del path
        self._refuse(name)

    def restart(self, name: str) -> Callable[[], str]:
        self._refuse(name)

    def _refuse(self, name: str) -> NoReturn:
        raise Problem(f"{name} is neither edited nor restarted in a private instance")
