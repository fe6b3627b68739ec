"""Docker: which daemon the docker command and Tilt would use, and what it says of itself."""

from __future__ import annotations

import errno
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from devkit.base.errors import DevkitError
from devkit.checks import Problem, Skipped
from devkit.cluster.containers import docker_host, is_local_docker
from devkit.cluster.endpoint import parse_server
from devkit.cluster.kubeconfig import shown
from devkit.doctor.facts.context import product
from devkit.doctor.facts.files import there
from devkit.doctor.facts.rancher import setting
from devkit.doctor.machine import Machine, observed
from devkit.doctor.masked import masked_url

__all__ = [
    "Daemon",
    "Json",
    "beside",
    "config",
    "config_file",
    "daemon",
    "info",
    "others",
    "processor",
    "unanswered",
    "unreachable",
    "version",
]

Json = Mapping[str, Any]
INSTALL = "https://docs.docker.com/engine/install/"
_DEFAULT = "/var/run/docker.sock"
_BY_DEFAULT = "the default socket"
_SECONDS = 3.0
# What is kept of docker's settings, and what is not kept of what a daemon says of itself.
_SETTINGS = ("currentContext", "credsStore", "credHelpers")
_PRIVATE = ("HttpProxy", "HttpsProxy", "NoProxy", "RegistryConfig", "Labels", "Swarm", "Plugins")
# Products that keep a socket in the home folder, the context that they make for it, and where it is.
_SOCKETS = (
    ("Rancher Desktop", "rancher-desktop", ".rd/docker.sock"),
    ("Docker Desktop", "desktop-linux", ".docker/run/docker.sock"),
    ("Docker Desktop", "desktop-linux", ".docker/desktop/docker.sock"),
    ("OrbStack", "orbstack", ".orbstack/run/docker.sock"),
    ("Colima", "colima", ".colima/default/docker.sock"),
)
_STARTED_BY = {
    "Docker Desktop": "start Docker Desktop",
    "OrbStack": "start OrbStack: orb start",
    "Colima": "start Colima: colima start",
}


@dataclass(frozen=True)
class Daemon:
    """The one that would be used. `url` as docker takes it; `why` says what names it; `known` is false for a context
    that nothing describes."""

    url: str
    why: str
    known: bool = True

    @property
    def socket(self) -> str | None:
        """The path of its socket, None for another kind of address."""
        return _socket(self.url)

    @property
    def local(self) -> bool:
        """Whether it is a socket or pipe of this machine."""
        return is_local_docker(self.url)


def _socket(url: str) -> str | None:
    return url.removeprefix("unix://") if url.startswith("unix://") else None


def config_file(machine: Machine) -> Path:
    """Where docker's own settings are."""
    return Path(machine.environ.get("DOCKER_CONFIG") or machine.home / ".docker") / "config.json"


def config(machine: Machine) -> Json:
    """docker's own settings; empty when there are none. Raises Problem when they cannot be read."""
    return _config(machine)


@observed("docker config.json")
def _config(machine: Machine) -> dict[str, Any]:
    """Without what it holds of credentials."""
    path = config_file(machine)
    try:
        found = json.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        return {}
    except OSError as problem:
        raise Problem(
            f"{shown(path)} cannot be read: {problem.strerror}", f"chmod u+r {shown(path)}"
        ) from None
    except (ValueError, RecursionError) as problem:
        line = f":{problem.lineno}" if isinstance(problem, json.JSONDecodeError) else ""
        raise Problem(
            f"{shown(path)}{line} is not JSON: docker ignores all of it",
            "correct it, or start over with {}",
        ) from None
    if not isinstance(found, dict):
        raise Problem(f"{shown(path)} holds no JSON object: docker ignores it", "start over with {}")
    return {key: found[key] for key in _SETTINGS if key in found}


def daemon(machine: Machine) -> Daemon:
    """Which daemon: by DOCKER_HOST, else by a context, else the default socket. Nothing is asked but files."""
    url = _host(machine)
    if machine.environ.get("DOCKER_HOST"):
        return Daemon(url, "DOCKER_HOST")
    try:
        current = str(machine.fact(config).get("currentContext") or "")
    except Problem:
        current = ""
    name = machine.environ.get("DOCKER_CONTEXT") or current
    if name in ("", "default"):
        return Daemon(url or f"unix://{_DEFAULT}", _BY_DEFAULT)
    named = bool(machine.environ.get("DOCKER_CONTEXT"))
    by = "DOCKER_CONTEXT" if named else f"currentContext in {shown(config_file(machine))}"
    known = url not in ("", f"context {name}")
    return Daemon(url, f"context {' '.join(name.split())[:60]} ({by})", known)


