"""Debuggers of the services in a cluster, as their pods tell of them (`devserve`)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
from devserve.probes import STATE_PATH

from devkit.base.errors import DevkitError
from devkit.base.loopback import loopback
from devkit.cluster.client import Cluster
from devkit.cluster.execute import execute
from devkit.cluster.forward import forward
from devkit.model import Service
from devkit.render.names import probe_port

__all__ = ["attached_debuggers", "signal_service"]

# Seconds for one pod to say how it is.
_PATIENCE = 5.0


def attached_debuggers(cluster: Cluster, namespace: str, services: Sequence[Service]) -> dict[str, str]:
    """`attached`, `awaited` or `none` of each service that answers."""
    with ThreadPoolExecutor(max(1, len(services))) as pool:
        states = pool.map(lambda service: _state(cluster, namespace, service), services)
        return {service.name: state for service, state in zip(services, states, strict=True) if state}


def _state(cluster: Cluster, namespace: str, service: Service) -> str:
    try:
        with (
            forward(cluster, namespace, service.name, probe_port(service)) as port,
            loopback(_PATIENCE) as client,
        ):
            return str(client.get(f"http://127.0.0.1:{port}{STATE_PATH}").json()["debugger"])
    except (DevkitError, httpx.HTTPError, json.JSONDecodeError, KeyError, TypeError):
        return ""


def signal_service(cluster: Cluster, namespace: str, service: str, name: str) -> None:
    """Sends a signal (`USR1`: wait for a debugger, `USR2`: do not any more) to a container's first process.

    Raises DevkitError with the container's reason.
    """
    done = execute(cluster, namespace, service, "sh", "-c", f"kill -{name} 1")
    if done.code:
        raise DevkitError(
            f"{service} could not be signalled: {done.stderr.decode('utf-8', 'replace').strip()[-300:]}",
            fix="is its image from this clone? ./devkit up rebuilds it",
        )
