"""What `roll` and `rollback` share: the project, its journal, asking, and telling."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from devkit.base.console import emit, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.polling import attempts
from devkit.base.progress import Progress
from devkit.commands.compose.options import GateOptions, ProjectOptions, RollOptions
from devkit.commands.compose.roll_shown import show_history, show_plan
from devkit.commands.compose.stack import docker_of, stack_of
from devkit.commands.confirm import confirmed
from devkit.commands.options import ReportOptions
from devkit.compose.audit.stack import Stack
from devkit.compose.containers import containers_of
from devkit.compose.docker import Docker
from devkit.compose.roll.dry_run import commands_of
from devkit.compose.roll.journal import Entry, Journal, entries
from devkit.compose.roll.lock import refuse_second
from devkit.compose.roll.plan import Plan
from devkit.compose.roll.planning import Request, Target, make_plan
from devkit.compose.roll.proxies import TraefikProxy
from devkit.compose.roll.run import Roll
from devkit.compose.traefik_api import TraefikApi

__all__ = ["Rolling"]


# Seconds that a command whose caller was killed gets to end.
_SETTLE = 60.0


@dataclass
class Rolling:
    """`docker` becomes the one whose Compose makes what is planned, once there is a plan."""

    form: ProjectOptions
    stack: Stack
    docker: Docker
    options: RollOptions
    gate_options: GateOptions

    @classmethod
    def of(
        cls,
        form: ProjectOptions,
        context: str | None,
        options: RollOptions,
        gate_options: GateOptions = GateOptions(),
    ) -> Rolling:
        form, stack = stack_of(form)
        return cls(form, stack, docker_of(form, context), options, gate_options)

    @property
    def project(self) -> str:
        return self.stack.project.name

    def named(self, names: Sequence[str], *, every_application: bool) -> list[str]:
        """The services that are meant. Raises DevkitError (exit 2) where none is."""
        known = sorted(
            self.stack.applications(), key=lambda each: (each.node.at_key.file, each.node.at_key.line)
        )
        if every_application and not names:
            return [each.name for each in known]
        if names and not every_application:
            return list(names)
        raise DevkitError(
            "which services are to be rolled?" if not names else "SERVICE and --all exclude each other",
            fix=f"name them in the order they are to go, or --all: {', '.join(each.name for each in known)}",
            exit_code=ExitCode.USAGE,
        )

    def plan(
        self,
        names: Sequence[str],
        *,
        say: Callable[[str], None],
        tag: str = "",
        targets: Mapping[str, Target] | None = None,
        kind: str = "roll",
        again: bool = False,
        backup: str = "",
        with_pause: frozenset[str] = frozenset(),
    ) -> tuple[Plan, list[str]]:
        """The plan, and what the operator should know. Raises DevkitError (exit 5) while another roll is at work."""
        refuse_second(self.docker, self.project)
        wanted = targets if targets is not None else {name: Target(tag) for name in names if tag}
        request = Request(
            names,
            wanted,
            kind,
            self.options.wait,
            self.options.monitor,
            with_pause,
            backup,
            again,
            self.options.proxy,
        )
        plan, self.docker, notes = make_plan(self.stack, self.docker, request, say)
        return replace(plan, env_file=str(self._env_file())), notes

    def earlier(self, names: Sequence[str], to: str) -> tuple[list[str], dict[str, Target]]:
        """The images to go back to: the journal knows what ran before. Raises DevkitError (exit 2) where it does not."""
        done = [entry for entry in self._entries() if entry.phase == "done"]
        wanted = list(names) or [each["name"] for each in (done[-1].plan["services"] if done else ())]
        if not wanted:
            raise DevkitError(f"{self.project} has never been rolled", fix="name SERVICE and --to", exit_code=ExitCode.USAGE)  # fmt: skip
        return wanted, {name: _before(name, done, to) for name in wanted}

    def dry_run(self, plan: Plan) -> int:
        """Prints what would be run."""
        emit("\n".join(commands_of(plan, self.docker)))
        return ExitCode.OK

    def gate(self, names: Sequence[str], tag: str, skip: Sequence[str]) -> int:
        """Whether the stack is well. Returns an exit code; what is wrong has been shown."""
        from devkit.commands.compose.judging import judge

        report = judge(self.stack, self.docker, names, self.gate_options, tag=tag, skip=skip)
        return ReportOptions().show(report, verbose=False)

    def start(self, plan: Plan, *, yes: bool) -> int:
        """Asks, takes the lock, and rolls."""
        show_plan(plan)
        if not confirmed(
            f"Roll {', '.join(each.name for each in plan.services)} of {self.project}?", yes=yes
        ):
            return ExitCode.OK
        journal = Journal.begin(self.docker, self.project, plan.services[0].image_id, plan.id, plan.kind)
        try:
            self._still(plan)
            journal.plan = plan.as_data()
            journal.enter("forward")
        except BaseException:
            journal.free()
            raise
        return self._run(plan, journal)

    def go_on(self, *, back: bool, yes: bool) -> int:
        """Ends a roll that was left: forward, or back."""
        left = [entry for entry in self._entries() if entry.is_open]
        if left:
            show_history(left)
            verb = "Take back" if back else "Go on with"
            if not confirmed(f"{verb} {left[-1].id}?", yes=yes):
                return ExitCode.OK
        journal = Journal.again(self.docker, self.project, self._image())
        plan = replace(Plan.from_data(journal.plan), env_file=str(self._env_file()))
        self.docker = replace(self.docker, variables=plan.variables)
        self._settle()
        return self._run(plan, journal, back=back)

    def history(self, names: Sequence[str]) -> int:
        """Shows what was rolled."""
        found = [
            entry for entry in self._entries()
            if not names or {each["name"] for each in entry.plan["services"]} & set(names)
        ]  # fmt: skip
        if not found:
            say(f"devkit: {self.project} has never been rolled")
        else:
            show_history(found)
        return ExitCode.OK

    def _run(self, plan: Plan, journal: Journal, *, back: bool = False) -> int:
        proxy = None
        if plan.proxy:
            names = {service.name for service in self.stack.applications()}
            helpers = {
                each.image_id for each in containers_of(self.docker, self.project) if each.service in names
            }
            proxy = TraefikProxy(TraefikApi(self.docker, plan.proxy, sorted(helpers)))
        with Progress("rolling") as progress:
            run = Roll(self.docker, plan, journal, proxy, progress.say)
            journal.tell = progress.note
            if back:
                run.abort()
                failed = []
            else:
                failed = run.run()
        for name in failed:
            say(f"devkit: {name} failed and is as it was; the others were rolled")
        return ExitCode.CHECK_FAILED if failed else ExitCode.OK

    def _still(self, plan: Plan) -> None:
        """Raises DevkitError when somebody has changed the containers since the plan was made."""
        for each in plan.services:
            now = {copy.id: copy.runs for copy in containers_of(self.docker, self.project, each.name)}
            if now != {**dict.fromkeys(each.old, True), **dict.fromkeys(each.idle, False)}:
                raise DevkitError(
                    f"the containers of {each.name} have changed since the plan was made", fix="roll again",
                    exit_code=ExitCode.REFUSED,
                )  # fmt: skip

    def _env_file(self) -> Path:
        """Where this operator's tags are."""
        files = self.form.env_files
        return (files[-1] if files else self.stack.project.folder / ".env").absolute()

    def _settle(self) -> None:
        """Waits until what a killed process has ordered is done: for the containers to be the same in two looks."""
        before: set[str] | None = None
        for _ in attempts(_SETTLE, 2.0):
            now = {copy.id for copy in containers_of(self.docker, self.project)}
            if now == before:
                return
            before = now

    def _entries(self) -> list[Entry]:
        return entries(self.docker, self.project, self._image())

    def _image(self) -> str:
        """Any image that is on the host. Raises DevkitError where nothing of the project is."""
        for copy in containers_of(self.docker, self.project):
            return copy.image_id
        raise DevkitError(f"no container of {self.project} is here", fix="docker compose up -d starts it first", exit_code=ExitCode.REFUSED)  # fmt: skip


def _before(name: str, done: Sequence[Entry], to: str) -> Target:
    """The image of a service before its last roll, or the one that is asked for. A digest has the tag that it had when it ran."""
    if to and not to.startswith("sha256:"):
        return Target(to)
    rolled = [each for entry in done for each in entry.plan["services"] if each["name"] == name]
    digest = to or (rolled[-1]["before"] if rolled else "")
    if not digest:
        raise DevkitError(
            f"what {name} ran before is not known: it has not been rolled, or that image was in no registry",
            fix="--to DIGEST, or a tag", exit_code=ExitCode.USAGE,
        )  # fmt: skip
    pairs = [
        pair
        for each in rolled
        for pair in ((each["before"], each["before_tag"]), (each["digest"], each["tag"]))
    ]
    tags = [tag for known, tag in pairs if known == digest and tag]
    return Target(tags[-1] if tags else f"rollback-{digest[7:19]}", digest)
