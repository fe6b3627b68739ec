"""The steps of a roll: a copy is brought into service, or leaves it. Each may be begun again wherever a kill has left it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from devkit.base.errors import DevkitError
from devkit.compose.containers import Container
from devkit.compose.roll.commands import Words, create, hook, remove, start, stop
from devkit.compose.roll.looks import Looks
from devkit.compose.roll.names import give_names, settle, take_names
from devkit.compose.roll.plan import ServicePlan

__all__ = ["Steps"]

_KILLED = 137
# Seconds that Docker itself needs beyond a container's grace period.
_EXTRA = 30.0


class Steps(Looks):
    """Changes containers; every command is in the journal before it is run."""

    def do(self, *commands: Words, seconds: float = 60.0) -> None:
        """Runs commands; several belong together, and nothing comes between them. They are in the journal before."""
        if not commands:
            return
        self.journal.write(what="commands", commands=[self.docker.shown(words) for words in commands])
        if len(commands) == 1:
            self.docker.succeed(commands[0], seconds)
        else:
            self.docker.run_together(commands, seconds)

    def make(self, service: ServicePlan, count: int) -> list[Container]:
        """Makes so many new containers; none is started. Raises DevkitError where they are not what was planned."""
        before = self.copies(service)
        self.do(create(self.docker, service, len(before) + count), seconds=120.0)
        known = {copy.id for copy in before}
        made = [copy for copy in self.copies(service) if copy.id not in known]
        if len(made) < count:
            raise DevkitError(f"Compose made {len(made)} containers of {service.name} instead of {count}")
        for copy in made[count:]:  # those that a process had ordered that was killed meanwhile
            self.discard(copy)
        made = made[:count]
        for copy in made:
            if copy.image_id != service.image_id:
                message = f"{service.image} means another image by now: {copy.name} has {copy.image_id[7:19]}"
                raise DevkitError(message, fix="somebody has pulled it meanwhile; roll again")
        return made

    def bring_in(self, service: ServicePlan, wanted: Sequence[Container]) -> None:
        """Starts containers and waits until each is ready by itself and the proxy sends to it; then others find it."""
        began = dict.fromkeys((copy.id for copy in wanted), time.monotonic())
        for copy in wanted:
            if not copy.runs:
                self.do(*settle(self.docker, self.plan, service, copy, self.copies(service)))
                began[copy.id] = time.monotonic()
                self.do(start(self.docker, copy.id))
        for copy in wanted:
            self._enter(service, copy, began[copy.id])

    def _enter(self, service: ServicePlan, copy: Container, began: float) -> None:
        self.until_ready(service, copy, began)
        routed = self.until_routed(service, copy, began)
        self.do(*give_names(self.docker, self.plan, service, routed))
        if copy.id not in self.since:
            self.since[copy.id] = time.monotonic()
            took = round(time.monotonic() - began, 1)
            self.journal.note(f"{copy.name} is in service", copy=copy.id, seconds=took)

    def retire(self, service: ServicePlan, copy: Container) -> None:
        """Lets nobody find a copy any more, lets it finish, and stops it. It is kept, so that it can be started again."""
        self.say(f"{service.name}: {copy.name} finishes what it has")
        self.do(*take_names(self.docker, self.plan, service, copy))
        for command in service.hooks:
            self.do(hook(self.docker, copy.id, command), seconds=service.grace + _EXTRA)
        began = time.monotonic()
        self.do(stop(self.docker, copy.id, service.grace), seconds=service.grace + _EXTRA)
        took = round(time.monotonic() - began, 1)
        code = self.look(service, copy).exit_code
        killed = f": killed at the end of its {service.grace:.0f} s" if code == _KILLED else ""
        self.journal.note(f"{copy.name} has stopped{killed}", copy=copy.id, seconds=took, exit_code=code)
        self.until_gone(service, copy)

    def discard(self, copy: Container) -> None:
        """Removes a container."""
        self.do(remove(self.docker, copy.id))
