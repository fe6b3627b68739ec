"""Live sync: a changed file is loaded by the running service, and so is the file as it was."""

from __future__ import annotations

import time

from devkit.base.polling import attempts
from devkit.checks import Problem, Skipped
from devkit.engines.site import Site
from devkit.model import Service
from devkit.types.answers import END, alive, wait_ready

__all__ = ["check_sync", "process_identity"]

_SECONDS = 40.0
_EVERY = 0.02


def check_sync(site: Site, name: str) -> str:
    """A service loads its changed source, or tells its clients of the change."""
    service = site.service(name)
    asked = service.type.verification
    if asked.announces is not None:
        return asked.announces(site, service, lambda path: site.edited(name, path))
    assert asked.source is not None
    first = process_identity(site, service)
    began = time.monotonic()
    with site.edited(name, asked.source(service)) as edit:
        second = _next_process(site, service, {first}, "a changed file is not loaded")
        took = time.monotonic() - began
    if edit.put_back:
        _next_process(site, service, {first, second}, "the file was restored, but is not loaded")
    wait_ready(site, service, _SECONDS)
    return f"new code answers after {took:.3f} s; {END[edit.put_back]}"


def process_identity(site: Site, service: Service) -> str:
    """What differs from one process of a service to the next: when it started, else its pid.

    Raises Skipped when it says neither.
    """
    said = alive(site, service, 5)
    if "started" in said:
        return str(said["started"])
    if process := site.process(service.name):
        return process
    raise Skipped("its live probe does not say when it `started`, so a reload cannot be seen from outside")


def _next_process(site: Site, service: Service, known: set[str], problem: str) -> str:
    """Waits until another process answers. One that does not answer for a moment is on its way."""
    last = ""
    for _ in attempts(_SECONDS, _EVERY):
        try:
            if (now := process_identity(site, service)) not in known:
                return now
            last = ""
        except Problem as unanswered:
            last = f": {unanswered.message}"
    raise Problem(f"{problem} within {_SECONDS:g} s{last}")
