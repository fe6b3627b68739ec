"""What a service's Compose files say of the way in which its copies are replaced."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

from devkit.base.errors import DevkitError, ExitCode
from devkit.compose.audit.copies import alone
from devkit.compose.audit.stack import Service, Stack, seconds
from devkit.compose.image_names import split_reference
from devkit.compose.model import Node, Source
from devkit.compose.roll.plan import Migration, OnFailure, Order, Policy
from devkit.compose.roll.ready import LIVE, ready_command
from devkit.compose.traefik_labels import balancers_of

__all__ = [
    "back_policy", "grace_of", "health_test", "hold_of", "migration_of", "names_of", "pre_stop", "proxy_labels", "readiness", "routes_of", "tag_variable",
    "update_policy", "wait_of",
]  # fmt: skip

# Compose's own defaults.
_GRACE, _INTERVAL, _TIMEOUT, _RETRIES = 10.0, 30.0, 30.0, 3
# How long a new copy is watched where `monitor` does not say it.
_MONITOR = 60.0
# A tag that is nothing but a variable.
_TAG = re.compile(r":(?:\$([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*)(?::?[-+?][^}/]*)?\})$")


def update_policy(service: Service, *, with_pause: bool = False) -> Policy:
    """`deploy.update_config`. Unlike Swarm, what says nothing starts the new copy first and goes back on a failure. A service of
    which two copies cannot run stops first; with a pause, all of its copies do."""
    found = _policy(service, "update_config")
    if with_pause:
        return Policy(0, 0.0, "stop-first", found.on_failure, found.monitor)
    return found


def back_policy(service: Service, *, with_pause: bool = False) -> Policy:
    """`deploy.rollback_config`, in the same way."""
    return Policy(0, 0.0, "stop-first") if with_pause else _policy(service, "rollback_config")


def _policy(service: Service, key: str) -> Policy:
    parallelism = service.text("deploy", key, "parallelism")
    order = service.text("deploy", key, "order") or "start-first"
    monitor = seconds(service.get("deploy", key, "monitor"))
    return Policy(
        int(parallelism) if parallelism else 1,
        seconds(service.get("deploy", key, "delay")) or 0.0,
        "stop-first" if alone(service) else cast(Order, order),
        cast(OnFailure, service.text("deploy", key, "failure_action") or "rollback"),
        _MONITOR if monitor is None else monitor,
    )


def grace_of(service: Service) -> float:
    """Seconds between SIGTERM and SIGKILL."""
    found = seconds(service.get("stop_grace_period"))
    return _GRACE if found is None else found


def health_test(service: Service) -> list[str]:
    """Docker's health check; empty where the files have none."""
    disabled = service.plain("healthcheck", "disable") is True
    return [] if disabled else service.words("healthcheck", "test")


def readiness(service: Service) -> tuple[str, ...]:
    """A command that asks a copy whether it is ready, at the route that the proxy asks. Empty where Docker's own health check has to
    do: there is no command, or it holds values of variables, which are for no command line."""
    if any(word.origin.variables for word in service.items("healthcheck", "test")):
        return ()
    paths = [
        str(each["healthcheck.path"].plain())
        for each in balancers_of(service).values()
        if "healthcheck.path" in each
    ]
    return ready_command(health_test(service), paths[0] if paths else "")


def wait_of(service: Service) -> float:
    """Seconds that a copy gets until it is ready: as long as Docker needs to call it healthy or not, and some more."""
    if not health_test(service):
        return 60.0
    interval = seconds(service.get("healthcheck", "interval")) or _INTERVAL
    timeout = seconds(service.get("healthcheck", "timeout")) or _TIMEOUT
    retries = int(service.text("healthcheck", "retries") or _RETRIES)
    start = seconds(service.get("healthcheck", "start_period")) or 0.0
    return max(60.0, start + retries * (interval + timeout) + 2 * interval)


