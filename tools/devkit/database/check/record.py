"""What a migration sends while it runs: each statement with the line that sent it, and the schema before and after it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from devkit.database.check.listening import SETTING, Session
from devkit.database.check.plans import Change, explained
from devkit.database.check.schema import QUERY, Schema, read_schema
from devkit.database.check.statements import runs_alone

__all__ = ["Recorder", "Step"]


@dataclass(frozen=True)
class Step:
    """A statement that a migration sent. `line` is the one of the migration's file, `told` what the server logged about it, and
    `changes` are the rows that it changes, as the planner sees it."""

    statement: str
    line: int
    before: Schema
    after: Schema
    told: str = ""
    changes: tuple[Change, ...] = ()

    @property
    def held(self) -> frozenset[tuple[int, str]]:
        """The locks that its transaction held before."""
        return self.before.locks

    @property
    def gained(self) -> frozenset[tuple[int, str]]:
        """The locks that it took, also where it was a transaction of its own."""
        return self.after.locks - self.held


@dataclass
class Recorder:
    """Notes the steps of one migration, whose text is in `file`. `schema` is what the database has before it; `log` the
    server's."""

    file: Path
    schema: Schema
    log: Path
    steps: list[Step] = field(default_factory=list)
    _wrapped: bool = False
    _position: int = 0

    def began(self, session: Session, statement: str, line: int) -> None:
        """Before a statement is sent. A definition outside any transaction gets one, so that its locks can be looked at."""
        if line and not SETTING.match(statement):
            if session.outside and runs_alone(statement):
                session.ask("begin")
                self._wrapped = True
            self.schema = read_schema(session.ask(QUERY))  # a commit may have come in between
        self._position = self.log.stat().st_size

    def ended(self, session: Session, statement: str, line: int, /) -> None:
        """After it. What the migration's file did not send is no step: Alembic's own, and env.py's."""
        if not line:
            return
        after = read_schema(session.ask(QUERY))
        told = self._told(after.pid)
        changes = explained(session, statement, after)
        self.steps.append(Step(statement, line, self.schema, after, told, changes))
        if self._wrapped:
            self._wrapped = False
            session.ask("commit")
            after = read_schema(session.ask(QUERY))
        self.schema = after

    def failed(self, session: Session, /) -> None:
        """After one that the server refused."""
        if self._wrapped:
            self._wrapped = False
            with suppress(Exception):
                session.ask("rollback")

    def _told(self, pid: int) -> str:
        with self.log.open("rb") as log:
            log.seek(self._position)
            lines = log.read().decode("utf-8", "replace").splitlines()
        mark = f"{pid}|"
        return "\n".join(line.removeprefix(mark) for line in lines if line.startswith(mark))
