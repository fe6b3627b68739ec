"""Why a set-up failed: what the words of pip, venv and the system mean, and what helps."""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

__all__ = ["AGAIN", "NAMED_PYTHON", "is_noexec", "no_execution", "of_error", "of_words"]

NAMED_PYTHON = "DEVKIT_PYTHON=/path/to/python3"
AGAIN = "run ./devkit again: it continues"
# What .venv takes, in MB.
_NEEDED = 450

_Cause = tuple[str, str]


def of_error(problem: OSError) -> _Cause:
    """The message and the fix for an error of the system."""
    return of_words(str(problem), None) or (f"cannot set up .venv: {problem}", f"fix that, then {AGAIN}")


def of_words(words: str, venv: Path | None) -> _Cause | None:
    """The same for what a program wrote; None for what is not known here."""
    for pattern, cause in _CAUSES:
        if found := re.search(pattern, words, re.IGNORECASE):
            return cause(found, venv)
    return None


def _full(found: re.Match[str], venv: Path | None) -> _Cause:
    cache = os.path.expanduser("~/.cache")  # noqa: PTH111 - Path raises where there is no home
    folders = [venv or Path.cwd(), Path(tempfile.gettempdir()), Path(cache)]
    if named := re.search(r"'(/[^']+)'", found.string[found.start() :]):
        folders.insert(0, Path(named[1]))
    there = [
        next(each for each in (folder, *folder.parents) if each.exists())
        for folder in folders
        if folder.is_absolute()
    ]
    fullest = min(there, key=lambda folder: shutil.disk_usage(folder).free)
    free = shutil.disk_usage(fullest).free / 2**20
    what = "the quota is used up" if "quota" in found[0].lower() else "the disk is full"
    return (
        f"{what}: {free:.0f} MB are free in {fullest}, and .venv takes about {_NEEDED} MB",
        f"free some space there, then {AGAIN}",
    )


def _said(message: str, fix: str) -> Callable[[re.Match[str], Path | None], _Cause]:
    return lambda found, _: (message.format(*found.groups()), f"{fix}; then {AGAIN}")


# The first that fits: what lies deepest comes first.
_CAUSES: tuple[tuple[str, Callable[[re.Match[str], Path | None], _Cause]], ...] = (
    (f"{os.strerror(errno.ENOSPC)}|{os.strerror(errno.EDQUOT)}", _full),
    (
        r"Read-only file system[^\n]*",
        _said("the file system is read-only: .venv cannot be written", "mount it writable, or clone elsewhere"),
    ),
    (
        r"(?:Function not implemented|Operation not (?:permitted|supported)): '[^'\n]+' -> ",
        _said(
            "the file system of this clone has no symbolic links (FAT and exFAT have none), which .venv needs",
            "move the clone to the system's own file system, such as a folder in your home",
        ),
    ),
    (
        r"Permission denied:? '([^'\n]+)'",
        _said("{0} cannot be written: permission denied", "make it yours (chown, chmod)"),
    ),
    (
        r"Configuration file could not be loaded[\s\S]*?'(/[^'\n]+)'|Configuration file could not be loaded|pip\.conf\b[^\n]*encoding",
        lambda found, _: (
            f"pip cannot read its configuration file {found[1] or ''}".rstrip(),
            f"correct it (`pip config debug` shows which there are); then {AGAIN}",
        ),
    ),
    (
        r"DO NOT MATCH THE HASHES",
        _said(
            "pip could not install the locked requirements: what the package index sent is not what the locks pin",
            "see which package above; ask who runs the index (PIP_INDEX_URL, pip.conf)",
        ),
    ),
    (
        r"TLS CA certificate bundle, invalid path: (\S+)",
        _said("the CA bundle {0} is not there", "correct PIP_CERT, REQUESTS_CA_BUNDLE or pip.conf"),
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLError",
        _said(
            "pip could not install the locked requirements: the package index's certificate is not trusted",
            "behind a proxy that re-signs TLS, set PIP_CERT to your CA bundle",
        ),
    ),
    (
        r"ProxyError|Tunnel connection failed|Proxy Authentication Required",
        _said(
            "pip could not install the locked requirements: the proxy refuses or does not answer",
            "see HTTPS_PROXY, or PIP_PROXY, and pip.conf",
        ),
    ),
    (
        r"name resolution|Name or service not known|NewConnectionError|Network is unreachable|ConnectTimeout|Read timed out",
        _said(
            "pip could not install the locked requirements: the package index does not answer",
            "see the network; behind a proxy set HTTPS_PROXY; PIP_INDEX_URL names another index",
        ),
    ),
    (
        r"\b(?:401|403) (?:Client )?Error",
        _said(
            "pip could not install the locked requirements: the package index refuses your access",
            "see the name and password in PIP_INDEX_URL, pip.conf or ~/.netrc",
        ),
    ),
    (
        r"satisfies the requirement (\S+) \(from versions: none\)",
        _said(
            "pip found no {0} at all: the package index does not answer, or does not have it",
            "see the network, PIP_INDEX_URL, PIP_NO_INDEX, PIP_PROXY and pip.conf",
        ),
    ),
    (
        r"No matching distribution found for (\S+)",
        _said(
            "the package index has no {0} for this Python",
            f"name another Python ({NAMED_PYTHON}), or another index (PIP_INDEX_URL, pip.conf)",
        ),
    ),
    (
        r"ensurepip is not available|No module named '?ensurepip",
        _said(
            "this Python cannot make environments: its ensurepip is missing",
            f"on Debian and Ubuntu apt install python3-venv, or name another Python: {NAMED_PYTHON}",
        ),
    ),
)  # fmt: skip


def is_noexec(folder: Path) -> bool:
    """Whether nothing in a folder can be executed, nor loaded as a library, because it is mounted so."""
    flag = getattr(os, "ST_NOEXEC", 0)  # macOS does not say it
    try:
        return bool(os.statvfs(folder).f_flag & flag)
    except OSError:
        return False


def no_execution(folder: Path) -> _Cause:
    """What to say then."""
    # Not by is_mount(): a folder that is bound to another of the same file system does not look like one.
    held = [each for each in (folder, *folder.parents) if each.exists()]
    mount = next((before for before, each in pairwise(held) if not is_noexec(each)), held[-1])
    return (
        f"{mount} is mounted noexec: the libraries in {folder} cannot be loaded from there",
        f"clone to another file system, or mount it with exec (mount -o remount,exec {mount})",
    )
