"""Service meshes: names that fit, and a repository that can be shown."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from devkit.findings.model import Finding
from devkit.table.rules.context import Rule, RuleContext
from devkit.table.source_map import error

__all__ = ["RULES"]

_LONGEST = 63  # characters of a DNS label


def name_in_the_mesh(context: RuleContext) -> Iterator[Finding]:
    """Traefik Mesh makes one Service more for each, whose name holds both namespaces; a DNS label ends at 63."""
    release = context.table.meshes.get("traefik")
    if release is None:
        return
    for service in context.table.services.values():
        name = f"{release.namespace}-{service.name}-6d61657368-{context.table.namespace}"
        if service.mesh is not None and len(name) > _LONGEST:
            over = len(name) - _LONGEST
            message = f"`{service.name}` is too long for the mesh: its Service there would be {name}, {over} too many"
            yield error(
                "name-too-long",
                message,
                service.place,
                "shorten it or the namespaces, or take it out of the mesh",
            )


def repository_without_a_password(context: RuleContext) -> Iterator[Finding]:
    """The table is committed, and the URL is part of errors."""
    for name, release in context.table.meshes.items():
        if release is not None and "@" in urlsplit(release.repository).netloc:
            place = context.source_map.value("meshes", name, "repository")
            fix = "take it out; `helm repo add` or `helm registry login` keeps it on this machine"
            yield error("password-in-url", "`repository` has a user or a password in it", place, fix)


RULES: tuple[Rule, ...] = (name_in_the_mesh, repository_without_a_password)
