"""What a shell says to Python is meant for another one than `.venv`'s: it is put aside, and so reaches nothing that devkit
starts."""

from __future__ import annotations

import os

__all__ = ["set_aside", "shell_environment"]

# They change where Python looks for modules, how it begins, or what it makes of the code. The others (PYTHONWARNINGS,
# PYTHONDONTWRITEBYTECODE, PYTHONBREAKPOINT …) are the developer's wish for whatever runs.
_NAMES = (
    "PYTHONHOME", "PYTHONPATH", "PYTHONSAFEPATH", "PYTHONPLATLIBDIR", "PYTHONSTARTUP", "PYTHONUSERBASE",
    "PYTHONEXECUTABLE", "PYTHONINSPECT", "PYTHONOPTIMIZE", "PYTHONCASEOK", "__PYVENV_LAUNCHER__",
    "VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT", "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "CONDA_PYTHON_EXE",
)  # fmt: skip
_aside: dict[str, str] = {}


def set_aside() -> None:
    """Takes them out of this process's environment."""
    _aside.update({name: os.environ.pop(name) for name in _NAMES if name in os.environ})


def shell_environment() -> dict[str, str]:
    """The environment as the shell has it, for whoever looks at that: doctor."""
    return {**os.environ, **_aside}