def hold_of(service: Service) -> float | None:
    """Seconds after its start at which Docker first asks a copy for its health. A proxy that goes by Docker's health sends to it
    from then on until it has asked itself, so it has to be ready before. None where it makes no difference: it is not routed to,
    or Docker asks the very same question."""
    test = health_test(service)
    if not test or not routes_of(service) or readiness(service) == ready_command(test, LIVE):
        return None
    first = seconds(service.get("healthcheck", "start_interval"))
    return first or seconds(service.get("healthcheck", "interval")) or _INTERVAL


def pre_stop(service: Service) -> tuple[tuple[str, ...], ...]:
    """What is run in a copy before it is stopped. Raises DevkitError (exit 5) where that holds values of variables."""
    return tuple(
        _command(hook.get("command"), f"pre_stop of {service.name}") for hook in service.items("pre_stop")
    )


def _command(node: Node | None, what: str) -> tuple[str, ...]:
    """The words of a command; none where there is no list."""
    words = node.items if node is not None and isinstance(node.value, list) else []
    for word in words:
        if word.origin.variables:
            raise DevkitError(
                f"{word.place.file}:{word.place.line}: {what} holds the value of {word.origin.variables[0].name}, which others would see"
                " in the command line", fix="let a shell in the container read it: $$NAME", exit_code=ExitCode.REFUSED,
            )  # fmt: skip
    return tuple(str(word.plain()) for word in words)


def routes_of(service: Service) -> tuple[str, ...]:
    """The proxy's services that its labels define."""
    return tuple(sorted(balancers_of(service)))


def proxy_labels(labels: dict[str, str]) -> dict[str, str]:
    """Those that the proxy reads."""
    return {name: value for name, value in labels.items() if name.lower().startswith("traefik.")}


def names_of(stack: Stack, service: Service) -> dict[str, tuple[str, ...]]:
    """What others call it by, for each network by the name that Docker knows it by."""
    found = {}
    for key, node in service.entries("networks").items():
        named = stack.project.tree.get("networks", key, "name")
        aliases = node.get("aliases") if isinstance(node.value, dict) else None
        more = [str(each.plain()) for each in aliases.items] if aliases is not None else []
        found[str(named.plain()) if named is not None else key] = tuple(dict.fromkeys([service.name, *more]))
    return found


def tag_variable(service: Service) -> str:
    """The variable that holds the tag of its image. Raises DevkitError (exit 2) where there is none, or the shell sets it."""
    image = service.get("image")
    variables = image.origin.variables if image is not None else ()
    text = (image.origin.text if image is not None else None) or ""
    tag = _TAG.search(text)
    found = next((variable for variable in variables if tag and variable.name in tag.groups()), None)
    if found is None:
        raise DevkitError(
            f"--tag: the image of {service.name} has no variable for its tag: {text or service.image}",
            fix=f"write it as {split_reference(service.image)[0]}:${{{service.name.upper().replace('-', '_')}_IMAGE_TAG:-latest}}",
            exit_code=ExitCode.USAGE,
        )
    if found.source is Source.ENVIRONMENT:
        raise DevkitError(
            f"{found.name} is set in this shell, which counts more than .env: the next `up` elsewhere would undo the roll",
            fix=f"unset {found.name}", exit_code=ExitCode.USAGE,
        )  # fmt: skip
    return found.name


def migration_of(stack: Stack, rolled: Sequence[str]) -> Migration | None:
    """The project's `x-roll.migrate`: `services` whose images have the migrations, and the commands there that fail while one is
    pending, and that apply all. It is run with the image of the first of these that is rolled; None where none of them is.

    Raises DevkitError (exit 2) where the extension is incomplete.
    """
    found = stack.project.model.get("x-roll", "migrate")
    if found is None:
        return None
    services, pending, apply = (
        _command(found.get(key), f"x-roll.migrate.{key}") for key in ("services", "pending", "apply")
    )
    if not (services and pending and apply) or not set(services) <= stack.names:
        raise DevkitError(
            f"{found.place.file}:{found.place.line}: x-roll.migrate needs `services` (of this project), `pending` and `apply` (commands),"
            " all as lists", fix="docs/compose.md, roll", exit_code=ExitCode.USAGE,
        )  # fmt: skip
    used = next((name for name in rolled if name in services), None)
    return Migration(used, pending, apply) if used else None
