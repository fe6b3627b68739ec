"""Making the plan of a roll: what the files want against what runs. Only images are pulled here; nothing that runs is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from devkit.base.errors import DevkitError, ExitCode
from devkit.compose.audit.copies import alone
from devkit.compose.audit.stack import Service, Stack
from devkit.compose.containers import Container, containers_of
from devkit.compose.docker import Docker
from devkit.compose.image_names import split_reference, with_tag
from devkit.compose.roll.commands import create, name_image, pending_migration, pull
from devkit.compose.roll.names import can_choose
from devkit.compose.roll.plan import Migration, Plan, ServicePlan
from devkit.compose.roll.settings import (
    back_policy,
    grace_of,
    health_test,
    hold_of,
    migration_of,
    names_of,
    pre_stop,
    proxy_labels,
    readiness,
    routes_of,
    tag_variable,
    update_policy,
    wait_of,
)

__all__ = ["Request", "Target", "find_proxy", "make_plan"]

_PULL = 1800.0
_CHANGES = ("stopping", "stopped", "removing", "removed", "recreate", "recreated")


@dataclass(frozen=True)
class Target:
    """The image that a service is to have: a tag of its own name, and the digest that this must mean where it is known."""

    tag: str
    digest: str = ""


@dataclass(frozen=True)
class Request:
    """What the operator asks for. `targets` by service; one without has the image that its file names. `wait` and `monitor` are
    seconds, None: what the files say. `with_pause` stops all copies of these before the new ones appear."""

    names: Sequence[str]
    targets: Mapping[str, Target]
    kind: str = "roll"
    wait: float | None = None
    monitor: float | None = None
    with_pause: frozenset[str] = frozenset()
    backup: str = ""
    again: bool = False
    proxy: str = ""


def make_plan(
    stack: Stack, docker: Docker, request: Request, say: Callable[[str], None]
) -> tuple[Plan, Docker, list[str]]:
    """The plan, a Docker whose Compose makes what is planned, and what the operator should know. Services that are as they
    should be are left out.

    Raises DevkitError: exit 2 for what cannot be asked for, exit 5 for what would not go well.
    """
    services = [_service(stack, name) for name in dict.fromkeys(request.names)]
    targets = dict(request.targets)
    variables = {tag_variable(each): targets[each.name].tag for each in services if each.name in targets}
    docker = replace(docker, variables=variables)
    running = {each.name: containers_of(docker, stack.project.name, each.name) for each in services}
    for each in services:
        _refuse_labels(each, running[each.name], request)
    hashes = {each.name: docker.compose("config", "--hash", each.name).split()[-1] for each in services}
    plans, notes = [], []
    for each in services:
        planned = _planned(stack, docker, each, running[each.name], request, say)
        if not request.again and _is_as_planned(planned, running[each.name], hashes[each.name]):
            notes.append(
                f"{each.name} runs {planned.image} already; --again replaces its copies all the same"
            )
            continue
        _refuse_side_effects(docker, planned, len(running[each.name]))
        plans.append(planned)
    networks = sorted({name for each in plans for name in each.names})
    chosen = tuple(name for name in networks if can_choose(docker, name))
    for name in sorted(set(networks) - set(chosen)):
        notes.append(
            f"{name} has no `ip_range` smaller than its subnet: other services find a new copy there before it is ready, and an old"
            " one until it has ended (docs/compose.md, roll)"
        )
    now = datetime.now(UTC)
    plan = Plan(
        id=f"{now:%Y-%m-%dT%H-%M-%S}", project=stack.project.name, services=tuple(plans),
        kind="rollback" if request.kind == "rollback" else "roll", networks=chosen,
        proxy=find_proxy(stack, docker, request.proxy) if any(each.routes for each in plans) else "",
    )  # fmt: skip
    if request.kind == "roll":
        plan = _with_migration(
            plan, docker, migration_of(stack, [each.name for each in plans]), request.backup, say
        )
    return plan, docker, notes


def find_proxy(stack: Stack, docker: Docker, named: str = "") -> str:
    """The container of the proxy: the one that is named, else the project's Traefik. Raises DevkitError where there is none."""
    if named:
        return str(docker.inspect("container", [named])[0]["Id"])
    for service in stack.services:
        if service.base_name == "traefik":
            for copy in containers_of(docker, stack.project.name, service.name):
                if copy.runs:
                    return copy.id
    raise DevkitError(
        "labels lead Traefik to these services, but this project has no Traefik that runs",
        fix="--proxy CONTAINER names one of another project", exit_code=ExitCode.REFUSED,
    )  # fmt: skip


def _service(stack: Stack, name: str) -> Service:
    found = next((service for service in stack.services if service.name == name), None)
    if found is None:
        known = ", ".join(sorted(stack.names))
        raise DevkitError(
            f"the project has no service {name}", fix=f"one of: {known}", exit_code=ExitCode.USAGE
        )
    if found.get("container_name") is not None:
        raise DevkitError(
            f"{name} has a container name, of which there can be one: its next container cannot be made before the old one is gone",
            fix="delete `container_name`; the service's name is its host name", exit_code=ExitCode.REFUSED,
        )  # fmt: skip
    if not found.image:
        raise DevkitError(f"{name} has no `image`, only `build`", fix="push what is built, and name it", exit_code=ExitCode.REFUSED)  # fmt: skip
    return found


