"""Tilt itself: where it is, whether it runs for this clone, what it says of its resources."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.loopback import listens

__all__ = [
    "INSTALL",
    "Resource",
    "find_tilt",
    "last_lines",
    "page_port",
    "resources",
    "runs_here",
    "tilt",
    "tiltfile_arguments",
]

INSTALL = "https://docs.tilt.dev/install.html"
_DEFAULT_PORT = 10350
# Tilt's trigger modes that do not start a resource with the rest.
_NOT_BY_ITSELF = (2, 3)


@dataclass(frozen=True)
class Resource:
    """One resource as Tilt sees it. `update` and `runtime` are Tilt's words: ok, pending, in_progress, error,
    none, not_applicable; `by_hand` when it starts only when told; `problem` is the last build's error, or what it or its pod
    waits for; `forwards` are its ports on this machine by their names in the Tiltfile."""

    name: str
    update: str
    runtime: str
    enabled: bool
    by_hand: bool
    problem: str
    waits_for: tuple[str, ...] = ()
    forwards: Mapping[str, int] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether it will not come up without a change."""
        return "error" in (self.update, self.runtime)

    @property
    def settled(self) -> bool:
        """Whether nothing more is to be expected of it."""
        waiting = ("pending", "in_progress")
        if not self.enabled or (self.by_hand and self.update == "none"):
            return True
        return self.failed or (self.update not in waiting and self.runtime not in waiting)


def find_tilt() -> str | None:
    """The program, None when it is not installed."""
    return shutil.which("tilt")


def tilt() -> str:
    """The program. Raises DevkitError (exit 3) when it is not installed."""
    found = find_tilt()
    if found is None:
        raise DevkitError(
            "tilt is not installed", fix=f"{INSTALL}; or run without it: ./devkit up --engine local",
            exit_code=ExitCode.TOOL_MISSING,
        )  # fmt: skip
    return found


def page_port(environ: Mapping[str, str] = os.environ) -> int:
    """Where Tilt's UI and API listen: TILT_PORT, as Tilt itself reads it, else 10350."""
    given = environ.get("TILT_PORT", "")
    return int(given) if given.isdecimal() else _DEFAULT_PORT


def runs_here(root: Path) -> bool:
    """Whether a Tilt on this machine's port runs this clone's Tiltfile."""
    if not listens(page_port(), 0.5) or find_tilt() is None:
        return False
    found = _get("tiltfile", "(Tiltfile)")
    path = (found or {}).get("spec", {}).get("path", "")
    return bool(path) and Path(path).resolve() == (root / "Tiltfile").resolve()


def tiltfile_arguments() -> list[str]:
    """What the running Tiltfile was given behind `--`, at the start or by `tilt args`."""
    found = _get("tiltfile", "(Tiltfile)") or {}
    return [str(each) for each in found.get("spec", {}).get("args") or ()]


def resources() -> list[Resource]:
    """Every resource of the running Tilt, in the Tiltfile's order. Empty when it does not answer."""
    items = (_get("uiresource") or {}).get("items", [])
    return [
        _resource(item) for item in sorted(items, key=lambda item: item.get("status", {}).get("order", 0))
    ]


def last_lines(name: str, count: int) -> list[str]:
    """What a resource's build and pod wrote last, as far as Tilt remembers it."""
    command = [tilt(), "logs", "--port", str(page_port()), "--tail", str(count), name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, errors="replace")
    except subprocess.TimeoutExpired:
        return []
    return [line.rstrip() for line in done.stdout.splitlines() if line.strip()][-count:]


def _resource(item: dict[str, Any]) -> Resource:
    status = item.get("status", {})
    history = status.get("buildHistory") or [{}]
    waiting = status.get("waiting") or {}
    about = status.get("k8sResourceInfo") or {}
    pod = about.get("podStatusMessage") or about.get("podStatus") or ""
    on = tuple(str(other.get("name", "")) for other in waiting.get("on") or [])
    links = [
        (link.get("name", ""), urlsplit(link.get("url", ""))) for link in status.get("endpointLinks") or []
    ]
    held = f"waits for {', '.join(on)}" if on else ""
    return Resource(
        name=item["metadata"]["name"],
        update=status.get("updateStatus") or "none",
        runtime=status.get("runtimeStatus") or "not_applicable",
        enabled=(status.get("disableStatus") or {}).get("state") != "Disabled",
        by_hand=status.get("triggerMode", 0) in _NOT_BY_ITSELF,
        problem=str(history[0].get("error") or held or waiting.get("reason") or pod),
        waits_for=on,
        forwards={name: url.port for name, url in links if name and url.port},
    )


def _get(*what: str) -> dict[str, Any] | None:
    command: Sequence[str] = [tilt(), "get", *what, "--output", "json", "--port", str(page_port())]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
        found: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return found if done.returncode == 0 else None
