"""Users of this machine."""

from __future__ import annotations

__all__ = ["user_name"]


def user_name(uid: int) -> str | None:
    """Their name, None where the system knows none for the id."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None
