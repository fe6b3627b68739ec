"""Whether the parts of a project fit together: what is referred to is there, nothing is said twice in two ways."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.compose.model import Node, problem
from devkit.findings.model import Finding

__all__ = ["inconsistencies"]

_HEALTH = ("CMD", "CMD-SHELL", "NONE")


def inconsistencies(project: Node, enabled: dict[str, Node], disabled: dict[str, Node]) -> list[Finding]:
    """All that does not fit, of a project in the form in which it is printed. `disabled` are services of other profiles."""
    found: list[Finding] = []
    for name, service in enabled.items():
        for check in _CHECKS:
            found += check(name, service, project, enabled, disabled)
    for name, secret in _entries(project, "secrets").items():
        if secret.get("external") is None and not {"file", "environment"} & secret.mapping.keys():
            message = f"the secret {name} has neither `file` nor `environment`"
            found.append(problem("missing-key", message, secret.at_key, "add one of them"))
    if not found:
        found += _circles(enabled)
    return found


def _entries(project: Node, kind: str) -> dict[str, Node]:
    node = project.get(kind)
    return node.value if node is not None and isinstance(node.value, dict) else {}


def _list(service: Node, *path: str) -> list[Node]:
    node = service.get(*path)
    return node.value if node is not None and isinstance(node.value, list) else []


def _text(service: Node, *path: str) -> str:
    node = service.get(*path)
    return node.value if node is not None and isinstance(node.value, str) else ""


_Found = Iterator[Finding]
_Services = dict[str, Node]


def _image(name: str, service: Node, project: Node, enabled: _Services, disabled: _Services) -> _Found:  # noqa: ARG001
    if not {"build", "image", "provider"} & service.mapping.keys():
        message = f"the service {name} has neither `image` nor `build`"
        yield problem("no-image", message, service.at_key, "add `image: NAME:TAG`")


def _build(name: str, service: Node, project: Node, enabled: _Services, disabled: _Services) -> _Found:  # noqa: ARG001
    build = service.get("build")
    if build is None:
        return
    if (inline := build.get("dockerfile_inline")) is not None and build.get("dockerfile") is not None:
        message = f"the service {name} has both `dockerfile` and `dockerfile_inline`"
        yield problem("exclusive-keys", message, inline.at_key, "keep one of the two")
    for context in _entries(build, "additional_contexts").values():
        other = str(context.value).removeprefix("service:")
        if other == context.value:
            continue
        if other not in enabled:
            message = f"the service {name} builds from the service {other}, which is not there"
            yield problem("no-such-service", message, context.place)
        elif enabled[other].get("build") is None:
            message = f"the service {name} builds from the service {other}, which is not built here"
            yield problem("not-built", message, context.place, f"give {other} a `build`")
    platform, platforms = service.get("platform"), [node.value for node in _list(build, "platforms")]
    if platform is not None and platforms and platform.value not in platforms:
        message = f"the platform of {name} is none of those that it is built for"
        yield problem("platform", message, platform.place, "add it to `build.platforms`")


def _networks(name: str, service: Node, project: Node, enabled: _Services, disabled: _Services) -> _Found:
    mode, networks = service.get("network_mode"), _entries(service, "networks")
    if mode is not None and networks:
        message = f"the service {name} has both `network_mode` and `networks`"
        yield problem("exclusive-keys", message, mode.at_key, "keep one of the two")
    for network, node in networks.items():
        if network not in _entries(project, "networks"):
            message = f"the service {name} is in the network {network}, which is not declared"
            yield problem(
                "no-such-network", message, node.at_key, f"add `{network}:` to the top-level `networks`"
            )
    if mode is not None and str(mode.value).startswith("service:"):
        yield from _known_service(name, str(mode.value).removeprefix("service:"), mode, enabled, disabled)


def _known_service(name: str, other: str, node: Node, enabled: _Services, disabled: _Services) -> _Found:
    if other in enabled:
        return
    if other in disabled:
        profiles = ", ".join(str(item.value) for item in _list(disabled[other], "profiles"))
        message = f"the service {name} needs {other}, which only the profile {profiles} enables"
        yield problem("disabled-service", message, node.at_key, f"--profile {profiles.split(', ')[0]}")
    else:
        message = f"the service {name} needs {other}, which is not there"
        yield problem("no-such-service", message, node.at_key)


def _dependencies(name: str, service: Node, project: Node, enabled: _Services, disabled: _Services) -> _Found:  # noqa: ARG001
    for other, dependency in _entries(service, "depends_on").items():
        required = dependency.get("required")
        if other in disabled and (required is None or required.value is not True):
            continue
        yield from _known_service(name, other, dependency, enabled, disabled)


def _health(name: str, service: Node, project: Node, enabled: _Services, disabled: _Services) -> _Found:  # noqa: ARG001
    test = _list(service, "healthcheck", "test")
    if test and test[0].value not in _HEALTH:
        message = f"the health check of {name} begins with `{test[0].value}`; a list begins with {', '.join(_HEALTH)}"
        yield problem("bad-health-check", message, test[0].place, 'write ["CMD", …], or one text')


def _resources(name: str, service: Node, project: Node, enabled: _Services, disabled: _Services) -> _Found:  # noqa: ARG001
    declared = _entries(project, "volumes")
    for mount in _list(service, "volumes"):
        source = mount.get("source")
        if _text(mount, "type") == "volume" and source is not None and source.value not in declared:
            message = f"the service {name} mounts the volume {source.value}, which is not declared"
            fix = f"add `{source.value}:` to the top-level `volumes`, or write ./{source.value} for a folder"
            yield problem("no-such-volume", message, mount.place, fix)
    uses = [(("build", "secrets"), "secrets"), (("secrets",), "secrets"), (("configs",), "configs")]
    for path, kind in uses:
        for use in _list(service, *path):
            source = use.get("source")
            if source is None or source.value not in _entries(project, kind):
                wanted = source.value if source else "without a name"
                message = f"the service {name} uses the {kind[:-1]} {wanted}, which is not declared"
                yield problem(f"no-such-{kind[:-1]}", message, use.place, f"add it to the top-level `{kind}`")
    for model, node in _entries(service, "models").items():
        if model not in _entries(project, "models"):
            message = f"the service {name} uses the model {model}, which is not declared"
            yield problem("no-such-model", message, node.at_key, "add it to the top-level `models`")


_TWICE = (
    ("scale", ("replicas",), "deploy.replicas"),
    ("cpus", ("resources", "limits", "cpus"), "deploy.resources.limits.cpus"),
    ("mem_limit", ("resources", "limits", "memory"), "deploy.resources.limits.memory"),
    ("mem_reservation", ("resources", "reservations", "memory"), "deploy.resources.reservations.memory"),
    ("pids_limit", ("resources", "limits", "pids"), "deploy.resources.limits.pids"),
)


def _twice(name: str, service: Node, project: Node, enabled: _Services, disabled: _Services) -> _Found:  # noqa: ARG001
    deploy = service.get("deploy")
    for key, path, shown in _TWICE:
        own = service.get(key)
        other = deploy.get(*path) if deploy is not None else None
        around = deploy.get(*path[:-1]) if deploy is not None and len(path) > 1 else other
        if own is None or around is None:
            continue
        if other is None or other.value != own.value:
            message = f"the service {name} has `{key}` and another value in {shown}"
            yield problem("two-values", message, own.at_key, "keep one of the two, or make them equal")
    for node in (service.get("scale"), service.get("deploy", "replicas")):
        if node is not None and isinstance(node.value, int) and node.value < 0:
            yield problem("out-of-range", f"the service {name} has fewer than 0 copies", node.place)


def _copies(name: str, service: Node, project: Node, enabled: _Services, disabled: _Services) -> _Found:  # noqa: ARG001
    container = service.get("container_name")
    count = service.get("scale") or service.get("deploy", "replicas")
    if container is not None and count is not None and isinstance(count.value, int) and count.value > 1:
        message = f"the service {name} has {count.value} copies and a container_name, which only one can have"
        yield problem("one-name", message, container.at_key, "delete `container_name`")


def _names(name: str, service: Node, project: Node, enabled: _Services, disabled: _Services) -> _Found:  # noqa: ARG001
    container = service.get("container_name")
    for other, node in enabled.items():
        if other == name:
            return
        if container is not None and _text(node, "container_name") == container.value:
            message = f"the services {other} and {name} have the same container_name"
            yield problem("one-name", message, container.place, "delete it, or rename one")


def _watch(name: str, service: Node, project: Node, enabled: _Services, disabled: _Services) -> _Found:  # noqa: ARG001
    for watch in _list(service, "develop", "watch"):
        if watch.get("target") is None and _text(watch, "action") not in ("rebuild", "restart"):
            message = f"a watch of {name} has no target"
            yield problem("no-target", message, watch.place, "add `target: /where/in/the/container`")


def _mounts(name: str, service: Node, project: Node, enabled: _Services, disabled: _Services) -> _Found:  # noqa: ARG001
    places: dict[str, Node] = {}
    mounts = [(str(node.value).partition(":")[0], node) for node in _list(service, "tmpfs")]
    mounts += [(_text(node, "target"), node) for node in _list(service, "volumes")]
    for target, node in mounts:
        if target in places:
            message = f"the service {name} has two mounts at {target}; the other is at {places[target].place}"
            yield problem("two-mounts", message, node.place, "keep one of the two")
        places[target] = node


_CHECKS = (
    _image, _build, _networks, _health, _dependencies, _resources, _twice, _copies, _names, _watch, _mounts,
)  # fmt: skip


def _circles(enabled: _Services) -> _Found:
    done: set[str] = set()

    def search(name: str, way: tuple[str, ...]) -> _Found:
        if name in way:
            loop = (*way[way.index(name) :], name)
            node = enabled[name].get("depends_on")
            message = f"services depend on each other in a circle: {' → '.join(loop)}"
            place = node.mapping[loop[1]].at_key if node else enabled[name].at_key
            yield problem("dependency-loop", message, place, "take one out")
            return
        if name in done:
            return
        for other in _entries(enabled[name], "depends_on"):
            if other in enabled:
                yield from search(other, (*way, name))
        done.add(name)

    for name in enabled:
        found = list(search(name, ()))
        if found:
            yield found[0]
            return
