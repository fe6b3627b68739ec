"""Type vite: a page that Vite serves, with hot module replacement."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

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
    Measured,
    Mistake,
    ProjectCheck,
    Service,
    ServiceType,
    Table,
    Verification,
    VerifySite,
)
from devkit.model.service_type import Edited
from devkit.types.npm import NpmInstall, node_program
from devkit.types.ready import HttpReady

__all__ = ["VITE"]

_FOLDER = Path(__file__).parent
# Of a path that Vite serves from as it is; from another it serves by a link (serve.mjs).
_PLAIN = re.compile(r"[\w/ .,=+@~-]+")
_BROWSERS = {"Chrome": "chrome", "Edge": "msedge"}
_BROWSER_PORT = 9222


def _rules(service: Service, _table: Table) -> Iterator[Mistake]:
    """A page is given only what begins with VITE_: everybody who opens it can read that."""
    for name in service.env:
        if not name.startswith("VITE_"):
            message = f"a page never sees `{name}`: it is given only names that begin with VITE_, which everybody can read"
            yield Mistake("page-variable", message, f"call it `VITE_{name}`", ("env", name), at_key=True)


def _build(service: Service) -> Build:
    folder = str(service.path)
    return Build(
        dockerfile=service.dockerfile or "docker/web.Dockerfile",
        only=(folder,),
        sync=(service.code, f"{folder}/public", f"{folder}/index.html"),
    )


def _image(service: Service, prefix: str) -> str:
    """The page's staging image carries built files and a web server; this one carries Vite."""
    return f"{prefix}-{service.name}-dev"


def _alive(url: str) -> tuple[str, ...]:
    """The image has nginx and a shell, and nothing that speaks HTTP as a client."""
    at = urlsplit(url)
    ask = f"printf 'HEAD {at.path} HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ code _ <&3 && [ \"$code\" = 200 ]"
    return ("bash", "-c", f"exec 3<>/dev/tcp/{at.hostname}/{at.port} && {ask} # {url}")


def _local(service: Service, site: LocalSite) -> Process | Absent:
    folder = site.root / str(service.path)
    try:
        node = node_program()
    except DevkitError as problem:
        return Absent(f"{problem.message}: the page does not run, everything else does")
    lock = folder / "package-lock.json"
    if not lock.is_file():
        return Absent(f"{service.path}/package-lock.json is missing: the page does not run")
    return Process(
        start={"argv": _vite(node, folder, site.port), "cwd": str(folder)},
        ready=HttpReady(service.probes.ready if service.probes else "/"),
        watch=(lock,),
        prepare=NpmInstall(folder),
    )


def _vite(node: str, folder: Path, port: int) -> list[str]:
    if _PLAIN.fullmatch(str(folder)):
        vite = folder / "node_modules" / "vite" / "bin" / "vite.js"
        options = ["--host", "127.0.0.1", "--port", str(port), "--strictPort", "--clearScreen", "false"]
        return [node, str(vite), *options]
    return [node, "--preserve-symlinks", "--preserve-symlinks-main", str(_FOLDER / "serve.mjs"), str(port)]


def _launch(service: Service, _port: str) -> tuple[Launch, ...]:
    """Vite serves a module under its path in the page's folder (`/src/…`), so that folder is the root of the web."""
    url, root = f"http://localhost:{service.port}", f"${{workspaceFolder}}/{service.path}"
    open_ = tuple(
        Launch(
            f"Browser: {service.title} in {browser}",
            {"type": kind, "request": "launch", "url": url, "webRoot": root},
        )
        for browser, kind in _BROWSERS.items()
    )
    # One port, one protocol: what attaches to Chrome attaches to Edge as well.
    attach = {
        "type": "chrome",
        "request": "attach",
        "port": _BROWSER_PORT,
        "urlFilter": f"{url}/*",
        "webRoot": root,
    }
    return (*open_, Launch(f"Browser: attach to {service.title}", attach))


def _ask(site: VerifySite, service: Service) -> str:
    from devkit.types.vite.ask import ask_page

    return ask_page(site, service)


def _announces(site: VerifySite, service: Service, edited: Edited) -> str:
    from devkit.types.vite.news import announced_change

    return announced_change(site, service, edited)


def _checks(service: Service) -> tuple[ProjectCheck, ...]:
    folder = str(service.path)
    return (
        ProjectCheck(
            name=service.name,
            command=("npm", "run", "--silent", "check"),
            folder=folder,
            programs=("node", "npm"),
            prepare=lambda root: NpmInstall(root / folder),
            lacks=lambda root: "a clone without # in its path (Vitest)" if "#" in str(root) else None,
        ),
    )


VITE = ServiceType(
    name="vite",
    about="our page",
    group="frontend",
    card=Card.PAGE,
    folder=_FOLDER,
    keys=Keys(
        takes=(
            "probes",
            "needs",
            "calls",
            "env",
            "path",
            "source",
            "dockerfile",
            "restart",
            "stand_in",
            "mesh",
            "sticky_cookie",
        ),
        folder=True,
        rules=_rules,
    ),
    speaks_http=True,
    environment=Environment(in_browser=True),
    container=Container(
        manifest="manifest.yaml.j2", image=_image, build=_build, waits_for_calls=True, alive=_alive
    ),
    local=_local,
    launch=_launch,
    verification=Verification(speaks="this page, and Vite's client", ask=_ask, announces=_announces),
    runs_on=("node",),
    measured=Measured(same_in_staging=False),
    checks=_checks,
)
