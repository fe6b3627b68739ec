"""Where the cluster's platform takes webhooks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devkit.base.errors import DevkitError
from devkit.base.paths import table_file
from devkit.checks import Problem
from devkit.cluster.client import connect_local
from devkit.cluster.forward import forward
from devkit.cluster.ownership import require_ours
from devkit.cluster.pods import Pod
from devkit.cluster.secret import secret_values
from devkit.cluster.wait import wait_for_ready_pod
from devkit.engines.target import WebhookTarget, route
from devkit.model import Service
from devkit.render.names import SECRET_NAME
from devkit.table.load import read_table
from devkit.table.overrides import parse_overrides, read_config
from devkit.types.answers import alive_at

__all__ = ["cluster_webhook_target"]

# Seconds for a service that is just being replaced.
_PATIENCE = 20.0
# Seconds for whatever has Tilt's port.
_SOON = 1.0


@contextmanager
def cluster_webhook_target(root: Path, provider: str) -> Iterator[WebhookTarget]:
    """The service that takes a provider's webhooks, with the cluster's own secret: through Tilt's forward when one of the
    cluster's pods answers there, else through one of devkit's own.

    Raises DevkitError: exit 2 when the table routes none, exit 4 or 5 for the cluster, exit 1 when it is not up.
    """
    table = read_table(table_file(root))
    service, hook = route(table, provider)
    cluster = connect_local(table.allow_contexts)
    require_ours(root, cluster, table.namespace)
    values = secret_values(cluster, table.namespace, SECRET_NAME)
    if values is None:
        raise DevkitError(f"no Secret {SECRET_NAME} in {table.namespace}", fix="./devkit up makes it")
    pod = wait_for_ready_pod(cluster, table.namespace, service.name, _PATIENCE)
    secret = values.get(hook.secret, "")
    tilts = f"http://127.0.0.1:{service.port + parse_overrides(table, *read_config(root)).port_offset}"
    if _leads_to(tilts, service, pod):
        yield WebhookTarget(tilts + hook.path, secret)
        return
    with forward(cluster, table.namespace, service.name, service.port) as port:
        yield WebhookTarget(f"http://127.0.0.1:{port}{hook.path}", secret)


def _leads_to(base: str, service: Service, pod: Pod) -> bool:
    """Whether that pod answers at this URL: what has the port may be another clone's, or no forward at all. Of several ready
    pods Tilt forwards to the newest."""
    try:
        return alive_at(base, service, _SOON).get("instance") == pod.name
    except Problem:
        return False
