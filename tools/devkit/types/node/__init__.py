"""Type node: an HTTP service in Node.js that is built from this repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from devserve.process import Process

from devkit.base.errors import DevkitError
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
from devkit.types.node.look_up import look_up
from devkit.types.npm import NpmInstall, node_program
from devkit.types.ready import HttpReady

__all__ = ["NODE"]

_FOLDER = Path(__file__).parent
_PART = r"[A-Za-z0-9_][\w.-]*"
_MAIN: dict[str, Any] = {
    "title": "Main module",
    "description": "The file that Node.js runs, in a folder below `path`: `src/main.js` by default.",
    "type": "string",
    "pattern": rf"^{_PART}(/{_PART})*/{_PART}\.[cm]?js$",
    "patternErrorMessage": "a main module is a .js, .mjs or .cjs file in a folder: `src/main.js`",
}


def _main(service: Service) -> str:
    return str(service.options["main"])


def _source(service: Service) -> str:
    """The folder with the code, below the service's own: a save there restarts the service, one beside it does not."""
    return _main(service).partition("/")[0]


def _build(service: Service) -> Build:
    return Build(
        dockerfile=service.dockerfile or _FOLDER / "Dockerfile",
        only=(str(service.path),),
        sync=(f"{service.path}/{_source(service)}",),
    )


def _alive(url: str) -> tuple[str, ...]:
    return ("node", "-e", f"fetch('{url}').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))")


def _local(service: Service, site: LocalSite) -> Process | Absent:
    folder = site.root / str(service.path)
    try:
        node = node_program()
    except DevkitError as problem:
        return Absent(f"{problem.message}: {service.name} does not run, everything else does")
    package, lock = folder / "package.json", folder / "package-lock.json"

    def argv(inspect: str) -> list[str]:
        # Loopback alone: whoever reaches this port runs code as this user.
        options = [f"--{inspect}=127.0.0.1:{site.debug_port}"] if site.debug_port else []
        return [node, *options, _main(service)]

    return Process(
        start={"argv": argv("inspect"), "cwd": str(folder)},
        waiting={"argv": argv("inspect-wait")},
        ready=HttpReady(service.probes.ready if service.probes else "/"),
        watch=(folder / _source(service), package, lock),
        prepare=NpmInstall(folder) if lock.is_file() else None,
    )


def _values(service: Service) -> dict[str, object]:
    inspect = [f"--inspect=127.0.0.1:{service.debug_port}"] if service.debug_port else []
    return {"command": ["node", "/opt/dev.mjs", _source(service), *inspect, _main(service)]}


def _launch(service: Service, port: str) -> tuple[Launch, ...]:
    """One entry an engine: the editor maps one folder, and takes a file outside `remoteRoot` for none of the clone's."""
    if service.debug_port is None:
        return ()
    keys = {
        "type": "node",
        "request": "attach",
        "address": "127.0.0.1",
        "port": port,
        "restart": True,
        "skipFiles": ["<node_internals>/**"],
    }
    roots = {"localRoot": f"${{workspaceFolder}}/{service.path}", "remoteRoot": f"/app/{service.path}"}
    return (
        Launch(f"Attach: {service.title}", keys, attaches=True),
        Launch(f"Attach: {service.title} in Kubernetes", keys | roots),
    )


def _debugger(site: VerifySite, service: Service) -> str:
    from devkit.types.node.ask import ask_inspector

    return ask_inspector(site, service)


def _checks(service: Service) -> tuple[ProjectCheck, ...]:
    folder = str(service.path)
    return (ProjectCheck(name=service.name, command=("node", "--test"), folder=folder, programs=("node",)),)


NODE = ServiceType(
    name="node",
    about="our Node.js service",
    group="backend",
    card=Card.SERVICE,
    folder=_FOLDER,
    keys=Keys(
        takes=TAKES,
        required=REQUIRED,
        specific={"main": _MAIN},
        folder=True,
        defaults=lambda _: {"main": "src/main.js"},
    ),
    speaks_http=True,
    takes_webhooks=True,
    environment=Environment(configured=True, port_variable="APP_PORT", reserved=("APP_HOST", "RESTART_POLICY")),
    container=Container(
        manifest="manifest.yaml.j2", values=_values, build=_build, debug_signals=True, look_up=look_up,
        alive=_alive,
    ),
    local=_local,
    launch=_launch,
    verification=Verification(
        speaks=SPEAKS,
        ask=ask,
        debugger=_debugger,
        source=lambda service: f"{service.path}/{_main(service)}",
    ),
    runs_on=("node",),
    checks=_checks,
    scaffold=Scaffold(
        files=_FOLDER / "new",
        row=ROW,
        code="apps/__name__/src/main.js",
    ),
)  # fmt: skip
