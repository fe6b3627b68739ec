"""The cluster's database as commands on this machine see it: through a forward of devkit's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import table_file
from devkit.cluster.client import Cluster, connect_local
from devkit.cluster.forward import forward
from devkit.cluster.ownership import require_ours
from devkit.cluster.pods import list_pods
from devkit.cluster.secret import secret_values
from devkit.cluster.wait import why_not_ready
from devkit.database.target import DATABASE_URL, DatabaseTarget, address, migrated_service
from devkit.engines.tilt.migrations import migrate_in_cluster
from devkit.model import Service, Table
from devkit.render.names import SECRET_NAME
from devkit.table.load import read_table

__all__ = ["cluster_database", "has_database"]

# Seconds for a server that is just being replaced.
_PATIENCE = 20.0
# For one that may just be starting with everything else.
_MIGRATION_PATIENCE = 120.0
_FIX = "./devkit status shows its state; --deadline SECONDS waits longer for a migration"
_FIX_EXTERNAL = (
    "it must be reachable from this machine; from the cluster alone: ./devkit db migrate --in-cluster"
)


@contextmanager
def cluster_database(root: Path) -> Iterator[DatabaseTarget]:
    """The database that the Secret in the cluster names, reachable from here while the block runs.

    The table's own Postgres is reached on a free port, never on localhost:5432, which may be another's; a database of
    the user's own is used as the Secret has it. Raises DevkitError: exit 4 or 5 for the cluster, exit 5 when the Secret
    does not say.
    """
    table = read_table(table_file(root))
    service = migrated_service(table)
    cluster = connect_local(table.allow_contexts)
    require_ours(root, cluster, table.namespace)
    url = _secret_url(cluster, table)
    place = f"context {cluster.context.name}, namespace {table.namespace}"
    external = not _is_the_tables(url, service, table.namespace)
    migrations, seed = root / str(service.migrations), root / service.seed if service.seed else None

    def migrate_inside(seconds: float, progress: Callable[[str], None]) -> None:
        migrate_in_cluster(root, migrations, seconds, progress)

    target = DatabaseTarget(
        url,
        external=external,
        running=True,
        migrations=migrations,
        seed=seed,
        engine="tilt",
        address=address(url),
        where=f"your own, as the Secret {SECRET_NAME} says; {place}" if external else place,
        remote=True,
        fix=_FIX_EXTERNAL if external else _FIX,
        keeper="the Secret",
        migrate_inside=migrate_inside,
    )
    if external:
        yield target
        return

    said: list[str] = []

    def why() -> str:
        """What is the matter: with the pod, else with the last connection."""
        try:
            pods = list_pods(cluster, table.namespace, service.name)
        except DevkitError as problem:
            return problem.message
        if any(pod.ready and not pod.terminating for pod in pods):
            return said[-1] if said else ""
        said.clear()  # what the forward says of this is known
        return why_not_ready(pods, service.name)

    with forward(cluster, table.namespace, service.name, service.port, on_problem=said.append) as port:
        here = _through(url, port)
        yield replace(target, url=here, patience=_PATIENCE, migration_patience=_MIGRATION_PATIENCE, why=why)


def has_database(root: Path) -> bool:
    """Whether the Secret in the cluster names one. A namespace alone, as `tilt down` leaves it, does not."""
    table = read_table(table_file(root))
    cluster = connect_local(table.allow_contexts)
    require_ours(root, cluster, table.namespace)
    return bool(_url(cluster, table))


def _url(cluster: Cluster, table: Table) -> str:
    return (secret_values(cluster, table.namespace, SECRET_NAME) or {}).get(DATABASE_URL, "")


def _secret_url(cluster: Cluster, table: Table) -> str:
    url = _url(cluster, table)
    if not url:
        raise DevkitError(
            f"no {DATABASE_URL} in the Secret {SECRET_NAME} of namespace {table.namespace} (context {cluster.context.name})",
            fix="./devkit up brings the platform up there; --engine local is this machine's database",
            exit_code=ExitCode.REFUSED,
        )
    return url.strip()


def _is_the_tables(url: str, service: Service, namespace: str) -> bool:
    """Whether a URL's host is the Service of the table's Postgres, in any of the forms that resolve in a pod."""
    long = f"{service.name}.{namespace}.svc.cluster.local"
    forms = (service.name, f"{service.name}.{namespace}", f"{service.name}.{namespace}.svc", long)
    return (urlsplit(url).hostname or "").rstrip(".") in forms


def _through(url: str, port: int) -> str:
    parts = urlsplit(url)
    user, mark, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}{mark}127.0.0.1:{port}"))
