"""cloudflared, run so that nothing of the user's own tunnels plays a part, and watched through its metrics.

https://developers.cloudflare.com/cloudflare-one/networks/connectors/cloudflare-tunnel/do-more-with-tunnels/trycloudflare/
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import certifi
import httpx

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.files import replace_file
from devkit.base.loopback import loopback
from devkit.base.paths import state_dir
from devkit.base.polling import attempts
from devkit.base.proc import find_program
from devkit.webhooks.destination import TUNNEL_FILE

__all__ = ["INSTALL", "Tunnel", "open_tunnel", "wait_until_it_answers"]

INSTALL = "https://developers.cloudflare.com/cloudflare-one/networks/connectors/cloudflare-tunnel/downloads/"
_PATIENCE = 45.0  # seconds until it has a name, and once more until the name leads here
_GRACE = 5.0
_EVERY = 0.25


@dataclass
class Tunnel:
    """A running cloudflared. `hostname` is the public name; `said` its latest lines."""

    process: subprocess.Popen[str]
    metrics: int
    hostname: str = ""
    said: deque[str] = field(default_factory=lambda: deque(maxlen=50))

    @property
    def url(self) -> str:
        """The public address, without a slash at its end."""
        return f"https://{self.hostname}"

    def has_ended(self) -> bool:
        """Whether it is over."""
        return self.process.poll() is not None

    def ready(self) -> bool:
        """Whether it has a connection to the other side, by its own word."""
        with contextlib.suppress(httpx.HTTPError), loopback(2) as client:
            return client.get(f"http://127.0.0.1:{self.metrics}/ready").is_success
        return False


@contextmanager
def open_tunnel(
    root: Path, url: str, on_progress: Callable[[str], None], environ: Mapping[str, str] = os.environ
) -> Iterator[Tunnel]:
    """Runs cloudflared to `url` until the block ends. While it is open, .devkit/tunnel.json names it.

    Raises DevkitError: exit 3 when cloudflared is not installed, exit 5 when it gets no name in time, or ends.
    """
    program = find_program("cloudflared", environ)
    if program is None:
        raise DevkitError(
            "cloudflared is not on PATH", fix=f"install it: {INSTALL}", exit_code=ExitCode.TOOL_MISSING
        )
    folder = state_dir(root)
    empty = folder / "cloudflared.yml"
    replace_file(empty, b"")
    metrics = _free_port()
    command = [
        str(program), "tunnel", "--no-autoupdate", "--config", str(empty), "--metrics", f"127.0.0.1:{metrics}", "--url", url,
    ]  # fmt: skip
    # Its own variables would make it one of the user's named tunnels.
    clean = {name: value for name, value in environ.items() if not name.startswith("TUNNEL_")}
    process = subprocess.Popen(
        command, env=clean, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", start_new_session=True,
    )  # fmt: skip
    tunnel = Tunnel(process, metrics)
    threading.Thread(target=_listen, args=(tunnel,), daemon=True).start()
    noted = folder / TUNNEL_FILE
    try:
        on_progress("waiting for cloudflared to get a public name")
        tunnel.hostname = _name(tunnel)
        replace_file(noted, json.dumps({"hostname": tunnel.hostname, "pid": process.pid}).encode())
        yield tunnel
    finally:
        noted.unlink(missing_ok=True)
        _end(process)


def wait_until_it_answers(tunnel: Tunnel, path: str) -> None:
    """Until a GET of `path` through the public name is answered with 2xx.

    Raises DevkitError (exit 5) that says what came instead.
    """
    last = ""
    trust = (
        ssl.create_default_context()
    )  # this machine's own, which knows the CA of a company that looks into TLS
    trust.load_verify_locations(certifi.where())
    for _ in attempts(_PATIENCE, _EVERY):
        if tunnel.has_ended():
            raise _ended(tunnel)
        try:
            answer = httpx.get(f"{tunnel.url}{path}", timeout=5, verify=trust)
            if answer.is_success:
                return
            last = f"{tunnel.url}{path} is answered with {answer.status_code}"
        except httpx.HTTPError as problem:
            last = f"{tunnel.url}{path}: {str(problem).strip() or type(problem).__name__}"
    state = "is connected" if tunnel.ready() else "has no connection to Cloudflare"
    raise DevkitError(
        f"the platform does not answer through the tunnel within {_PATIENCE:g} s: {last} (cloudflared {state})",
        fix="is there a proxy or a firewall in between? ./devkit doctor --only network",
        exit_code=ExitCode.REFUSED,
    )


def _name(tunnel: Tunnel) -> str:
    for _ in attempts(_PATIENCE, _EVERY):
        if tunnel.has_ended():
            raise _ended(tunnel)
        with contextlib.suppress(httpx.HTTPError, ValueError, AttributeError), loopback(2) as client:
            answer = client.get(f"http://127.0.0.1:{tunnel.metrics}/quicktunnel")
            if name := str(answer.json().get("hostname") or ""):
                return name
    raise DevkitError(
        f"cloudflared got no public name within {_PATIENCE:g} s{_last(tunnel)}",
        fix="is this machine online? api.trycloudflare.com hands out the names",
        exit_code=ExitCode.REFUSED,
    )


def _ended(tunnel: Tunnel) -> DevkitError:
    code = tunnel.process.wait()
    return DevkitError(f"cloudflared ended with exit code {code}{_last(tunnel)}", exit_code=ExitCode.REFUSED)


def _last(tunnel: Tunnel) -> str:
    time.sleep(_EVERY)  # its last words are on their way
    lines = [line for line in tunnel.said if " ERR " in line or "rror" in line] or list(tunnel.said)
    return f"; it says: {lines[-1].strip()[:300]}" if lines else ""


def _listen(tunnel: Tunnel) -> None:
    assert tunnel.process.stdout is not None
    for line in tunnel.process.stdout:
        tunnel.said.append(line)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _end(process: subprocess.Popen[str]) -> None:
    """It finishes what it has under way; what does not end then is killed."""
    if process.poll() is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
