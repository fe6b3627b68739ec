"""What Tilt runs on this machine beside the services, and the buttons in its page."""

from __future__ import annotations

from typing import Any

from devkit.model import Service, Table
from devkit.render.adjust import Adjusted
from devkit.render.examples import examples

__all__ = ["MESH_TASK", "MIGRATE_TASK", "is_migrated", "plan_buttons", "plan_tasks"]

MESH_TASK = "mesh-install"
MIGRATE_TASK = "db-migrate"


def is_migrated(service: Service) -> bool:
    """Whether it is a database with migrations of ours."""
    return service.migrations is not None


def plan_tasks(adjusted: Adjusted, devkit: str) -> list[dict[str, Any]]:
    """Steps that run on this machine; `devkit` is the program that they call."""
    tasks: list[dict[str, Any]] = []
    for service in adjusted.table.services.values():
        if service.name not in adjusted.running:
            continue
        if service.migrations is not None:
            command = [devkit, "db", "migrate", "--engine", "tilt"]
            tasks.append(_task(MIGRATE_TASK, command, [service.name], service.migrations, auto=True))
        if service.seed is not None:
            deps = [MIGRATE_TASK] if service.migrations is not None else [service.name]
            command = [devkit, "db", "seed", "--engine", "tilt"]
            tasks.append(_task("db-seed", command, deps, service.seed, auto=False))
    for service in adjusted.table.services.values():
        if service.webhooks and service.name in adjusted.running:
            tasks.append(_tunnel(service, devkit))
            break  # one address leads to one service
    return tasks + _mesh(adjusted.table, devkit)


def _mesh(table: Table, devkit: str) -> list[dict[str, Any]]:
    """By itself where tilt_config.json chooses the mesh, else by hand."""
    for name, release in table.meshes.items():
        if release is not None:
            command = [devkit, "mesh", "install", name]
            task = _task(MESH_TASK, command, [], release.values, auto=table.mesh == name)
            return [task | {"label": "mesh"}]
    return []


def _task(name: str, command: list[str], deps: list[str], watched: str, *, auto: bool) -> dict[str, Any]:
    return {
        "name": name,
        "label": "setup",
        "command": command,
        "serve": [],
        "deps": deps,
        "watch": [watched] if watched else [],
        "auto": auto,
    }


def _tunnel(service: Service, devkit: str) -> dict[str, Any]:
    """Open as long as Tilt's UI says so, by hand."""
    return {
        "name": "tunnel",
        "label": "tools",
        "command": [],
        "serve": [devkit, "tunnel", "--engine", "tilt"],
        "deps": [service.name],
        "watch": [],
        "auto": False,
    }


def plan_buttons(adjusted: Adjusted, devkit: str) -> list[dict[str, Any]]:
    """Commands one presses in Tilt's UI, on the resource they are about; `devkit` is the program that they call."""
    buttons: list[dict[str, Any]] = []
    for service in adjusted.table.services.values():
        if service.name not in adjusted.running:
            continue
        for example in examples([service]):
            name, text = f"send-{example.provider}", f"Send {example.provider} {example.topic}"
            send = [devkit, *example.arguments, "--engine", "tilt"]
            buttons.append(_button(name, service.name, text, "send", send))
        if service.webhooks:
            suite = [devkit, "webhook", "suite", "--engine", "tilt"]
            buttons.append(
                _button("webhook-suite", service.name, "Run the webhook suite", "fact_check", suite)
            )
        if is_migrated(service):
            migrate = [devkit, "db", "migrate", "--engine", "tilt"]
            wipe = [devkit, "db", "reset", "--yes", "--engine", "tilt"]
            buttons += [
                _button("migrate", service.name, "Migrate", "upgrade", migrate),
                _button("db-reset", service.name, "Delete all data", "delete_forever", wipe, confirm=True),
            ]
    if _mesh(adjusted.table, devkit):
        uninstall = [devkit, "mesh", "uninstall", "--yes"]
        buttons.append(_button("mesh-uninstall", MESH_TASK, "Uninstall", "delete", uninstall, confirm=True))
    return buttons


def _button(
    name: str, resource: str, text: str, icon: str, command: list[str], *, confirm: bool = False
) -> dict[str, Any]:
    return {
        "name": name,
        "resource": resource,
        "text": text,
        "icon": icon,
        "command": command,
        "confirm": confirm,
    }
