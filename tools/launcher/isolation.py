"""What the programs that set up .venv get of the shell: nothing that is meant for another Python or another pip."""

from __future__ import annotations

import ast
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from launcher.causes import of_words
from launcher.say import fail

__all__ = ["clean", "pip_environment"]

# Of pip's settings, those that say where packages come from and by which way. All others say how and where to install, and
# that is devkit's to say: with `target` or `user` set, nothing would ever arrive in .venv.
_KEPT = frozenset(
    {
        "index-url", "pypi-url", "extra-index-url", "no-index", "find-links", "trusted-host", "cert", "client-cert",
        "proxy", "timeout", "default-timeout", "retries", "resume-retries", "cache-dir", "no-cache-dir",
        "keyring-provider", "use-feature", "use-deprecated",
    }
)  # fmt: skip
_SETTING = re.compile(r"^(?P<section>[^\s=]+?)\.(?P<name>[^\s=.]+)=(?P<value>.+)$", re.MULTILINE)
_OURS = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_CONFIG_FILE": os.devnull}


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without anything for Python or pip."""
    ours = ("PYTHON", "PIP_", "__PYVENV", "VIRTUAL_ENV")
    return {name: value for name, value in environ.items() if not name.startswith(ours)}


def pip_environment(python: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """What `python -m pip` gets: of its variables and configuration files only what is kept, as variables (addresses may
    carry passwords, which do not belong in arguments), and no file besides.

    Ends the program when pip cannot read its configuration.
    """
    # Of the variables, too, no others: one that pip cannot understand would end this call.
    named = {_variable(name) for name in _KEPT} | {"PIP_CONFIG_FILE"}
    asked = clean(environ) | {name: value for name, value in environ.items() if name in named}
    asked |= {"PIP_QUIET": "0", "PIP_VERBOSE": "0"}  # a file may ask for silence
    command = [str(python), "-E", "-s", "-m", "pip", "--disable-pip-version-check", "config", "list"]
    done = subprocess.run(command, env=asked, capture_output=True, text=True, errors="replace")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        message, fix = of_words(done.stderr, None) or (
            f"pip does not tell its settings: {last}",
            "see pip.conf",
        )
        fail(message, fix)
    settings: dict[str, dict[str, str]] = {}
    for found in _SETTING.finditer(done.stdout):
        value = str(ast.literal_eval(found["value"]))
        if value.strip():  # pip passes over what is empty
            settings.setdefault(found["section"], {})[found["name"]] = " ".join(value.split())
    # As pip itself: of a file what is for its command before what is for all, and variables before files.
    merged = settings.get("global", {}) | settings.get("install", {}) | settings.get(":env:", {})
    kept = {_variable(name): value for name, value in merged.items() if name in _KEPT}
    if _homeless(environ) and not {"PIP_CACHE_DIR", "XDG_CACHE_HOME"} & (kept.keys() | environ.keys()):
        kept["PIP_NO_CACHE_DIR"] = "1"  # it would be a folder called `~` here
    return clean(environ) | kept | _OURS


def _variable(setting: str) -> str:
    return f"PIP_{setting.upper().replace('-', '_')}"


def _homeless(environ: Mapping[str, str]) -> bool:
    return not environ.get("HOME") and os.path.expanduser("~") == "~"  # noqa: PTH111 - Path raises instead
