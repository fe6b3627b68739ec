"""The platform that is checked: what of it runs, where it answers, what it was given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import table_file
from devkit.cluster.client import Cluster, connect_local
from devkit.cluster.forward import forward
from devkit.cluster.namespace import namespace_exists
from devkit.cluster.pods import deployments
from devkit.cluster.secret import secret_values
from devkit.engines.events import State
from devkit.engines.local.adapter import LocalEngine
from devkit.model import Service, Table
from devkit.render.adjust import adjust
from devkit.render.names import SECRET_NAME
from devkit.render.plan import plan_document
from devkit.secrets import read_secrets
from devkit.table.load import read_table
from devkit.table.overrides import parse_overrides, read_config

__all__ = ["Site", "local_site", "own_forwards", "tilt_site"]


@dataclass(frozen=True)
class Site:
    """One running platform.

    `table` is as the developer's overrides make it; `off` says why a service does not run here; `offset` is how far
    ports on this machine are from the table's; `secrets` are not to be shown. `cluster` is None on the local engine.
    `missing` are services that should run there and have no Deployment. `trouble` is what devkit's own forwards said last, by service.
    """

    root: Path
    engine: str
    table: Table
    off: Mapping[str, str]
    offset: int
    secrets: Mapping[str, str] = field(repr=False)
    cluster: Cluster | None = None
    missing: frozenset[str] = frozenset()
    trouble: dict[str, str] = field(default_factory=dict)

    def service(self, name: str) -> Service:
        """A row of the table."""
        return self.table.services[name]

    def port(self, name: str) -> int:
        """Where a service answers on this machine."""
        return self.service(name).port + self.offset

    def debug_port(self, name: str) -> int | None:
        """Where a debugger attaches on this machine."""
        port = self.service(name).debug_port
        return port + self.offset if port else None

    def url(self, name: str) -> str:
        """The base URL of a service on this machine, without a slash at the end."""
        return f"http://127.0.0.1:{self.port(name)}"


def local_site(root: Path) -> Site:
    """The platform under this clone's supervisor. Raises DevkitError when nothing runs."""
    table = read_table(table_file(root))
    overview = LocalEngine(root).overview()
    units = {unit.name: unit for unit in overview.units}
    off: dict[str, str] = {}
    for service in table.services.values():
        unit = units.get(service.name)
        if service.kubernetes_only:
            off[service.name] = "runs in Kubernetes only"
        elif unit is None:
            off[service.name] = "is not among what ./devkit up was asked to start"
        elif unit.state is State.OFF:
            off[service.name] = unit.detail
    return Site(root, "local", table, off, int(overview.more["offset"]), read_secrets(root, table))


def tilt_site(root: Path) -> Site:
    """The platform in the local cluster. Raises DevkitError when the guard refuses, or it is not deployed (exit 5)."""
    plain = read_table(table_file(root))
    overrides = parse_overrides(plain, *read_config(root))
    adjusted = adjust(plain, overrides)
    cluster = connect_local(plain.allow_contexts)
    if not namespace_exists(cluster, plain.namespace):
        raise DevkitError(
            f"there is no namespace {plain.namespace} in {cluster.context.name!r}",
            hint="tilt up makes it",
            exit_code=ExitCode.REFUSED,
        )
    off = {
        name: "is switched off in tilt_config.json"
        for name in adjusted.table.services
        if name not in adjusted.running
    }
    there = {item["metadata"]["name"] for item in deployments(cluster, plain.namespace)}
    missing = adjusted.running - there
    secrets = secret_values(cluster, plain.namespace, SECRET_NAME) or {}
    return Site(root, "tilt", adjusted.table, off, overrides.port_offset, secrets, cluster, missing)


@contextmanager
def own_forwards(site: Site) -> Iterator[None]:
    """The forwards that Tilt would make, made by devkit while the block runs. Raises DevkitError for a taken port."""
    if site.cluster is None:
        yield
        return
    overrides = parse_overrides(read_table(table_file(site.root)), *read_config(site.root))
    plan = plan_document(read_table(table_file(site.root)), overrides)
    with ExitStack() as stack:
        for resource in plan["resources"]:
            name = resource["name"]
            for wanted in resource["forwards"]:
                stack.enter_context(
                    forward(
                        site.cluster, site.table.namespace, name, wanted["remote"], local_port=wanted["local"],
                        on_problem=lambda said, name=name: site.trouble.update({name: said}),  # type: ignore[misc]
                    )
                )  # fmt: skip
        yield
