"""The package index that pip is set up with, and who vouches for its certificate."""

from __future__ import annotations

import ast
import contextlib
import re
import socket
import ssl
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from devkit.checks import Problem, Skipped
from devkit.doctor.facts.names import addresses
from devkit.doctor.machine import Machine, observed
from devkit.doctor.record import Json

__all__ = ["PYTHONS", "Index", "handshake", "index", "stores"]

PYTHONS = "python's own"

_SECONDS = 1.5
_YES = ("1", "true", "yes", "on")
_SETTING = re.compile(
    r"^(?P<section>:env:|global|install)\.(?P<name>index-url|no-index|proxy)=(?P<value>.*)$", re.M
)
_SYSTEM = (
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem", "/opt/homebrew/etc/openssl@3/cert.pem", "/usr/local/etc/openssl@3/cert.pem",
)  # fmt: skip


@dataclass(frozen=True)
class Index:
    """Its host and port; `usual` when pip was told of no other; the `proxy` on the way (host, port), if any."""

    host: str
    port: int
    usual: bool
    proxy: tuple[str, int] | None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def index(machine: Machine) -> Index:
    """Raises Skipped where pip uses no index, or one without TLS."""
    found = _index(machine)
    return Index(
        found["host"], found["port"], found["usual"], tuple(found["proxy"]) if found["proxy"] else None
    )


@observed("package index")
def _index(machine: Machine) -> dict[str, Json]:
    told = machine.environ.get(
        "PIP_NO_INDEX", ""
    )  # the usual way, and pip takes a third of a second to repeat it
    settings = {"no-index": told} if told.lower() in _YES else _pip_settings(machine)
    if settings.get("no-index", "").lower() in _YES:
        raise Skipped("pip is configured to use no index")
    named = settings.get("index-url")
    address = named or _usual(machine)
    if not address:
        raise Skipped("pip does not tell which index it uses")
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port or 443
    except ValueError:
        raise Skipped("pip's index-url is not an address") from None
    if parts.scheme != "https" or not host:
        raise Skipped("pip's index is not reached over TLS")
    spared = "," + (machine.environ.get("NO_PROXY") or machine.environ.get("no_proxy") or "") + ","
    proxied = None if f",{host}," in spared or spared == ",*," else _proxy(machine.environ, settings)
    return {"host": host, "port": port, "usual": not named, "proxy": proxied}


@observed("lists of issuers")
def stores(machine: Machine) -> list[str]:
    """The lists of trusted issuers that this machine has besides Python's own: named in the shell, then the system's."""
    named = (
        "DEVKIT_CA_BUNDLE",
        "PIP_CERT",
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "NODE_EXTRA_CA_CERTS",
    )
    seen = [machine.environ[name] for name in named if machine.environ.get(name)]
    return [path for path in dict.fromkeys([*seen, *_SYSTEM]) if _is_file(path)]


def _is_file(path: str) -> bool:
    with contextlib.suppress(OSError, ValueError):
        return Path(path).is_file()
    return False


@observed("handshake")
def handshake(_: Machine, where: Index, store: str, *, until: float) -> dict[str, str]:
    """One TLS handshake that trusts the issuers in `store` alone, or those that Python's packages bring along (`PYTHONS`):
    the certificate's `issuer`; or why they do not vouch for it (`refused`); or why there was none (`problem`).

    `until`: the time (monotonic) when it is given up."""
    try:
        return {"issuer": _shake_hands(where, store, until)}
    except ssl.SSLCertVerificationError as refusal:
        return {"refused": refusal.verify_message}
    except (OSError, ValueError) as problem:
        return {"problem": str(problem)}


def _shake_hands(where: Index, store: str, until: float) -> str:
    try:
        context = ssl.create_default_context(cafile=_pythons() if store == PYTHONS else store)
    except (ssl.SSLError, OSError) as problem:
        raise ValueError(f"{store} is not a list of issuers: {problem}") from None
    host, port = where.proxy or (where.host, where.port)
    address = addresses(host, max(0.1, min(_SECONDS, until - time.monotonic())))[0]
    left = max(0.1, min(_SECONDS, until - time.monotonic()))
    with socket.create_connection((address, port), left) as plain:
        plain.settimeout(left)
        if where.proxy:
            _connect_through(plain, where)
        with context.wrap_socket(plain, server_hostname=where.host) as wrapped:
            return _issuer(wrapped.getpeercert() or {})


def _pythons() -> str:
    """The list that Python's packages bring along."""
    try:
        import certifi
    except ImportError:
        raise ValueError("there is no list of issuers to compare with") from None
    return certifi.where()


def _connect_through(plain: socket.socket, where: Index) -> None:
    target = f"{where.host}:{where.port}"
    plain.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode("ascii", "ignore"))
    said = b""
    while b"\r\n\r\n" not in said and len(said) < 65536:
        part = plain.recv(4096)
        if not part:
            break
        said += part
    status = said.split(b" ", 2)[1:2]
    if status != [b"200"]:
        raise ConnectionError(
            f"the proxy answers {status[0].decode('ascii', 'replace')[:3] if status else 'nothing'}"
        )


def _issuer(certificate: Mapping[str, object]) -> str:
    names: dict[str, str] = {}
    issuer = certificate.get("issuer")
    for group in issuer if isinstance(issuer, tuple) else ():
        names.update(dict(group))
    return names.get("organizationName") or names.get("commonName") or "an unnamed issuer"


def _usual(machine: Machine) -> str | None:
    """What pip itself uses unless it is told otherwise, as its help says: the one public place that tells."""
    said = _pip(machine, "download", "--help")
    found = re.search(r"--index-url <url>[^(]*\(default\s+([^\s)]+)\)", said)
    return found[1] if found else None


def _pip(machine: Machine, *arguments: str) -> str:
    try:
        said = machine.ask(sys.executable, "-E", "-s", "-m", "pip", *arguments, "--disable-pip-version-check", timeout=2.5)  # fmt: skip
    except Problem as problem:
        raise Skipped(f"pip does not tell its settings: {problem.message}") from None
    if said.code:
        raise Skipped("pip does not tell its settings")
    return said.out


def _pip_settings(machine: Machine) -> dict[str, str]:
    """What pip's files and variables say; variables before files, `install` before `global`."""
    found: dict[str, dict[str, str]] = {}
    for setting in _SETTING.finditer(_pip(machine, "config", "list")):
        with contextlib.suppress(ValueError, SyntaxError):
            found.setdefault(setting["section"], {})[setting["name"]] = str(
                ast.literal_eval(setting["value"])
            )
    return found.get("global", {}) | found.get("install", {}) | found.get(":env:", {})


def _proxy(environ: Mapping[str, str], settings: Mapping[str, str]) -> tuple[str, int] | None:
    names = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
    value = settings.get("proxy") or next((environ[name] for name in names if environ.get(name)), "")
    if not value:
        return None
    try:
        parts = urlsplit(value if "//" in value else f"//{value}")
        if parts.hostname and parts.scheme in ("", "http") and parts.username is None:
            return parts.hostname, parts.port or 80
    except ValueError:
        pass
    raise Skipped("the way to the package index leads through a proxy that this check does not speak to")