def _planned(
    stack: Stack,
    docker: Docker,
    service: Service,
    copies: Sequence[Container],
    request: Request,
    say: Callable[[str], None],
) -> ServicePlan:
    target = request.targets.get(service.name)
    image = with_tag(service.image, target.tag) if target else service.image
    say(f"{service.name}: pulling {image}")
    image_id, digest = _pulled(docker, image, target)
    old = {copy.id: copy.image_id for copy in copies if copy.runs}
    pause = service.name in request.with_pause
    update = update_policy(service, with_pause=pause)
    test = health_test(service)
    return ServicePlan(
        name=service.name, image=image, image_id=image_id, digest=digest, before_tag=next((split_reference(copy.image)[1] for copy in copies if copy.runs), ""),
        before=_digest_of(docker, next(iter(old.values()), "")),
        old=old, idle=tuple(copy.id for copy in copies if not copy.runs),
        copies=len(old) or int(service.text("deploy", "replicas") or service.text("scale") or 1),
        update=update if request.monitor is None else replace(update, monitor=request.monitor),
        back=back_policy(service, with_pause=pause), grace=grace_of(service),
        wait=wait_of(service) if request.wait is None else request.wait, ready=readiness(service),
        has_health=(bool(test) and test[0] != "NONE") or any(copy.health for copy in copies),
        routes=routes_of(service), hold=hold_of(service), names=names_of(stack, service), hooks=pre_stop(service), alone=tuple(alone(service)),
        tag_variable=tag_variable(service) if target else "", tag=target.tag if target else "",
    )  # fmt: skip


def _with_migration(
    plan: Plan, docker: Docker, migration: Migration | None, backup: str, say: Callable[[str], None]
) -> Plan:
    """The plan with what is pending. Raises DevkitError (exit 5) where something is, and no backup is named."""
    if migration is None:
        return plan
    say("asking the new image for pending migrations")
    planned = replace(plan, migration=replace(migration, backup=backup))
    answer = docker.answer(pending_migration(docker, planned), 180.0)
    if answer.code == 0:
        return plan
    if not backup:
        raise DevkitError(
            f"{migration.service}'s new image has migrations that are not applied: {answer.last_line}",
            fix="--backup NAME says which backup of the database you would go back to; roll applies them first",
            exit_code=ExitCode.REFUSED,
        )
    return planned


def _pulled(docker: Docker, image: str, target: Target | None) -> tuple[str, str]:
    """The id of an image and its digest in the registry, once it is on the host."""
    if target is not None and target.digest:
        by_digest = f"{split_reference(image)[0]}@{target.digest}"
        docker.succeed(pull(docker, by_digest), _PULL)
        image_id = docker.inspect("image", [by_digest])[0]["Id"]
        docker.succeed(name_image(docker, image_id, image))
    else:
        docker.succeed(pull(docker, image), _PULL)
    data = docker.inspect("image", [image])[0]
    return str(data["Id"]), _digest(data)


def _digest_of(docker: Docker, image_id: str) -> str:
    if not image_id or docker.ask("image", "inspect", image_id).code:
        return ""
    return _digest(docker.inspect("image", [image_id])[0])


def _digest(data: Mapping[str, list[str] | None]) -> str:
    """`sha256:…` as registries know the image; empty for one that was built here."""
    return next((name.partition("@")[2] for name in data.get("RepoDigests") or ()), "")


def _is_as_planned(planned: ServicePlan, copies: Sequence[Container], wanted: str) -> bool:
    running = [copy for copy in copies if copy.runs]
    return bool(running) and all(
        copy.image_id == planned.image_id and copy.labels.get("com.docker.compose.config-hash") == wanted
        for copy in running
    )


def _refuse_labels(service: Service, copies: Sequence[Container], request: Request) -> None:
    """Traefik leaves a whole service out while two containers of it have different labels."""
    wanted = proxy_labels({name: str(node.plain()) for name, node in service.labels.items()})
    for copy in copies if service.name not in request.with_pause else ():
        now = proxy_labels(dict(copy.labels))
        changed = sorted(name for name in {*wanted, *now} if wanted.get(name) != now.get(name))
        if copy.runs and changed:
            raise DevkitError(
                f"{service.name}: {', '.join(changed[:3])}{' …' if len(changed) > 3 else ''} of {copy.name} will change. While old and new"
                " copies differ in these labels, Traefik answers 404 for all of them",
                fix=f"--with-pause {service.name} stops the old copies first; or roll the image without the change of labels",
                exit_code=ExitCode.REFUSED,
            )


def _refuse_side_effects(docker: Docker, planned: ServicePlan, there: int) -> None:
    """Compose itself says what it would do: other than make containers, nothing."""
    words = create(docker, planned, there + 1)
    at = words.index("compose") + 1
    answer = docker.answer((*words[:at], "--dry-run", *words[at:]), 120.0)
    if answer.code:
        raise DevkitError(f"Compose cannot make a copy of {planned.name}: {answer.last_line}", fix="docker compose version: 2.19 or newer is needed")  # fmt: skip
    lines = [line.rpartition(" - ")[2].strip() for line in (answer.err + answer.out).splitlines()]
    other = [line for line in lines if line.lower().split()[-1:] and line.lower().split()[-1] in _CHANGES]
    if other:
        raise DevkitError(
            f"Compose would do more than make a copy of {planned.name}: {'; '.join(' '.join(line.split()) for line in other[:3])}. A network"
            " or volume differs from what the files say", fix="docker compose up -d at a quiet hour, which stops what uses it",
            exit_code=ExitCode.REFUSED,
        )  # fmt: skip
