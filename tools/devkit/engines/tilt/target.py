"""Where the cluster's platform takes webhooks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devkit.base.errors import DevkitError
from devkit.base.paths import table_file
from devkit.cluster.client import connect_local
from devkit.cluster.forward import forward
from devkit.cluster.ownership import require_ours
from devkit.cluster.secret import secret_values
from devkit.cluster.wait import wait_for_ready_pod
from devkit.engines.target import WebhookTarget, route
from devkit.render.names import SECRET_NAME
from devkit.table.load import read_table

__all__ = ["cluster_webhook_target"]

# Seconds for a service that is just being replaced.
_PATIENCE = 20.0


@contextmanager
def cluster_webhook_target(root: Path, provider: str) -> Iterator[WebhookTarget]:
    """The service that takes a provider's webhooks, through devkit's own forward, with the cluster's own secret.

    Raises DevkitError: exit 2 when the table routes none, exit 4 or 5 for the cluster, exit 1 when it is not up.
    """
    table = read_table(table_file(root))
    service, hook = route(table, provider)
    cluster = connect_local(table.allow_contexts)
    require_ours(root, cluster, table.namespace)
    values = secret_values(cluster, table.namespace, SECRET_NAME)
    if values is None:
        raise DevkitError(f"no Secret {SECRET_NAME} in {table.namespace}", fix="./devkit up makes it")
    wait_for_ready_pod(cluster, table.namespace, service.name, _PATIENCE)
    with forward(cluster, table.namespace, service.name, service.port) as port:
        yield WebhookTarget(f"http://127.0.0.1:{port}{hook.path}", values.get(hook.secret, ""))
