"""A secret of white space alone looks set and protects nothing: it is a mistake wherever it stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from devkit.base.errors import DevkitError, ExitCode

__all__ = ["is_white", "refuse_white"]


def is_white(value: str) -> bool:
    """Whether a value is there and holds nothing but white space."""
    return bool(value) and not value.strip()


def refuse_white(
    values: Mapping[str, str], lines: Mapping[str, int], names: Collection[str], file: str
) -> None:
    """Raises DevkitError (exit 2) for the first of `names` whose value is white space, with its line."""
    for name, value in values.items():
        if name in names and is_white(value):
            raise DevkitError(
                f"{file}:{lines[name]}: {name} is white space only",
                fix=f"./devkit secrets set {name}, or delete the line if none is wanted",
                exit_code=ExitCode.USAGE,
            )
