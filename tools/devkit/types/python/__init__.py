"""Type python: an ASGI service (FastAPI and its like) that is built from this repository."""

from __future__ import annotations

import keyword
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from devserve.process import Process

from devkit.model import (
    Build,
    Card,
    Container,
    Environment,
    Keys,
    Launch,
    LocalSite,
    Measured,
    Mistake,
    ProjectCheck,
    Scaffold,
    Service,
    ServiceType,
    Table,
    Verification,
    VerifySite,
)
from devkit.types.backend import REQUIRED, ROW, SPEAKS, TAKES, ask
from devkit.types.python.look_up import look_up
from devkit.types.ready import HttpReady

__all__ = ["PYTHON"]

_APP: dict[str, Any] = {
    "title": "ASGI application",
    "description": "`package.module:attribute`; `stock-service` has `stock_service.main:app` by default.",
    "type": "string",
    "pattern": r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$",
    "patternErrorMessage": "an application is written `package.module:attribute`",
}
_DOCKERFILE = "docker/service.Dockerfile"
# What it installs; the other locks are none of an image's business.
_LOCKS = ("requirements/services.txt", "requirements/debug.txt")
_FOLDER = Path(__file__).parent


def _app(name: str) -> dict[str, str]:
    return {"app": f"{name.replace('-', '_')}.main:app"}


def _rules(service: Service, _table: Table) -> Iterator[Mistake]:
    """Its package comes first in its process: it must not hide one of Python's own."""
    package = str(service.options["app"]).partition(":")[0].partition(".")[0]
    if package in sys.stdlib_module_names or keyword.iskeyword(package):
        message = f"`{service.name}` runs the package `{package}`, which is the name of a Python module"
        yield Mistake("reserved-name", message, "choose another name, or name another package with `app`", ())


def _checks(service: Service) -> tuple[ProjectCheck, ...]:
    """Tests beside the service's code; those of the platform are in tests/."""
    command = (sys.executable, "-m", "pytest", "-q")
    return (ProjectCheck(name=service.name, command=command, folder=f"{service.path}/tests"),)


def _build(service: Service) -> Build:
    return Build(
        dockerfile=service.dockerfile or _DOCKERFILE,
        only=(str(service.path), *service.shared, *_LOCKS, "tools/devserve"),
        sync=(service.code, *service.shared),
        args={"SOURCE": str(service.source)},
    )


def _alive(url: str) -> tuple[str, ...]:
    return ("python", "-c", f"import urllib.request as r; r.urlopen('{url}', timeout=4)")


def _local(service: Service, site: LocalSite) -> Process:
    path = tuple(site.root / folder for folder in (service.code, *service.libraries))
    start: dict[str, object] = {
        "app": service.options["app"],
        "port": site.port,
        "debug_port": site.debug_port,
        "path": [str(folder) for folder in path],
        "cwd": str(site.root),
    }
    ready = HttpReady(service.probes.ready if service.probes else "/")
    return Process(start=start, ready=ready, watch=path, forked=True)


def _launch(service: Service, port: str) -> tuple[Launch, ...]:
    if service.debug_port is None:
        return ()
    keys = {
        "type": "debugpy",
        "request": "attach",
        "connect": {"host": "127.0.0.1", "port": port},
        # `.` is the debugged process's own folder: /app in a container, the clone on the local engine.
        "pathMappings": [{"localRoot": "${workspaceFolder}", "remoteRoot": "."}],
        "subProcess": True,
    }
    return (Launch(f"Attach: {service.title}", keys, attaches=True),)


def _source(service: Service) -> str:
    module = str(service.options["app"]).partition(":")[0].replace(".", "/")
    return f"{service.code}/{module}.py"


def _debugger(site: VerifySite, service: Service) -> str:
    from devkit.types.dap import ask_debugger

    return ask_debugger(site, service)


PYTHON = ServiceType(
    name="python",
    about="our FastAPI service",
    group="backend",
    card=Card.SERVICE,
    folder=_FOLDER,
    keys=Keys(
        takes=(*TAKES, "source", "shared"),
        required=REQUIRED,
        specific={"app": _APP},
        folder=True,
        defaults=_app,
        rules=_rules,
    ),
    speaks_http=True,
    takes_webhooks=True,
    environment=Environment(
        configured=True, port_variable="APP_PORT", reserved=("DEBUG_PORT", "PROBE_PORT", "RESTART_POLICY"),
    ),
    container=Container(
        manifest="manifest.yaml.j2", build=_build, migrates=True, debug_signals=True, devserve=True, look_up=look_up,
        alive=_alive,
    ),
    local=_local,
    launch=_launch,
    sources=lambda service: (service.code,),
    verification=Verification(
        speaks=SPEAKS, ask=ask, debugger=_debugger, source=_source,
    ),
    measured=Measured(reload_overlaps=True),
    checks=_checks,
    scaffold=Scaffold(
        files=_FOLDER / "new",
        row=ROW,
        code="apps/__name__/src/__module__/main.py",
    ),
)  # fmt: skip
