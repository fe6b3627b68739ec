"""The platform in the local cluster, for checks from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import table_file
from devkit.cluster.client import Cluster, connect_local
from devkit.cluster.forward import forward
from devkit.cluster.namespace import namespace_exists
from devkit.cluster.ownership import require_ours
from devkit.cluster.pods import deployments, list_pods
from devkit.cluster.secret import secret_values
from devkit.cluster.wait import why_not_ready
from devkit.engines.site import Edit, LookUp, Site
from devkit.engines.tilt.edit import edited_in_pod
from devkit.engines.tilt.endings import rolled_out
from devkit.engines.tilt.names import names_in
from devkit.render.adjust import adjust
from devkit.render.names import SECRET_NAME
from devkit.render.plan import plan_document
from devkit.table.load import read_table
from devkit.table.overrides import parse_overrides, read_config

__all__ = ["ClusterPlatform", "tilt_site"]


@dataclass(frozen=True, kw_only=True)
class ClusterPlatform(Site):
    """Pods, reached through Tilt's forwards. `trouble` is what devkit's own forwards said last, by service."""

    cluster: Cluster
    trouble: dict[str, str] = field(default_factory=dict)

    engine: ClassVar[str] = "tilt"
    move: ClassVar[str] = "port_offset in tilt_config.json"
    programs: ClassVar[tuple[str, ...]] = ("tilt", "kubectl")

    def how_to_start(self, name: str) -> str:
        return "is tilt up running? its forwards end with it (--own-forwards opens some for the duration of the check)"

    def why_down(self, name: str) -> str:
        """Why the service's pod does not serve, or what devkit's own forward was told."""
        try:
            pods = list_pods(self.cluster, self.table.namespace, name)
        except DevkitError as problem:
            return problem.message
        if not any(pod.ready for pod in pods):
            return why_not_ready(pods, name)
        return self.trouble.get(name, "")

    def process(self, name: str) -> str | None:
        return None

    def edited(self, name: str, path: str) -> AbstractContextManager[Edit]:
        return edited_in_pod(self.cluster, self.table.namespace, name, path)

    def restart(self, name: str) -> Callable[[], str]:
        return rolled_out(self.cluster, self.table.namespace, name)

    @contextmanager
    def devkit_forwards(self) -> Iterator[None]:
        """The forwards that Tilt would make. Raises DevkitError for a taken port."""
        table = read_table(table_file(self.root))
        plan = plan_document(table, parse_overrides(table, *read_config(self.root)))
        with ExitStack() as stack:
            for resource in plan["resources"]:
                name = resource["name"]
                for wanted in resource["forwards"]:
                    stack.enter_context(
                        forward(
                            self.cluster, self.table.namespace, name, wanted["remote"], local_port=wanted["local"],
                            on_problem=lambda said, name=name: self.trouble.update({name: said}),  # type: ignore[misc]
                        )
                    )  # fmt: skip
            yield

    def names_in(self, name: str, look_up: LookUp) -> str | None:
        there = frozenset(self.table.services) - set(self.off) - self.missing
        return names_in(self.cluster, self.table, name, look_up, there)


def tilt_site(root: Path) -> ClusterPlatform:
    """Raises DevkitError when the guard refuses, or it is not deployed (exit 5)."""
    plain = read_table(table_file(root))
    overrides = parse_overrides(plain, *read_config(root))
    adjusted = adjust(plain, overrides)
    cluster = connect_local(plain.allow_contexts)
    if not namespace_exists(cluster, plain.namespace):
        raise DevkitError(
            f"there is no namespace {plain.namespace} in {cluster.context.name!r}",
            fix="tilt up makes it",
            exit_code=ExitCode.REFUSED,
        )
    require_ours(root, cluster, plain.namespace)
    off = {
        name: "is switched off in tilt_config.json"
        for name in adjusted.table.services
        if name not in adjusted.running
    }
    there = {item["metadata"]["name"] for item in deployments(cluster, plain.namespace)}
    missing = adjusted.running - there
    secrets = secret_values(cluster, plain.namespace, SECRET_NAME) or {}
    return ClusterPlatform(
        root, adjusted.table, off, overrides.port_offset, secrets, missing, cluster=cluster
    )
