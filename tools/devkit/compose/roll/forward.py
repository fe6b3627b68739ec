"""The way forward: services one after the other, each in batches. What is done already is read off the containers, so going on
after a kill is the same as beginning."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from devkit.base.errors import DevkitError
from devkit.compose.containers import Container
from devkit.compose.docker import DockerAway
from devkit.compose.roll.batches import Retire, next_step
from devkit.compose.roll.commands import apply_migration, name_image, pending_migration
from devkit.compose.roll.plan import ServicePlan
from devkit.compose.roll.steps import Steps

__all__ = ["Forward", "Paused"]

_MIGRATION = 3600.0


class Paused(Exception):
    """The roll stops where it is: `failure_action: pause`."""

    def __init__(self, problem: DevkitError) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass
class Forward:
    """`take_back` puts one service back; `failed` are those for which that was done (`failure_action: continue`)."""

    steps: Steps
    take_back: Callable[[ServicePlan], None]
    failed: list[str] = field(default_factory=list)

    def run(self) -> None:
        """All services, then a last look for as long as new copies are watched. Raises DevkitError when the roll has to go back."""
        self._migrate()
        for service in self.steps.plan.services:
            try:
                self._update(service)
            except DockerAway:
                raise
            except DevkitError as problem:
                self._judge(service, problem)
        self._watch_to_the_end()

    def finish(self, write: Callable[[], None]) -> None:
        """What makes the roll final: tags where Compose finds them, then the old containers go."""
        write()
        for service in self.steps.plan.services:
            for copy in self.steps.copies(service) if service.name not in self.failed else ():
                if copy.id in service.known and not copy.runs:
                    self.steps.discard(copy)

    def _migrate(self) -> None:
        """Once, with the new image, before any copy of it runs."""
        steps, migration = self.steps, self.steps.plan.migration
        if migration is None or any(event.get("done") == "migration" for event in steps.journal.events):
            return
        steps.say("asking for pending migrations")
        if steps.docker.answer(pending_migration(steps.docker, steps.plan), 120.0).code:
            steps.say("migrating")
            steps.journal.note(f"the backup to go back to is {migration.backup}")
            steps.do(apply_migration(steps.docker, steps.plan), seconds=_MIGRATION)
        steps.journal.note("migrations are applied", done="migration")

    def _update(self, service: ServicePlan) -> None:
        steps, policy = self.steps, service.update
        steps.journal.note(f"{service.name}: begins")
        if steps.means(service.image) != service.image_id:
            steps.do(name_image(steps.docker, service.image_id, service.image))
        new = [copy for copy in steps.copies(service) if copy.id not in service.known]
        for copy in new[service.copies :]:
            steps.discard(copy)
        new = new[: service.copies]
        steps.bring_in(service, new)
        short_since: float | None = None
        while True:
            old = [copy for copy in steps.copies(service) if copy.id in service.old and copy.runs]
            step = next_step(policy, service.copies, len(old), len(new))
            if step is None:
                break
            if isinstance(step, Retire):
                self._watch()
                if policy.order == "stop-first" and short_since is None:
                    short_since = time.monotonic()
                for copy in old[: step.count]:
                    steps.retire(service, copy)
                continue
            if new:
                steps.wait(policy.delay, f"{service.name}: waiting before the next copy", self._watch)
            made = steps.make(service, step.count)
            steps.bring_in(service, made)
            new += made
            if short_since is not None:
                pause = round(time.monotonic() - short_since, 1)
                steps.journal.note(f"{service.name}: there was a copy too few for {pause} s", pause=pause)
                short_since = None
        steps.journal.note(f"{service.name}: {service.copies} of {service.copies} copies are new")

    def _entered(self) -> list[tuple[ServicePlan, Container]]:
        """The new copies that are in service."""
        return [
            (service, copy)
            for service in self.steps.plan.services
            if service.name not in self.failed
            for copy in self.steps.copies(service)
            if copy.id in self.steps.since
        ]

    def _watch(self) -> None:
        self.steps.watch(self._entered())

    def _watch_to_the_end(self) -> None:
        """Each new copy is watched for its service's time, the time of other services' updates counted."""
        entered = self._entered()
        now = time.monotonic()
        ends = [self.steps.since[copy.id] + service.update.monitor - now for service, copy in entered]
        longest = max([0.0, *ends])
        self.steps.wait(longest, "watching the new copies", lambda: self.steps.watch(entered))

    def _judge(self, service: ServicePlan, problem: DevkitError) -> None:
        """What the service's `failure_action` makes of a failure."""
        self.steps.journal.write(what="failure", service=service.name, message=problem.message)
        if service.update.on_failure == "pause":
            raise Paused(problem) from None
        if service.update.on_failure != "continue":
            raise problem
        self.take_back(service)
        self.failed.append(service.name)
