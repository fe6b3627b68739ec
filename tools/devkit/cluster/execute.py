"""A command inside a service's pod."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

from websockets.exceptions import ConnectionClosed

from devkit.base.errors import DevkitError, ExitCode
from devkit.cluster.client import Cluster, Query
from devkit.cluster.pods import newest_ready, pods_path
from devkit.cluster.sockets import UpgradeRefused, stream

__all__ = ["Output", "execute"]

_STDOUT, _STDERR, _STATUS = 1, 2, 3


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

    Raises DevkitError: exit 1 when no pod is ready or `deadline` seconds have passed, exit 5 when it is refused.
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
    return Output(_code(bytes(said[_STATUS])), bytes(said[_STDOUT]), bytes(said[_STDERR]))


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
        raise UpgradeRefused(str(content.get("message", "it could not be started")))
    return int(codes[0])
