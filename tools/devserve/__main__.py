"""`python -m devserve`: runs the service of a development container and reloads it on every save.

Without arguments the environment says what: SERVICE (`stock-service` → `stock_service.main:app`), APP_PORT,
DEBUG_PORT (none: no debugger), PROBE_PORT (none: the service answers its probes itself), DRAIN_SECONDS, RESTART_POLICY (JSON:
backoff, most and grace, in seconds) and PYTHONPATH.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from pathlib import Path

from devserve.container import Container, Served
from devserve.ending import end_now
from devserve.process import Policy
from devserve.starting import spawns

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Parses the command line and serves. Returns the exit code."""
    # The first process of a container ignores what it has no handler for.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda told, _: end_now(told))
    environment = os.environ
    service = environment.get("SERVICE", "").replace("-", "_")
    parser = argparse.ArgumentParser(
        prog="devserve", description="Runs one ASGI service and reloads it on saves."
    )
    parser.add_argument(
        "app", nargs="?", default=f"{service}.main:app" if service else None, help="module:attribute"
    )
    parser.add_argument("--host", default="0.0.0.0", help="address for requests (default: all)")
    parser.add_argument("--port", type=int, default=environment.get("APP_PORT"), help="default: $APP_PORT")
    parser.add_argument(
        "--debug-port",
        type=int,
        default=environment.get("DEBUG_PORT") or None,
        help="on loopback; default: $DEBUG_PORT",
    )
    parser.add_argument(
        "--probe-port",
        type=int,
        default=environment.get("PROBE_PORT") or None,
        help="answers GET as the service does, and 200 while it stands at a breakpoint; default: $PROBE_PORT",
    )
    parser.add_argument(
        "--watch", type=Path, action="append", metavar="FOLDER", help="default: those of PYTHONPATH"
    )
    parser.add_argument(
        "--drain",
        type=float,
        default=environment.get("DRAIN_SECONDS") or 0.0,
        help="seconds of taking requests after SIGTERM; default: $DRAIN_SECONDS, or none",
    )
    given = parser.parse_args(arguments)
    if not given.app or ":" not in given.app:
        parser.error("name the application, as package.module:attribute, or set SERVICE")
    if not given.port:
        parser.error("give --port or set APP_PORT")
    try:
        policy = Policy(**json.loads(environment.get("RESTART_POLICY") or "{}"))
    except (ValueError, TypeError) as problem:
        parser.error(f"RESTART_POLICY: {problem}; it is JSON with backoff, most and grace, in seconds")
    try:
        spawning = spawns()
    except ValueError as problem:
        parser.error(str(problem))
    path = tuple(folder for folder in environment.get("PYTHONPATH", "").split(os.pathsep) if folder)
    watch = tuple(given.watch or map(Path, path))
    served = Served(
        given.app,
        given.port,
        path,
        given.host,
        given.debug_port,
        watch,
        given.drain,
        given.probe_port,
        policy,
        spawning,
    )
    return Container(served).run()


if __name__ == "__main__":
    sys.exit(main())
