"""KUBECONFIG names files that exist."""

from __future__ import annotations

import os
from pathlib import Path

from devkit.checks import Problems, Skipped, check, note, warning
from devkit.doctor.facts.files import there
from devkit.doctor.machine import Machine


@check("environment.kubeconfig", __doc__, engine="tilt")
def run(machine: Machine) -> str:
    """Raises Problems: a warning for files that are not there, which kubectl silently ignores, and for relative ones."""
    listed = [part for part in machine.environ.get("KUBECONFIG", "").split(os.pathsep) if part.strip()]
    if not listed:
        raise Skipped("it is not set: ~/.kube/config is used")
    problems = []
    absent = [part for part in listed if not there(machine, part).is_file]
    if len(absent) == len(listed):
        raise Skipped("none of its files exists: see cluster.context")
    if absent:
        problems.append(
            warning(
                f"KUBECONFIG names {', '.join(map(_short, absent))}, which {'is not a file' if len(absent) == 1 else 'are not files'}: "
                "kubectl ignores it silently",
                "correct it, or unset KUBECONFIG to use ~/.kube/config",
                part="missing",
            )
        )
    if relative := [part for part in listed if part not in absent and not _is_whole(machine, part)]:
        problems.append(
            note(
                f"KUBECONFIG names {', '.join(map(_short, relative))} without its folder: it works in one folder only",
                "write an absolute path",
                part="relative",
            )
        )
    if problems:
        raise Problems(problems)
    return f"{len(listed)} file{'s' if len(listed) > 1 else ''}"


def _is_whole(machine: Machine, part: str) -> bool:
    # A recorded machine's `~` is the home folder; a shell's would be a folder of that name.
    return Path(part).is_absolute() or (machine.record.replayed is not None and part.startswith(("~", "<")))


def _short(path: str) -> str:
    text = " ".join(path.split())
    return text if len(text) <= 80 else f"{text[:40]}…{text[-30:]}"
