"""Type go: an HTTP service in Go that is built from this repository."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from devserve.process import Process

from devkit.model import (
    Absent,
    Build,
    Card,
    Container,
    Environment,
    Keys,
    Launch,
    LocalSite,
    ProjectCheck,
    Scaffold,
    Service,
    ServiceType,
    Verification,
    VerifySite,
)
from devkit.types.backend import REQUIRED, ROW, SPEAKS, TAKES, ask
from devkit.types.go.build import GoBuild
from devkit.types.ready import HttpReady

__all__ = ["GO"]

_FOLDER = Path(__file__).parent
_PACKAGE: dict[str, Any] = {
    "title": "Main package",
    "description": "The package that is compiled, as a folder below `path`: `.` by default, `./cmd/server`.",
    "type": "string",
    "pattern": r"^\.(/[A-Za-z0-9_-][\w.-]*)*$",
    "patternErrorMessage": "a package is a folder that begins with a dot: `.`, `./cmd/server`",
}
_MODULE: dict[str, Any] = {
    "title": "Module",
    "description": "The module's path as in go.mod, by which the debugger knows its files; the service's name by default.",
    "type": "string",
    "pattern": r"^[A-Za-z0-9][\w.~-]*(/[\w.~-]+)*$",
    "patternErrorMessage": "a module is named as in go.mod: `example.org/stock-service`",
}


def _defaults(name: str) -> dict[str, str]:
    return {"package": ".", "module": name}


def _build(service: Service) -> Build:
    folder = str(service.path)
    return Build(
        dockerfile=service.dockerfile or _FOLDER / "Dockerfile",
        only=(folder,),
        sync=(folder,),
    )


def _values(service: Service) -> dict[str, object]:
    return {"package": service.options["package"]}


def _local(service: Service, site: LocalSite) -> Process | Absent:
    go = shutil.which("go")
    if go is None:
        return Absent(f"Go is not on PATH: {service.name} does not run, everything else does")
    folder = site.root / str(service.path)
    if not (folder / "go.mod").is_file():
        return Absent(f"{service.path}/go.mod is missing: {service.name} does not run")
    binary = site.state / "build" / service.name
    debugged = site.debug_port is not None
    argv = [str(binary)]
    if debugged:
        argv = [sys.executable, "-I", str(_FOLDER / "run.py"), str(site.debug_port), str(binary)]
    return Process(
        start={"argv": argv, "cwd": str(folder)},
        waiting={"argv": [*argv, "--wait"]} if debugged else {},
        ready=HttpReady(service.probes.ready if service.probes else "/"),
        watch=(folder,),
        prepare=GoBuild(go, folder, str(service.options["package"]), binary, debugged),
    )


def _launch(service: Service, port: str) -> tuple[Launch, ...]:
    if service.debug_port is None:
        return ()
    keys = {
        "type": "go",
        "debugAdapter": "dlv-dap",
        "request": "attach",
        "mode": "remote",
        "host": "127.0.0.1",
        "port": port,
        # Built with -trimpath on either engine, the program knows its sources by their module.
        "substitutePath": [
            {"from": f"${{workspaceFolder}}/{service.path}", "to": str(service.options["module"])}
        ],
    }
    return (Launch(f"Attach: {service.title}", keys, attaches=True),)


def _debugger(site: VerifySite, service: Service) -> str:
    from devkit.types.go.ask import ask_delve

    return ask_delve(site, service)


def _source(service: Service) -> str:
    """Any Go file will do: a change of it recompiles the program."""
    package = str(service.options["package"]).removeprefix(".").strip("/")
    return "/".join(filter(None, (str(service.path), package, "main.go")))


def _checks(service: Service) -> tuple[ProjectCheck, ...]:
    folder = str(service.path)
    return tuple(
        ProjectCheck(
            name=f"{service.name} {what}", command=("go", what, "./..."), folder=folder, programs=("go",)
        )
        for what in ("vet", "test")
    )


GO = ServiceType(
    name="go",
    about="our Go service",
    group="backend",
    card=Card.SERVICE,
    folder=_FOLDER,
    keys=Keys(
        takes=TAKES,
        required=REQUIRED,
        specific={"package": _PACKAGE, "module": _MODULE},
        folder=True,
        defaults=_defaults,
    ),
    speaks_http=True,
    takes_webhooks=True,
    environment=Environment(
        configured=True, port_variable="APP_PORT", reserved=("APP_HOST", "DEBUG_PORT", "GO_PACKAGE"),
    ),
    container=Container(manifest="manifest.yaml.j2", values=_values, build=_build),
    local=_local,
    launch=_launch,
    extensions=("golang.go",),
    verification=Verification(
        speaks=SPEAKS, ask=ask, debugger=_debugger, source=_source,
    ),
    runs_on=("go",),
    checks=_checks,
    scaffold=Scaffold(
        files=_FOLDER / "new",
        row=ROW,
        code="apps/__name__/main.go",
    ),
)  # fmt: skip
