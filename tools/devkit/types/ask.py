"""What comes of asking a running service, said by the one who asks."""

from __future__ import annotations

__all__ = ["Failed", "Skipped"]


class Failed(Exception):
    """What is wrong, and the fix, fit to be shown."""

    def __init__(self, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


class Skipped(Exception):
    """Why there is nothing to check here."""
