"""Every port of the table, on this machine: what answers there speaks the right protocol, and is the right one."""

from __future__ import annotations

import os
from collections.abc import Callable

import psutil

from devkit.base.loopback import listens
from devkit.checks import Problem, Skipped
from devkit.engines.ports import holders
from devkit.engines.site import Site
from devkit.model import Service, VerifySite

__all__ = ["check_debug_port", "check_port"]

_Ask = Callable[[VerifySite, Service], str]


def check_port(site: Site, name: str) -> str:
    """A service's port. Raises Problem with who answers instead."""
    service = site.service(name)
    if name in site.missing:
        raise Problem(
            f"{name} is not deployed in {site.table.namespace}",
            "tilt up builds and deploys it; or switch it off in tilt_config.json",
        )
    return _asked(site, service, site.port(name), service.type.verification.ask)


def check_debug_port(site: Site, name: str) -> str:
    """A service's debug port. Raises Problem with who answers instead, Skipped where debugging is off."""
    service, port = site.service(name), site.debug_port(name)
    ask = service.type.verification.debugger
    if port is None or ask is None:
        raise Skipped("debug is false in tilt_config.json")
    return _asked(site, service, port, ask)


def _asked(site: Site, service: Service, port: int, ask: _Ask) -> str:
    if not listens(port, 3):
        raise Problem(
            f"nothing listens on 127.0.0.1:{port}{_why(site, service)}", site.how_to_start(service.name)
        )
    try:
        return ask(site, service)
    except Problem as problem:
        message = problem.message if f":{port}" in problem.message else f"127.0.0.1:{port}: {problem.message}"
        holder = _holder(site, port, service)
        advice = f"stop it, or move the platform's ports ({site.move})" if holder else problem.advice
        raise Problem(f"{message}{holder}{_why(site, service)}", advice) from None


def _holder(site: Site, port: int, service: Service) -> str:
    """Another program that has the port, as far as this user may see it. The engine's own are none."""
    for holder in holders({port: service.name}):
        if holder.pid is None or holder.pid == os.getpid() or _is_engines(site, holder.pid):
            return ""
        return f"; the port is held by {holder.process} (pid {holder.pid})"
    return ""


def _is_engines(site: Site, pid: int) -> bool:
    """Whether it is a program of the engine, or below one."""
    try:
        process = psutil.Process(pid)
        return any(each.name().startswith(site.programs) for each in (process, *process.parents()))
    except psutil.Error:
        return False


def _why(site: Site, service: Service) -> str:
    why = site.why_down(service.name)
    return f"; {why}" if why else ""