@observed("docker host")
def _host(machine: Machine) -> str:
    """The daemon that docker would talk to, as a URL; empty for the default socket."""
    return docker_host(machine.environ, machine.home)


def beside(machine: Machine, url: str) -> bool:
    """Whether a daemon is in a virtual machine of this one: minikube's own Docker, or a port on loopback."""
    endpoint = parse_server(url.replace("tcp://", "https://", 1)) if url.startswith("tcp://") else None
    if endpoint is None:
        return False
    try:
        return endpoint.is_loopback or (endpoint.is_private and machine.fact(product) == "minikube")
    except DevkitError:
        return endpoint.is_loopback


def unanswered(machine: Machine) -> str | None:
    """The check that tells why this machine's Docker does not answer. None: it does, or there is nobody to ask it."""
    found = machine.fact(daemon)
    if not found.known or not (found.local or beside(machine, found.url)):
        return "docker.context"
    try:
        machine.fact(version)
    except Problem:
        return "docker.running"
    except Skipped:
        return None
    return None


def version(machine: Machine) -> Json:
    """What the daemon says of its versions (`GET /version` of its API). Raises Problem that tells why it does not."""
    return _get(machine, "/version", "ApiVersion")


def info(machine: Machine) -> Json:
    """What the daemon says of itself (`GET /info`). Raises Problem."""
    return _get(machine, "/info", "ID")


def _get(machine: Machine, path: str, expected: str) -> Json:
    found = machine.fact(daemon)
    where = f"{masked_url(found.url)} ({found.why})"
    if not found.known:
        raise Problem(f"docker's {found.why} does not exist", "docker context use default")
    if found.socket is None and not _plain_tcp(machine, found):
        return _by_command(machine, path, expected, where)
    try:
        answer = _answer(machine, found.url, path)
    except OSError as problem:
        raise unreachable(machine, found, problem) from None
    except ValueError:
        raise Problem(
            f"what listens on {where} does not answer as Docker does", "is it Docker's socket?"
        ) from None
    if not isinstance(answer, dict) or expected not in answer:
        raise Problem(f"what listens on {where} does not answer as Docker does", "is it Docker's socket?")
    return answer


def _plain_tcp(machine: Machine, found: Daemon) -> bool:
    return found.url.startswith("tcp://") and not machine.environ.get("DOCKER_TLS_VERIFY")


@observed("docker")
def _answer(_: Machine, url: str, path: str) -> Any:
    """What a daemon answers to a GET, without what it holds of proxies and registries.

    Raises OSError when there is no connection, ValueError when what comes over it is not what Docker says."""
    import httpx  # takes a tenth of a second; only who asks a daemon pays

    address = urlsplit(url)
    no_tls = ssl.SSLContext(
        ssl.PROTOCOL_TLS_CLIENT
    )  # reading the lists of issuers would take longer than the question
    try:
        target = httpx.URL(
            scheme="http", host=address.hostname or "docker", port=address.port or 2375, path=path
        )
        transport = httpx.HTTPTransport(uds=_socket(url), verify=no_tls)
        with httpx.Client(transport=transport, timeout=_SECONDS, trust_env=False) as client:
            said = client.get(target).json()
    except (httpx.ConnectError, httpx.TimeoutException) as problem:
        cause: BaseException | None = problem
        while cause is not None and not isinstance(cause, OSError):
            cause = cause.__cause__ or cause.__context__
        raise cause or OSError(str(problem)) from None
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        raise ValueError(str(problem)) from None
    return {key: said[key] for key in said if key not in _PRIVATE} if isinstance(said, dict) else None


def _by_command(machine: Machine, path: str, expected: str, where: str) -> Json:
    """Over ssh, a pipe or TLS: the docker command knows how."""
    program = machine.program("docker")
    if program is None:
        raise Skipped(f"there is no docker on PATH to ask {where}")
    verb, template = ("version", "{{json .Server}}") if path == "/version" else ("info", "{{json .}}")
    fix = f"try it yourself: docker {verb}"
    try:
        said = machine.ask_json(program, verb, "--format", template)
    except Problem as problem:
        raise Problem(
            f"Docker at {where} does not answer: {problem.message}", problem.advice or fix
        ) from None
    if not isinstance(said, dict) or not said.get(expected):
        raise Problem(f"Docker at {where} does not answer", fix)
    return said


