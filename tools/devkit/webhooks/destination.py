"""Where test deliveries may go: this machine, and this project's own tunnel to it."""

from __future__ import annotations

import ipaddress
import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

from devkit.base.errors import DevkitError, ExitCode

__all__ = ["TUNNEL_FILE", "require_listener", "require_local_url", "tunnel_host"]

TUNNEL_FILE = "tunnel.json"
_LOOK = 5.0  # seconds for a connection


def require_local_url(url: str, root: Path, *, allow_remote: bool, option: str = "--to") -> None:
    """Raises DevkitError: exit 2 when it is no URL, exit 5 when it leads off this machine and nobody allowed that."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host:
        raise DevkitError(f"{option} {url}: not an http(s):// URL", exit_code=ExitCode.USAGE)
    if not (allow_remote or _is_here(host) or host == tunnel_host(root)):
        why = "what is sent there is signed with this clone's secret"
        if option != "--to":
            why = "what is passed on may hold a secret"
        raise DevkitError(
            f"{host} is not this machine: {why}",
            fix="--allow-remote sends it anyway",
            exit_code=ExitCode.REFUSED,
        )


def require_listener(url: str, fix: str | None) -> None:
    """Raises DevkitError (exit 5) when nobody takes connections there."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=_LOOK).close()
    except socket.gaierror:
        problem = f"there is no host {parts.hostname}"
    except TimeoutError:
        problem = f"no connection within {_LOOK:g} s"
    except OSError:
        problem = "nothing listens there"
    else:
        return
    raise DevkitError(f"{url}: {problem}", fix=fix, exit_code=ExitCode.REFUSED)


def tunnel_host(root: Path) -> str | None:
    """The public name of this clone's tunnel while it is open."""
    try:
        found = json.loads((root / ".devkit" / TUNNEL_FILE).read_text("utf-8"))
        return str(found["hostname"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_here(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
