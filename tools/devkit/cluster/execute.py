"""A command inside a service's pod."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass

from websockets.exceptions import ConnectionClosed

from devkit.base.errors import DevkitError, ExitCode
from devkit.cluster.client import Cluster, Query
from devkit.cluster.pods import newest_ready, pods_path
from devkit.cluster.sockets import UpgradeRefused, stream

__all__ = ["Output", "execute"]

_STDOUT, _STDERR, _STATUS = 1, 2, 3
# The exit codes of what was not found, or may not be executed: a shell's too.
_UNSTARTED = (126, 127)
# `OCI runtime exec failed: exec failed: unable to start container process: exec: "x": executable file not found in $PATH: unknown`
_OCI = re.compile(r'OCI runtime exec failed: .*exec: \\*"[^"]*": (?P<why>.+?)\\*"?(?:: unknown)?\s*$')


@dataclass(frozen=True)
class Output:
    """What a command wrote, and its exit code."""

    code: int
    stdout: bytes
    stderr: bytes


def execute(
    cluster: Cluster, namespace: str, app: str, *command: str, deadline: float = 30.0, pod: str | None = None
) -> Output:
    """Runs a command in the newest ready pod of a service, or in the named `pod`, and returns what it wrote.

    Raises DevkitError: exit 1 when no pod is ready or `deadline` seconds have passed, exit 5 when it is refused or cannot be
    started, with the same words whatever runs the node's containers.
    """
    if pod is None:
        found = newest_ready(cluster, namespace, app)
        if found is None:
            raise DevkitError(f"no pod of {app} is ready in {namespace}", fix="./devkit status")
        pod = found.name
    query = [("command", part) for part in command] + [("stdout", "true"), ("stderr", "true")]
    path = f"{pods_path(namespace)}/{pod}/exec"
    try:
        return asyncio.run(asyncio.wait_for(_run(cluster, path, query), deadline))
    except TimeoutError:
        raise DevkitError(f"{command[0]} in {pod} did not end within {deadline:.0f} s") from None
    except UpgradeRefused as problem:
        raise DevkitError(f"{command[0]} in {pod}: {problem}", exit_code=ExitCode.REFUSED) from None


async def _run(cluster: Cluster, path: str, query: Query) -> Output:
    said = {_STDOUT: bytearray(), _STDERR: bytearray(), _STATUS: bytearray()}
    async with stream(cluster, path, query) as socket:
        try:
            async for frame in socket:
                if isinstance(frame, bytes) and frame and frame[0] in said:
                    said[frame[0]] += frame[1:]
        except ConnectionClosed:
            pass
    done = Output(_code(bytes(said[_STATUS])), bytes(said[_STDOUT]), bytes(said[_STDERR]))
    # On a node that Docker runs, what could not be started "ends", and Docker's error is what it wrote.
    if done.code in _UNSTARTED and (why := _not_started(done.stdout + done.stderr)):
        raise UpgradeRefused(why)
    return done


def _not_started(text: bytes) -> str | None:
    """Why a program could not be started, from what an OCI runtime says of it; None where it says nothing of that kind."""
    found = _OCI.search(text.decode("utf-8", "replace"))
    return f"cannot be started: {found['why']}" if found else None


def _code(status: bytes) -> int:
    """The exit code from the status that ends every exec."""
    try:
        content = json.loads(status)
    except ValueError:
        raise UpgradeRefused("the connection ended before the command did") from None
    if content.get("status") == "Success":
        return 0
    causes = (content.get("details") or {}).get("causes") or []
    codes = [cause.get("message") for cause in causes if cause.get("reason") == "ExitCode"]
    if not codes:
        said = str(content.get("message", "cannot be started"))
        raise UpgradeRefused(_not_started(said.encode()) or said)
    return int(codes[0])
