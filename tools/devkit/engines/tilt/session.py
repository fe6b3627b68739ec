"""Starting Tilt, watching it until everything is up, and stopping it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from devkit.base.errors import DevkitError
from devkit.base.paths import INSTALLATION, state_dir
from devkit.base.polling import attempts
from devkit.engines.tilt.program import Resource, page_port, resources, runs_here, tilt

__all__ = ["arguments", "held", "log_file", "run_here", "start", "stop", "wait_until_up"]

_EVERY = 0.5
_API_DEADLINE = 60.0
_STOP_DEADLINE = 30.0
# Seconds for everything to be built and up: the first images take minutes.
_UP_DEADLINE = 3600.0
_TILTFILE = "(Tiltfile)"


def log_file(root: Path) -> Path:
    """What a Tilt in the background writes."""
    return state_dir(root) / "tilt.log"


def arguments(services: Sequence[str], port_offset: int | None) -> list[str]:
    """`tilt up`'s arguments for one run; they go before tilt_config.json."""
    more = [*services, *([] if port_offset is None else [f"--port_offset={port_offset}"])]
    return [tilt(), "up", "--port", str(page_port()), *(["--", *more] if more else [])]


def run_here(root: Path, command: Sequence[str]) -> None:
    """Becomes Tilt, in this terminal. Does not return."""
    os.chdir(root)
    os.execve(command[0], list(command), _environment())


def start(root: Path, command: Sequence[str]) -> int:
    """Starts Tilt in the background and returns its pid. Raises DevkitError with what it wrote when it does not start."""
    state_dir(root).mkdir(mode=0o700, exist_ok=True)
    with log_file(root).open("wb") as log:
        process = subprocess.Popen(
            [command[0], "up", "--stream=true", *command[2:]],
            cwd=root, env=_environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    for _ in attempts(_API_DEADLINE, _EVERY):
        if runs_here(root):
            return process.pid
        if process.poll() is not None:
            break
    process.kill()
    tail = log_file(root).read_text("utf-8", errors="replace").splitlines()[-8:]
    raise DevkitError(
        "tilt did not start; it wrote:\n" + "\n".join(f"    {line}" for line in tail),
        fix="./devkit up --engine local runs without it",
    )


def _environment() -> dict[str, str]:
    """What Tilt gets: a Tiltfile in a repository without a launcher finds this devkit by DEVKIT."""
    return {**os.environ, "DEVKIT": str(INSTALLATION / "devkit")}


def wait_until_up(said: Callable[[str], None]) -> list[Resource]:
    """Tells `said` what becomes of each resource until all have settled; returns them.

    The Tiltfile's own failure is told at once: nothing follows it.

    Raises DevkitError with what is late after an hour.
    """
    before: dict[str, str] = {}
    found: list[Resource] = []
    for _ in attempts(_UP_DEADLINE, _EVERY):
        found = resources()
        for one in found:
            news = _news(one)
            if news and before.get(one.name) != news:
                before[one.name] = news
                said(f"{one.name}: {news}")
        tiltfile = next((one for one in found if one.name == _TILTFILE), None)
        if tiltfile is None or (tiltfile.failed and len(found) == 1):
            return found
        if (
            tiltfile.update == "ok"
            and len(found) > 1
            and all(one.settled or one.name in held(found) for one in found)
        ):
            return found
    late = ", ".join(
        f"{one.name} ({_news(one) or one.problem or one.update})" for one in found if not one.settled
    )
    raise DevkitError(
        f"not everything is up after {_UP_DEADLINE / 60:.0f} minutes: {late}",
        fix=f"Tilt goes on; its page is http://localhost:{page_port()}; ./devkit down stops all",
    )


def held(found: list[Resource]) -> set[str]:
    """Names of what waits, directly or not, for something that failed."""
    held = {one.name for one in found if one.failed}
    while more := {one.name for one in found if held & set(one.waits_for)} - held:
        held |= more
    return held


def _news(one: Resource) -> str:
    if one.failed:
        return f"failed: {one.problem}" if one.problem else "failed"
    if one.update == "in_progress":
        return "building"
    if one.runtime == "pending" and one.update == "ok":
        return f"starting ({one.problem})" if one.problem == "Pending" else "starting"
    return "ready" if one.update == "ok" and one.runtime in ("ok", "not_applicable") else ""


def stop(root: Path) -> bool:
    """Ends the Tilt that runs this clone's Tiltfile and waits for it. Whether there was one."""
    found = _process(root)
    if found is None:
        return False
    with contextlib.suppress(psutil.NoSuchProcess):
        found.send_signal(signal.SIGTERM)
        try:
            found.wait(_STOP_DEADLINE)
        except psutil.TimeoutExpired:
            found.kill()
            found.wait(5)
    return True


def _process(root: Path) -> psutil.Process | None:
    """The process that listens on Tilt's port, once that port has answered as this clone's Tilt."""
    if not runs_here(root):
        return None
    for process in psutil.process_iter(["name"]):
        if "tilt" in (process.info["name"] or ""):
            with contextlib.suppress(psutil.Error):
                ports = {getattr(one.laddr, "port", None) for one in process.net_connections("tcp")}
                if page_port() in ports:
                    return process
    return None
