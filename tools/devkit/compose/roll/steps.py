"""The steps of a roll: a copy is brought into service, or leaves it. Each may be begun again wherever a kill has left it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from devkit.base.errors import DevkitError
from devkit.base.polling import attempts
from devkit.compose.docker import Docker
from devkit.compose.roll.commands import Words, create, hook, remove, start, stop
from devkit.compose.roll.copies import Copy, copies_of
from devkit.compose.roll.journal import Journal
from devkit.compose.roll.names import give_names, settle, take_names
from devkit.compose.roll.plan import Plan, ServicePlan
from devkit.compose.roll.ready import is_ready, why_it_fell

__all__ = ["Proxy", "Steps"]

# How often in a row a copy must be ready, and the seconds between two looks.
_TIMES, _EVERY = 3, 1.0
# Seconds for a proxy to notice what has changed.
_NOTICE = 30.0
_KILLED = 137
# Seconds that Docker itself needs beyond a container's grace period.
_EXTRA = 30.0


class Proxy(Protocol):
    """Whoever leads traffic from outside to copies."""

    def leading(self, routes: Sequence[str], addresses: Iterable[str]) -> set[str]:
        """Those of the routes that send requests to one of the addresses. Raises DevkitError when it does not say."""


@dataclass
class Steps:
    """`say` shows what is going on. `since` is when each new copy came into service (monotonic seconds), `restarts` how often each
    one's restart policy had started it by then."""

    docker: Docker
    plan: Plan
    journal: Journal
    proxy: Proxy | None
    say: Callable[[str], None]
    since: dict[str, float] = field(default_factory=dict)
    restarts: dict[str, int] = field(default_factory=dict)

    def copies(self, service: ServicePlan) -> list[Copy]:
        return copies_of(self.docker, self.plan.project, service.name)

    def means(self, image: str) -> str:
        """The id of the image that a name means on the host; empty where it means none."""
        return self.docker.ask("image", "inspect", "--format", "{{.Id}}", image).out.strip()

    def do(self, *commands: Words, seconds: float = 60.0) -> None:
        """Runs commands, one straight after the other. They are in the journal before."""
        if not commands:
            return
        self.journal.write(what="commands", commands=[self.docker.shown(words) for words in commands])
        for words in commands:
            self.docker.succeed(words, seconds)

    def make(self, service: ServicePlan, count: int) -> list[Copy]:
        """Makes so many new containers; none is started."""
        before = self.copies(service)
        self.do(create(self.docker, service, len(before) + count), seconds=120.0)
        known = {copy.id for copy in before}
        made = [copy for copy in self.copies(service) if copy.id not in known]
        if len(made) != count:
            raise DevkitError(f"Compose made {len(made)} containers of {service.name} instead of {count}")
        for copy in made:
            if copy.image != service.image_id:
                message = f"{service.image} means another image by now: {copy.name} has {copy.image[7:19]}"
                raise DevkitError(message, fix="somebody has pulled it meanwhile; roll again")
        return made

    def bring_in(self, service: ServicePlan, wanted: Sequence[Copy]) -> None:
        """Starts containers and waits until each is ready by itself, then until others find it and the proxy sends to it."""
        for copy in wanted:
            if not copy.runs:
                self.do(*settle(self.docker, self.plan, service, copy, self.copies(service)))
                self.do(start(self.docker, copy.id))
        for copy in wanted:
            self._enter(service, copy)

    def _enter(self, service: ServicePlan, copy: Copy) -> None:
        began = time.monotonic()
        self.restarts.setdefault(copy.id, copy.restarts)
        ready = self._until(
            service, copy, began, "ready", lambda now: is_ready(self.docker, service, now), _TIMES
        )
        self.do(*give_names(self.docker, self.plan, service, ready))
        if service.has_health:
            self._until(service, copy, began, "healthy", lambda now: now.health == "healthy")
        if self.proxy is not None and service.routes:
            proxy = self.proxy
            self._until(
                service, copy, began, "seen by the proxy",
                lambda now: proxy.leading(service.routes, now.addresses) == set(service.routes),
            )  # fmt: skip
        if copy.id not in self.since:
            self.since[copy.id] = time.monotonic()
            self.journal.note(
                f"{copy.name} is in service", copy=copy.id, seconds=round(time.monotonic() - began, 1)
            )

    def _until(
        self,
        service: ServicePlan,
        copy: Copy,
        began: float,
        what: str,
        holds: Callable[[Copy], bool],
        times: int = 1,
    ) -> Copy:
        """Waits until something holds for a copy so many times in a row. Returns how it is then."""
        row = 0
        for left in attempts(max(0.0, began + service.wait - time.monotonic()), _EVERY):
            now = self._look(service, copy)
            if fallen := why_it_fell(now, self.restarts):
                raise fallen
            row = row + 1 if holds(now) else 0
            if row == times:
                return now
            self.say(f"{service.name}: {copy.name} is not {what} yet ({left:.0f} s left)")
            self.journal.beat()
        raise DevkitError(
            f"{copy.name} was not {what} within {service.wait:.0f} s",
            fix=f"docker logs --tail 50 {copy.name}",
        )

    def _look(self, service: ServicePlan, copy: Copy) -> Copy:
        for now in self.copies(service):
            if now.id == copy.id:
                return now
        raise DevkitError(f"{copy.name} was removed by somebody else")

    def retire(self, service: ServicePlan, copy: Copy) -> None:
        """Lets nobody find a copy any more, lets it finish, and stops it. It is kept, so that it can be started again."""
        self.say(f"{service.name}: {copy.name} finishes what it has")
        self.do(*take_names(self.docker, self.plan, service, copy))
        for command in service.hooks:
            self.do(hook(self.docker, copy.id, command), seconds=service.grace + _EXTRA)
        began = time.monotonic()
        self.do(stop(self.docker, copy.id, service.grace), seconds=service.grace + _EXTRA)
        took = round(time.monotonic() - began, 1)
        code = self._look(service, copy).exit_code
        killed = f": killed at the end of its {service.grace:.0f} s" if code == _KILLED else ""
        self.journal.note(f"{copy.name} has stopped{killed}", copy=copy.id, seconds=took, exit_code=code)
        self._gone(service, copy)

    def _gone(self, service: ServicePlan, copy: Copy) -> None:
        if self.proxy is None or not service.routes or not copy.addresses:
            return
        for _ in attempts(_NOTICE, _EVERY):
            if not self.proxy.leading(service.routes, copy.addresses):
                return
            self.journal.beat()
        raise DevkitError(f"the proxy still sends to {copy.name}, which has stopped")

    def discard(self, copy: Copy) -> None:
        """Removes a container."""
        self.do(remove(self.docker, copy.id))

    def watch(self, copies: Sequence[tuple[ServicePlan, Copy]]) -> None:
        """Raises DevkitError when one of them has ended, or is not healthy any more."""
        for service, copy in copies:
            now = self._look(service, copy)
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
