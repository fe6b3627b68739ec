"""A roll from its plan to its end, whatever happens in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.polling import attempts
from devkit.compose.docker import Docker, DockerAway
from devkit.compose.roll.back import Back
from devkit.compose.roll.forward import Forward, Paused
from devkit.compose.roll.journal import Journal
from devkit.compose.roll.looks import Proxy
from devkit.compose.roll.plan import Plan
from devkit.compose.roll.steps import Steps
from devkit.compose.roll.tags import write_tags

__all__ = ["Roll"]

# Seconds that Docker may be away: a restart of its daemon.
_PATIENCE = 180.0
_ON = "./devkit compose roll --resume goes on, --abort takes it back"


@dataclass
class Roll:
    """`say` shows what is going on."""

    docker: Docker
    plan: Plan
    journal: Journal
    proxy: Proxy | None
    say: Callable[[str], None]

    def run(self) -> list[str]:
        """Goes on from wherever the journal says. Returns the services that were left as they were (`failure_action: continue`).

        Raises DevkitError when the roll was taken back or paused, or neither could be done.
        """
        steps = Steps(self.docker, self.plan, self.journal, self.proxy, self.say)
        forward = Forward(steps, Back(steps).service, self._failed())
        if self.journal.phase == "paused":
            self.journal.enter("forward")
        if self.journal.phase == "forward":
            try:
                self._patiently(forward.run)
            except Paused as pause:
                self.journal.enter("paused")
                raise DevkitError(
                    f"paused: {pause.problem.message}", fix=_ON, exit_code=ExitCode.CHECK_FAILED
                ) from None
            except DockerAway as problem:
                raise DevkitError(problem.message, fix=_ON) from None
            except DevkitError as problem:
                if self._is_lost():
                    raise
                self._take_back(steps, problem)
        if self.journal.phase == "back":
            self._take_back(steps, None)
        if self.journal.phase != "commit":
            self.journal.enter("commit", failed=forward.failed)
        self._patiently(lambda: forward.finish(lambda: self._write_tags(forward.failed)))
        self.journal.enter("done")
        self.journal.free()
        return forward.failed

    def _failed(self) -> list[str]:
        """Services that were left as they were, if the roll was final already."""
        found = [event["failed"] for event in self.journal.events if event.get("phase") == "commit"]
        return list(found[-1]) if found else []

    def abort(self) -> None:
        """Takes back what was done. Raises DevkitError where that cannot be done (any more)."""
        if self.journal.phase == "commit":
            self.journal.note("not taken back: it was final already")
            raise DevkitError(
                "all copies are new and their tags are being written: this roll cannot be taken back",
                fix="./devkit compose roll --resume ends it, ./devkit compose rollback goes to the images before it",
                exit_code=ExitCode.REFUSED,
            )
        steps = Steps(self.docker, self.plan, self.journal, self.proxy, self.say)
        self._go_back(steps, "aborted")

    def _take_back(self, steps: Steps, problem: DevkitError | None) -> None:
        reason = problem.message if problem is not None else "it had begun to"
        self._go_back(steps, reason)
        fix = problem.fix if problem is not None else None
        raise DevkitError(f"taken back: {reason}", fix=fix)

    def _go_back(self, steps: Steps, reason: str) -> None:
        """Whatever the journal can take: going back matters more than telling so."""
        self.journal.lenient = True
        self.journal.enter("back", reason=reason)
        try:
            self._patiently(Back(steps).run)
        except DevkitError as problem:
            self.journal.write(what="failure", message=problem.message)
            raise DevkitError(
                f"{reason}; and it cannot be taken back: {problem.message}",
                fix=f"{problem.fix + '; ' if problem.fix else ''}./devkit compose roll --abort tries again",
            ) from None
        self.journal.enter("taken back")
        self.journal.free()

    def _write_tags(self, failed: list[str]) -> None:
        tags = {
            each.tag_variable: each.tag for each in self.plan.services if each.tag and each.name not in failed
        }
        if tags and self.plan.env_file:
            changed = write_tags(Path(self.plan.env_file), tags)
            self.journal.note(f"{self.plan.env_file}: {', '.join(changed) or 'nothing'} changed")

    def _patiently(self, work: Callable[[], None]) -> None:
        """Does it, from its beginning again when Docker was away; what is done already is found done."""
        while True:
            try:
                return work()
            except DockerAway as away:
                self.say("Docker does not answer; waiting for it")
                if not self._answers_again():
                    raise away from None
                self.journal.note(f"Docker was away: {away.message}")

    def _answers_again(self) -> bool:
        return any(self.docker.ask("version").code == 0 for _ in attempts(_PATIENCE, 2.0))

    def _is_lost(self) -> bool:
        return self.docker.ask("container", "inspect", self.journal.lock).code != 0
