"""The migrations of this clone, run by a Job in the cluster."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import table_file
from devkit.cluster.client import Json, connect_local
from devkit.cluster.jobs import run_job
from devkit.cluster.pods import deployments
from devkit.database.target import DATABASE_URL
from devkit.model import Table
from devkit.table.load import read_table

__all__ = ["migrate_in_cluster", "packed"]

_MOUNT = "/migrations"
_LIMIT = 2**20  # bytes that a ConfigMap holds
_COMMAND = ["python", "-m", "alembic", "-c", f"{_MOUNT}/alembic.ini", "upgrade"]
# The service's own, which a migration has no use for.
_DROPPED = ("APP_PORT", "DEBUG_PORT", "PROBE_PORT")
# Little is reserved, so that it finds room on a node that the platform fills.
_RESOURCES = {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "768Mi"}}


def migrate_in_cluster(root: Path, folder: Path, deadline: float, on_line: Callable[[str], None]) -> None:
    """Runs the migrations in `folder` that are written as a Job, with a running service's image, variables and user.

    Raises DevkitError: exit 5 when no service with the database is deployed or the folder is too large, exit 1 when
    the Job fails or `deadline` seconds have passed.
    """
    from devkit.database.history import History

    table = read_table(table_file(root))
    cluster = connect_local(table.allow_contexts)
    files, items = packed(folder)
    newest = History(folder).target(None) or "base"
    pod = _pod(_donor(table, deployments(cluster, table.namespace)), items, newest)
    run_job(cluster, table.namespace, "db-migrate", pod, files=files, deadline=deadline, on_line=on_line)


def packed(folder: Path) -> tuple[dict[str, str], list[Json]]:
    """The folder as a ConfigMap's keys and texts, and the items that put them back in their places.

    Raises DevkitError (exit 2) for what a ConfigMap cannot hold.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    files: dict[str, str] = {}
    items: list[Json] = []
    for number, path in enumerate(paths):
        relative = path.relative_to(folder).as_posix()
        key = re.sub(r"[^A-Za-z0-9._-]", "_", relative.replace("/", "__"))
        key = key if key not in files and len(key) < 250 else f"file-{number}"
        try:
            files[key] = path.read_text("utf-8")
        except UnicodeDecodeError:
            raise DevkitError(
                f"{folder.name}/{relative} is not text", fix="migrations are; put it elsewhere",
                exit_code=ExitCode.REFUSED,
            ) from None  # fmt: skip
        items.append({"key": key, "path": relative})
    size = sum(len(text.encode()) for text in files.values())
    if size > _LIMIT:
        raise DevkitError(
            f"{folder.name}/ has {size / 2**20:.1f} MiB; the cluster takes 1 MiB at once",
            fix="without --in-cluster there is no limit; or move what is large out of the folder",
            exit_code=ExitCode.REFUSED,
        )
    return files, items


def _donor(table: Table, deployed: list[Json]) -> Json:
    """The pod's spec of a service with the database; one that is up, if there is one: its image is surely there."""
    able = {service.name for service in table.having(lambda kind: kind.container.migrates)}
    fit = [
        d
        for d in deployed
        if d["metadata"]["name"] in able
        and any(v["name"] == DATABASE_URL for v in _container(d).get("env") or [])
    ]
    fit.sort(key=lambda d: not d.get("status", {}).get("availableReplicas"))
    if not fit:
        raise DevkitError(
            f"no service with {DATABASE_URL} is deployed in {table.namespace}, whose image could migrate",
            fix="./devkit up deploys them; ./devkit db migrate needs none",
            exit_code=ExitCode.REFUSED,
        )
    spec: Json = fit[0]["spec"]["template"]["spec"]
    return spec


def _container(deployment: Json) -> Json:
    container: Json = deployment["spec"]["template"]["spec"]["containers"][0]
    return container


def _pod(donor: Json, items: list[Json], newest: str) -> Json:
    service: Json = donor["containers"][0]
    kept = [v for v in service.get("env") or [] if v["name"] not in _DROPPED and _wanted(v)]
    fixed = [
        {"name": "PYTHONDONTWRITEBYTECODE", "value": "1"},
        {"name": "PGCLIENTENCODING", "value": "utf8"},
        {"name": "PGAPPNAME", "value": "devkit db migrate --in-cluster"},
    ]
    container = {
        "name": "migrate",
        "command": [*_COMMAND, newest],
        "resources": _RESOURCES,
        "env": kept + fixed,
        "volumeMounts": [{"name": "migrations", "mountPath": _MOUNT, "readOnly": True}],
        **_only(service, "image", "imagePullPolicy", "envFrom", "securityContext"),
    }
    return {
        "enableServiceLinks": False,
        "automountServiceAccountToken": False,
        "volumes": [{"name": "migrations", "configMap": {"name": "{job}", "items": items}}],
        "containers": [container],
        **_only(donor, "securityContext", "imagePullSecrets"),
    }


def _wanted(variable: Json) -> bool:
    """What a migration gets of a service's variables: the database of all the secrets, and what is none."""
    return variable["name"] == DATABASE_URL or "secretKeyRef" not in variable.get("valueFrom", {})


def _only(source: Json, *keys: str) -> Json:
    return {key: source[key] for key in keys if key in source}