def unreachable(machine: Machine, found: Daemon, problem: OSError) -> Problem:
    """The problem by what the system said of the socket."""
    where = f"{masked_url(found.url)} ({found.why})"
    if isinstance(problem, TimeoutError):
        return Problem(
            f"Docker hangs: it takes connections on {where}, and did not answer within {_SECONDS:g} s",
            _restart(machine),
        )
    if problem.errno in (errno.EACCES, errno.EPERM):
        return Problem(
            f"this user may not use Docker's socket {where}",
            "sudo usermod -aG docker $USER, then sign out and in again (newgrp docker for this shell alone)"
            if machine.platform.startswith("linux")
            else "start the product that made it as this user",
        )
    if problem.errno in (errno.ENOENT, errno.ECONNREFUSED) and (other := others(machine, found)):
        first = "unset DOCKER_CONTEXT, then " if machine.environ.get("DOCKER_CONTEXT") else ""
        return Problem(
            f"nothing answers on {where}, but {other[0]} has a socket of its own",
            f"{first}docker context use {other[1]}",
        )
    if problem.errno == errno.ENOENT:
        return Problem(f"Docker does not run: there is no socket {where}", _start(machine, found))
    if problem.errno == errno.ECONNREFUSED:
        return Problem(f"Docker does not run: nothing answers on {where}", _start(machine, found))
    return Problem(
        f"Docker cannot be reached on {where}: {problem.strerror or type(problem).__name__}",
        _start(machine, found),
    )


def others(machine: Machine, found: Daemon) -> tuple[str, str] | None:
    """A product whose socket is there, and the context that leads to it: any while docker looks at the default socket, that
    of the current cluster while a context names another's."""
    if found.why == "DOCKER_HOST":
        return None
    wanted = {"docker-desktop": "desktop-linux"}.get(kind := _product(machine), kind)
    for name, context, socket in _SOCKETS:
        if found.why != _BY_DEFAULT and (context != wanted or found.url.endswith(f"/{socket}")):
            continue
        if there(machine, machine.home / socket).kind == "socket":
            return name, context
    return None


def _product(machine: Machine) -> str:
    try:
        return machine.fact(product)
    except DevkitError:
        return ""


def _start(machine: Machine, found: Daemon) -> str:
    if machine.environ.get("DOCKER_HOST"):
        return "start it, or unset DOCKER_HOST"
    owner = next((name for name, _, socket in _SOCKETS if found.url.endswith(f"/{socket}")), "")
    if owner in _STARTED_BY:
        return _STARTED_BY[owner]
    if there(machine, machine.home / ".rd").is_folder:
        try:
            engine = setting(machine, "containerEngine", "name")
        except Problem:
            engine = None
        if engine == "containerd":
            return "choose the engine moby in Rancher Desktop: rdctl set --container-engine.name=moby"
        return "start Rancher Desktop: rdctl start"
    if machine.platform == "darwin":
        return "start Rancher Desktop (or what else you run Docker with)"
    if distribution := machine.environ.get("WSL_DISTRO_NAME"):
        return (
            f"start Docker Desktop or Rancher Desktop on Windows, with its WSL integration on for {distribution}; a Docker of this "
            "Linux's own: sudo systemctl start docker"
        )
    if machine.program("docker") is None and machine.program("dockerd") is None:
        return f"install Rancher Desktop, or Docker: {INSTALL}"
    return "start it: sudo systemctl start docker, or start Rancher Desktop"


def _restart(machine: Machine) -> str:
    if there(machine, machine.home / ".rd").is_folder:
        return "restart Rancher Desktop: rdctl shutdown, then rdctl start"
    if machine.platform == "darwin":
        return "restart the product that runs it"
    return "sudo systemctl restart docker"


def processor(name: str) -> str:
    """A processor by the name that Docker and Kubernetes have for it: `x86_64` → amd64."""
    lowered = name.lower()
    return {"x86_64": "amd64", "x64": "amd64", "aarch64": "arm64"}.get(lowered, lowered)
