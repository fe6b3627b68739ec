"""The states of a roll, and of one that is taken back, one after the other, each under traffic."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode
from devkit.cohabitation.expanding import Expanding
from devkit.cohabitation.model import RULES, Evidence, Trouble
from devkit.cohabitation.pair import Pair, Side
from devkit.cohabitation.reference import Reference, export
from devkit.cohabitation.sql import ServerLog
from devkit.cohabitation.steps import Step, new_steps
from devkit.cohabitation.traffic import Drive, Traffic
from devkit.cohabitation.watch import Watch
from devkit.database.operations import seed
from devkit.database.target import migrated_service
from devkit.instance import Flow, chosen_flows, private_instance

__all__ = ["NEW", "prove"]

NEW = "this clone"
"""How the new code is called."""
Say = Callable[[str], None]


def prove(
    root: Path, reference: Reference, names: Sequence[str], rounds: int, say: Say, note: Say
) -> Evidence:
    """Runs the code of `reference` and this clone's on every schema between the two. The flows of these names are driven, or
    all; each `rounds` times while both codes run. `say` hears how far it is, `note` which migrations are new.

    Raises DevkitError (exit 2) for a code that this devkit cannot run, an unknown flow, or migrations that do not follow the
    old code's.
    """
    with _pair(root, reference, say) as pair:
        flows = {side.key: _flows(side, names) for side in (pair.old, pair.new)}
        say("starting the databases")
        pair.open()
        try:
            clone = pair.new.instance
            folder = clone.root / str(migrated_service(clone.table).migrations)
            steps = new_steps(clone.root, folder, pair.url, pair.old.name)
            names = [step.name for step in steps]
            note(f"devkit: new migrations: {', '.join(names)}" if names else "devkit: no migration is new")
            return _Proof(pair, flows, rounds, say).run(steps)
        finally:
            pair.close()


@contextmanager
def _pair(root: Path, reference: Reference, say: Say) -> Iterator[Pair]:
    with ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="devkit-code-"))
        say(f"fetching the code of {reference}")
        code = export(root, reference.commit, Path(scratch).resolve() / "code")
        try:
            old = stack.enter_context(private_instance(code, say, learned=root))
            migrated_service(old.table)
        except DevkitError as problem:
            if problem.exit_code is not ExitCode.USAGE:
                raise
            raise DevkitError(
                f"this devkit cannot run the code of {reference}: {problem.message.replace(f'{code}/', '')}",
                fix="name a commit nearer to this one: ./devkit db cohabit REF",
                exit_code=ExitCode.USAGE,
            ) from None
        new = stack.enter_context(private_instance(root, say, beside=old))
        before = Side(str(reference), "old", old, old.ports | new.ports)
        after = Side(NEW, "new", new, {*old.ports, *new.ports, *before.ports.values()})
        yield Pair(before, after)


def _flows(side: Side, names: Sequence[str]) -> list[Flow]:
    try:
        return chosen_flows(side.instance.root, names)
    except DevkitError as problem:
        message = f"{side.name}: {problem.message}"
        raise DevkitError(message, fix=problem.fix, exit_code=problem.exit_code) from None


class _Proof:
    def __init__(self, pair: Pair, flows: dict[str, list[Flow]], rounds: int, say: Say) -> None:
        self._pair, self._flows, self._rounds, self._say = pair, flows, rounds, say
        self._old, self._new = pair.old, pair.new
        self._log = ServerLog(pair.url, lambda: pair.old.instance.log(pair.database))
        self._seen = Evidence(pair.old.name, pair.new.name)

    def run(self, steps: Sequence[Step]) -> Evidence:
        seen, old = self._seen, self._old.name
        start = self._log.mark()
        if not self._state("before", "on its own schema", [self._old], self._pair.start_old):
            seen.skip(dict.fromkeys(RULES, f"{old} does not pass on its own schema"))
            return seen
        self._log.accept(start)
        if steps:
            works, migrated = self._expand(steps)
        else:
            works, migrated = True, True
            seen.skip({"migrating": "no migration is new"})
        if not migrated:
            seen.skip(dict.fromkeys(RULES, "a migration fails"))
            return seen
        if works:
            works = self._together()
            reason = "the two codes do not work together"
        else:
            reason = f"{old} does not work on the new schema"
            seen.skip({"together": reason})
        new_works = self._state("after", "alone on the new schema", [self._new], self._become_new)
        if works and new_works:
            where = f"again, after {NEW} has written"
            self._state("back", where, [self._old], self._pair.only_old)
        else:
            seen.skip({"back": reason if not works else f"{NEW} does not pass"})
        return seen

    def _expand(self, steps: Sequence[Step]) -> tuple[bool, bool]:
        """Whether the old code works on every schema, and whether all migrations were applied."""
        expanding = Expanding(self._pair, self._log, lambda: self._traffic(self._old), self._say)
        expanding.run(steps)
        if expanding.troubles:
            self._seen.troubles["migrating"] = expanding.troubles
        else:
            self._seen.done["migrating"] = ", ".join(step.name for step in steps)
        return expanding.works, expanding.migrated

    def _together(self) -> bool:
        where, sides = "with both codes running", [self._old, self._new]
        return self._state("together", where, sides, self._join, rounds=self._rounds)

    def _join(self) -> Drive | None:
        """The new code starts while the old one is under traffic. The flow that fails meanwhile."""
        self._seed()
        traffic = self._traffic(self._old)
        try:
            self._pair.add_new()
        finally:
            traffic.stop()
        if traffic.failure is None:
            self._pair.share()
        return traffic.failure

    def _become_new(self) -> None:
        self._seed()
        self._pair.only_new()

    def _seed(self) -> None:
        """Fills in what the new code's flows may ask for. Doing it twice changes nothing."""
        clone = self._new.instance
        folder = migrated_service(clone.table).seed
        if folder:
            try:
                seed(self._pair.url, clone.root / folder)
            except DevkitError as problem:
                raise DevkitError(f"its example data does not fit: {problem.message}") from None

    def _state(
        self,
        rule: str,
        where: str,
        sides: Sequence[Side],
        begin: Callable[[], Drive | None],
        rounds: int = 1,
    ) -> bool:
        """Whether nothing goes wrong once `begin` has made these codes run, nor meanwhile, when it says which flow fails."""
        codes = " and ".join(side.name for side in sides)
        self._say(f"starting {codes}")
        watch = Watch(self._pair, self._log, sides)
        try:
            failed = begin()
            if failed is None:
                self._pair.resume()
                self._say(f"driving flows with {codes}")
                traffic = self._traffic(sides[0])
                watch.follow(traffic, rounds)
                traffic.stop()
                failed = traffic.failure
            else:
                where = f"while {NEW} starts"
            troubles = watch.troubles(watch.errors(), failed, where)
        except DevkitError as problem:
            troubles = [*watch.troubles(watch.errors(), None, where), Trouble(codes, where, problem.message)]
        if troubles:
            self._seen.troubles[rule] = troubles
        else:
            self._seen.done[rule] = self._told(sides, rounds)
        return not troubles

    def _traffic(self, side: Side) -> Traffic:
        return Traffic(self._flows[side.key], side.instance.site()).start()

    def _told(self, sides: Sequence[Side], rounds: int) -> str:
        """What was done in a state that is fine."""
        flows = ", ".join(flow.name for flow in self._flows[sides[0].key])
        if len(sides) < 2:
            return flows
        served = [
            f"{name} {counts['old']}+{counts['new']}"
            for name, counts in self._pair.served().items()
            if len(counts) > 1
        ]
        return f"{flows}, {rounds} times each; requests to either: {', '.join(served)}"
