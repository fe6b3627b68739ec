"""What is seen of a service's copies, and waiting until it is as it should be."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from devkit.base.errors import DevkitError
from devkit.base.polling import attempts
from devkit.compose.containers import Container, containers_of
from devkit.compose.docker import Docker
from devkit.compose.roll.journal import Journal
from devkit.compose.roll.plan import Plan, ServicePlan
from devkit.compose.roll.ready import is_ready, logs_of, why_it_fell

__all__ = ["Looks", "Proxy"]

# How often in a row a copy must be ready, and the seconds between two looks.
_TIMES, _EVERY = 3, 1.0
# Seconds for a proxy to notice what has changed.
_NOTICE = 30.0
# Seconds between the last moment at which a copy has to be ready and Docker's first question.
_MARGIN = 1.5


class Proxy(Protocol):
    """Whoever leads traffic from outside to copies."""

    def leading(self, routes: Sequence[str], addresses: Iterable[str]) -> set[str]:
        """Those of the routes that send requests to one of the addresses. Raises DevkitError when it does not say."""


class Late(Exception):
    """What was waited for did not come until `end` (monotonic seconds)."""

    def __init__(self, what: str, end: float) -> None:
        super().__init__(what)
        self._end = end

    def seconds(self, began: float) -> float:
        """How long was waited."""
        return self._end - began


@dataclass
class Looks:
    """`say` shows what is going on. `since` is when each new copy came into service (monotonic seconds), `restarts` how often each
    one's restart policy had started it by then."""

    docker: Docker
    plan: Plan
    journal: Journal
    proxy: Proxy | None
    say: Callable[[str], None]
    since: dict[str, float] = field(default_factory=dict)
    restarts: dict[str, int] = field(default_factory=dict)

    def copies(self, service: ServicePlan) -> list[Container]:
        """All containers of a service."""
        return containers_of(self.docker, self.plan.project, service.name)

    def look(self, service: ServicePlan, copy: Container) -> Container:
        """How a container is now. Raises DevkitError where it is gone."""
        for now in self.copies(service):
            if now.id == copy.id:
                return now
        raise DevkitError(f"{copy.name} was removed by somebody else")

    def means(self, image: str) -> str:
        """The id of the image that a name means on the host; empty where it means none."""
        return self.docker.ask("image", "inspect", "--format", "{{.Id}}", image).out.strip()

    def until_ready(self, service: ServicePlan, copy: Container, began: float) -> Container:
        """Waits until a copy that was started at `began` says several times in a row that it is ready: before the proxy sends to
        it. Raises DevkitError where it does not, or ends."""
        self.restarts.setdefault(copy.id, copy.restarts)
        first_by = service.wait
        if service.hold is not None and not copy.runs:
            first_by = min(first_by, max(1.0, service.hold - _MARGIN))

        def ready(now: Container) -> bool:
            return is_ready(self.docker, service, now)

        try:
            self._until(service, copy, began + first_by, "ready", ready)
            return self._until(service, copy, began + service.wait, "ready", ready, _TIMES - 1)
        except Late as late:
            why = f"{copy.name} was not ready within {late.seconds(began):.0f} s"
            if first_by < service.wait:
                why += f": {service.hold:g} s after its start Docker asks whether it is healthy, and the proxy then sends to it, ready or not"
            raise DevkitError(why, fix=logs_of(copy)) from None

    def until_routed(self, service: ServicePlan, copy: Container, began: float) -> Container:
        """Waits until Docker calls a copy healthy and the proxy sends to it. Raises DevkitError where that does not come."""
        end, proxy = began + service.wait, self.proxy
        try:
            if service.has_health:
                self._until(service, copy, end, "healthy", lambda now: now.health == "healthy")
            if proxy is not None and service.routes:
                wanted = set(service.routes)
                self._until(
                    service, copy, end, "seen by the proxy",
                    lambda now: proxy.leading(service.routes, now.addresses) == wanted,
                )  # fmt: skip
        except Late as what:
            raise DevkitError(
                f"{copy.name} was not {what} within {service.wait:g} s", fix=logs_of(copy)
            ) from None
        return self.look(service, copy)

    def until_gone(self, service: ServicePlan, copy: Container) -> None:
        """Waits until the proxy no longer sends to a copy. Raises DevkitError where it goes on."""
        if self.proxy is None or not service.routes or not copy.addresses:
            return
        for _ in attempts(_NOTICE, _EVERY):
            if not self.proxy.leading(service.routes, copy.addresses):
                return
            self.journal.beat()
        raise DevkitError(f"the proxy still sends to {copy.name}, which has stopped")

    def watch(self, copies: Sequence[tuple[ServicePlan, Container]]) -> None:
        """Raises DevkitError when one of them has ended, or is not healthy any more."""
        for service, copy in copies:
            now = self.look(service, copy)
            if fallen := why_it_fell(now, self.restarts):
                raise fallen
            if now.health == "unhealthy":
                raise DevkitError(
                    f"{copy.name} became unhealthy",
                    fix=f"docker inspect --format '{{{{json .State.Health}}}}' {copy.name}",
                )

    def wait(self, seconds: float, words: str, look: Callable[[], None]) -> None:
        """Waits, and looks meanwhile."""
        for left in attempts(seconds, _EVERY):
            look()
            self.journal.beat()
            if left:
                self.say(f"{words} ({left:.0f} s)")

    def _until(
        self,
        service: ServicePlan,
        copy: Container,
        end: float,
        what: str,
        holds: Callable[[Container], bool],
        times: int = 1,
    ) -> Container:
        """Waits until something holds for a copy so many times in a row. Returns how it is then; raises Late, or DevkitError when
        the copy ends."""
        row = 0
        for left in attempts(max(0.0, end - time.monotonic()), _EVERY):
            now = self.look(service, copy)
            if fallen := why_it_fell(now, self.restarts):
                raise fallen
            row = row + 1 if holds(now) else 0
            if row == times:
                return now
            self.say(f"{service.name}: {copy.name} is not {what} yet ({left:.0f} s left)")
            self.journal.beat()
        raise Late(what, end)
