"""The proxy sends requests to every copy."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from devkit.base.errors import DevkitError
from devkit.checks import Problem, Problems, Skipped, check, warning
from devkit.compose.audit.stack import Service
from devkit.compose.containers import Container
from devkit.compose.gate.subject import Gate
from devkit.compose.traefik_api import UP, TraefikApi, TraefikService
from devkit.compose.traefik_labels import balancers_of

__all__ = ["proxy", "traefik_of"]


@check("gate.proxy", "Traefik sends requests to every copy", after=("gate.docker",), deadline=90)
def proxy(gate: Gate) -> str:
    routed = {service.name: balancers_of(service) for service in gate.concerned if balancers_of(service)}
    api = traefik_of(gate)
    if not routed or api is None:
        raise Skipped("no Traefik in this project" if api is None else "Traefik sends to no service here")
    try:
        known = {each.short_name: each for each in api.services()}
    except DevkitError as problem:
        raise warning(
            f"whether Traefik sends to every copy is not known: {problem.message}", problem.fix
        ) from None
    found = [
        problem
        for service in gate.concerned
        for name in routed.get(service.name, ())
        for problem in _judged(gate, service, name, known.get(name))
    ]
    if found:
        raise Problems(found)
    return f"{', '.join(routed)}: every copy"


def traefik_of(gate: Gate) -> TraefikApi | None:
    """The API of the project's running Traefik; None where it has none, or it does not run."""
    proxies = gate.running(each for each in gate.stack.services if each.base_name == "traefik")
    if not proxies:
        return None
    helpers = gate.running(gate.stack.applications())
    return TraefikApi(gate.docker, proxies[0].id, sorted({each.image_id for each in helpers}))


def _judged(gate: Gate, service: Service, name: str, known: TraefikService | None) -> Iterator[Problem]:
    copies = [each for each in gate.first_look if each.service == service.name and each.runs]
    logs = gate.compose("logs", "--tail", "50", service.name)
    if known is None:
        if copies:
            yield Problem(
                f"Traefik has no service {name}: requests for {service.name} are answered with 404",
                "do all copies carry the same labels, and is one healthy? Traefik's log says more: "
                + gate.compose("logs", "--tail", "50", "traefik"),
            )
        return
    by_address = {urlsplit(url).hostname or "": status for url, status in known.servers.items()}
    for each in copies:
        status = next((by_address[address] for address in each.addresses if address in by_address), "")
        if not status:
            yield Problem(f"Traefik does not know {each.name} as a server of {name}", _unknown(each, logs))
        elif status != UP:
            yield Problem(f"Traefik sends nothing to {each.name}: it does not say that it is ready", logs)
    own = {address for each in copies for address in each.addresses}
    if strangers := sorted(set(by_address) - own):
        yield warning(
            f"Traefik sends requests for {name} to {', '.join(strangers)} too, which is no copy of {service.name}",
            "whose container carries the same label?",
        )


def _unknown(container: Container, logs: str) -> str:
    if container.health in ("starting", "unhealthy"):
        return f"it is {container.health}: {logs}"
    return "is it in Traefik's network, with the same labels as the other copies?"
