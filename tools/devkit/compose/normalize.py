"""What Compose adds to a whole project: the default network, names of resources, dependencies that follow from other fields."""

from __future__ import annotations

from devkit.compose.environment import fill_in
from devkit.compose.model import Node, derived
from devkit.compose.variables import Variables
from devkit.compose.volumes import clean

__all__ = ["normalize"]

_SHARED = ("network_mode", "ipc", "pid", "uts", "cgroup")


def normalize(project: Node, name: str, variables: Variables) -> None:
    """Completes a project, in place."""
    services = _entries(project, "services")
    _default_network(project, services)
    for service in services.values():
        policy = service.get("pull_policy")
        if policy is not None and policy.value == "if_not_present":
            policy.value = "missing"
        _complete_build(service, variables)
        if (environment := service.get("environment")) is not None:
            fill_in(environment, variables, keep=True)
        _add_dependencies(service)
        for mount in _list(service, "volumes"):
            if (target := mount.get("target")) is not None and isinstance(target.value, str):
                target.value = clean(target.value)
    _name_resources(project, name)


def _entries(project: Node, kind: str) -> dict[str, Node]:
    node = project.get(kind)
    return node.value if node is not None and isinstance(node.value, dict) else {}


def _list(service: Node, name: str) -> list[Node]:
    node = service.get(name)
    return node.value if node is not None and isinstance(node.value, list) else []


def _default_network(project: Node, services: dict[str, Node]) -> None:
    used: Node | None = None
    for service in services.values():
        if "provider" in service.mapping or "network_mode" in service.mapping:
            continue
        networks = service.get("networks")
        if networks is None or not networks.value:
            nothing = derived(None, service, "default network")
            service.mapping["networks"] = derived(
                {"default": nothing}, networks or service, "default network"
            )
            used = used or service
        elif "default" in networks.mapping:
            used = used or networks
    if used is None:
        return
    networks = project.mapping.get("networks")
    if networks is None or networks.value is None:
        networks = project.mapping["networks"] = derived({}, used, "default network")
    networks.mapping.setdefault("default", derived(None, used, "default network"))


def _complete_build(service: Node, variables: Variables) -> None:
    build = service.get("build")
    if build is None or not isinstance(build.value, dict):
        return

    def has(name: str) -> bool:
        return name in build.mapping and build.mapping[name].value is not None

    if not has("context"):
        build.mapping["context"] = derived(".", build, "default")
    if not has("dockerfile") and not has("dockerfile_inline"):
        build.mapping["dockerfile"] = derived("Dockerfile", build, "default")
    if (args := build.get("args")) is not None:
        fill_in(args, variables, keep=False)


def _add_dependencies(service: Node) -> None:
    dependencies = service.get("depends_on")
    found: dict[str, Node] = dependencies.mapping if dependencies is not None else {}

    def add(name: str, source: Node, *, restart: bool) -> None:
        values: dict[str, str | bool] = {"condition": "service_started", "restart": restart, "required": True}
        entry = {key: derived(value, source, "dependency") for key, value in values.items()}
        found.setdefault(name, derived(entry, source, "dependency"))

    for link in _list(service, "links"):
        parts = link.text.split(":")
        add(parts[0] if len(parts) == 2 else link.text, link, restart=True)
    for name in _SHARED:
        node = service.get(name)
        if node is not None and node.text.startswith("service:"):
            add(node.text.removeprefix("service:"), node, restart=True)
    for source in _list(service, "volumes_from"):
        if not source.text.startswith("container:"):
            add(source.text.split(":")[0], source, restart=False)
    if found:
        service.mapping["depends_on"] = dependencies or derived(found, service, "dependency")


def _name_resources(project: Node, project_name: str) -> None:
    for kind in ("networks", "volumes", "configs", "secrets"):
        for key, node in _entries(project, kind).items():
            if node.value is None:
                node.value = {}
            name = node.get("name")
            if name is None or name.value is None:
                external = node.get("external")
                outside = external is not None and external.value in (
                    True,
                    "true",
                    "1",
                    "t",
                    "T",
                    "TRUE",
                    "True",
                )
                text = key if outside else f"{project_name}_{key}"
                node.mapping["name"] = derived(text, node, "from the project's name")
