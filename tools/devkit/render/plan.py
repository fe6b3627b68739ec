"""The table as a Tiltfile needs it: what to build, apply, forward and sync. Version 1 of the document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from devkit.model import Build, Service, Table
from devkit.render.adjust import Adjusted, adjust
from devkit.render.artefacts import render_manifests
from devkit.render.claim import Claim, claimed_manifests
from devkit.render.dockerfile import self_contained
from devkit.render.environment import in_cluster
from devkit.render.manifest import table_values
from devkit.render.mesh import mesh_host
from devkit.render.names import CONFIG_NAME, SECRET_NAME, component, image_name, manifest_path
from devkit.render.steps import MESH_TASK, MIGRATE_TASK, is_migrated, plan_buttons, plan_tasks
from devkit.render.templates import fill
from devkit.table.overrides import Overrides, parse_overrides, settings

__all__ = ["PLAN_VERSION", "STUB", "plan_document"]

PLAN_VERSION = 1
STUB = "switched-off"
_IN_CONTAINER = "/app"
# The base of the services' own images, so that the node has it or can pull it.
_STUB_IMAGE = "python:3.11-slim-bookworm"
_COMMON = ("k8s/dev/namespace.yaml", "k8s/dev/configmap.yaml")


def plan_document(
    table: Table,
    overrides: Overrides | None = None,
    committed: Callable[[str], bytes | None] = lambda _: None,
    build_secrets: Sequence[str] = (),
    devkit: str = "./devkit",
    claim: Claim | None = None,
) -> dict[str, Any]:
    """The plan: plain data, in the table's order, the same for the same input.

    A manifest that differs from the `committed` file of its path, because an override or an unrendered change of the
    table says so, is in the plan itself (`yaml`); else only its path is. `devkit` is the program that tasks and buttons call.
    With a `claim` the namespace and the variables carry it: `stale` tells whether these would be in the plan without it too.
    """
    adjusted = adjust(table, overrides or parse_overrides(table, {}))
    manifests = render_manifests(adjusted.table)
    claimed = claimed_manifests(adjusted.table, claim) if claim else {}

    def manifest(path: str) -> dict[str, str | bool]:
        same = committed(path) == manifests[path]
        if path in claimed:
            return {"path": path, "yaml": claimed[path].decode(), "stale": not same}
        return {"path": path} if same else {"path": path, "yaml": manifests[path].decode()}

    services = [s for s in adjusted.table.services.values() if s.name in adjusted.running]
    resources = [
        _resource(adjusted, service) | manifest(manifest_path(service.name))
        | ({"build": _build(service, build(service), build_secrets)} if (build := service.type.container.build) else {})
        for service in services
    ]  # fmt: skip
    if adjusted.stubbed:
        resources.append(_stub(adjusted))
    return {
        "version": PLAN_VERSION,
        "name": table.name,
        "namespace": table.namespace,
        "allow_contexts": list(table.allow_contexts),
        "settings": [asdict(setting) for setting in settings(table)],
        "manifests": [manifest(path) for path in _COMMON],
        "config": CONFIG_NAME,
        "secret": {"name": SECRET_NAME, "path": "k8s/dev/secret.yaml"},
        "resources": resources,
        "tasks": plan_tasks(adjusted, devkit),
        "buttons": plan_buttons(adjusted, devkit),
    }


def _resource(adjusted: Adjusted, service: Service) -> dict[str, Any]:
    ports = {service.type.container.port_name: service.port}
    if service.debug_port is not None:
        ports["debug"] = service.debug_port
    # Infrastructure images listen on their own ports, whatever the table's forward is.
    inside = service.type.container.port or service.port
    return {
        "name": service.name,
        "type": service.type.name,
        "label": component(service),
        "image": image_name(adjusted.table, service),
        "ports": ports,
        "forwards": [
            {
                "name": name,
                "local": port + adjusted.table.port_offset,
                "remote": port if name == "debug" else inside,
            }
            for name, port in ports.items()
        ],
        "deps": _deps(adjusted, service),
    }


def _build(service: Service, build: Build, secrets: Sequence[str]) -> dict[str, Any]:
    """`only` is all that a build may read, so that no other change rebuilds; synced files need no build."""
    file = build.dockerfile
    return {
        **({"dockerfile_contents": self_contained(file)} if isinstance(file, Path) else {"dockerfile": file}),
        "target": build.target,
        "args": {"SERVICE": service.name, "FOLDER": str(service.path), **build.args},
        "only": list(build.only),
        "secrets": list(secrets),
        "sync": [{"from": path, "to": f"{_IN_CONTAINER}/{path}"} for path in build.sync],
    }


def _stub(adjusted: Adjusted) -> dict[str, Any]:
    """What answers 503 in the name of services that do not run but are called."""
    stubbed = [adjusted.table.services[name] for name in adjusted.stubbed]
    values = table_values(in_cluster(adjusted.table)) | {"image": _STUB_IMAGE}
    return {
        "name": STUB,
        "type": "stub",
        "label": "tools",
        "ports": {service.name: service.port for service in stubbed},
        "forwards": [
            {"name": s.name, "local": s.port + adjusted.table.port_offset, "remote": s.port} for s in stubbed
        ],
        "deps": [],
        "path": manifest_path(STUB),
        "yaml": fill("k8s/dev/switched-off.yaml.j2", **values, name=STUB, services=stubbed),
    }


def _deps(adjusted: Adjusted, service: Service) -> list[str]:
    """What must be up first. A page waits for what it calls, since it shows nothing without."""
    names = list(service.needs)
    if service.type.container.waits_for_calls:
        names += [name for name in service.calls if name not in names]
    names = [name for name in names if name in adjusted.running]
    databases = [name for name in names if is_migrated(adjusted.table.services[name])]
    return (
        names
        + [MIGRATE_TASK] * bool(databases)
        + [MESH_TASK] * _calls_through_the_mesh(adjusted.table, service)
    )


def _calls_through_the_mesh(table: Table, service: Service) -> bool:
    """Such a service gets host names that nobody knows until the mesh is there."""
    return any(mesh_host(table, table.services[name]) for name in table.reached(service.name))
