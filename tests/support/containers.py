"""Containers as `docker inspect` shows them, and a docker that knows no others."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["node", "published", "recorded_docker"]


def node(name: str, labels: Mapping[str, str], ports: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """One container as `docker inspect` shows it, with the parts that count."""
    running = more.pop("running", True)
    networks = {"bridge": {"IPAddress": more.pop("address", "172.17.0.2"), "GlobalIPv6Address": ""}}
    return {
        "Name": f"/{name}",
        "State": {"Running": running, "Status": "running" if running else "exited"},
        "Config": {"Labels": dict(labels)},
        "NetworkSettings": {"Ports": dict(ports), "Networks": networks},
    }


def published(port: int, host: str = "127.0.0.1", inside: int = 6443) -> dict[str, Any]:
    """A port of a container on one of the host."""
    return {f"{inside}/tcp": [{"HostIp": host, "HostPort": str(port)}]}


def recorded_docker(folder: Path, containers: Sequence[Mapping[str, Any]]) -> None:
    """A docker in `folder` that knows these containers alone, and answers `inspect` as the real one does."""
    answers = folder / "answers.json"
    answers.write_text(json.dumps({container["Name"][1:]: container for container in containers}))
    program = folder / "docker"
    program.write_text(
        f"#!{sys.executable}\n"
        "import json, sys\n"
        f"known = json.load(open({str(answers)!r}))\n"
        "names = sys.argv[sys.argv.index('container') + 1:]\n"
        "print(json.dumps([known[name] for name in names if name in known]))\n"
        "missing = [name for name in names if name not in known]\n"
        "print(*[f'Error: No such container: {name}' for name in missing], sep='\\n', file=sys.stderr)\n"
        "sys.exit(1 if missing else 0)\n"
    )
    program.chmod(0o755)
