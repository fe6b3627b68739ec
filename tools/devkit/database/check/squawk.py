"""squawk over the statements of a run: those of its rules that devkit has no better way to judge.

squawk reads text. Where a rule of devkit's looks at what the statement did (it rewrote nothing, the table was empty and new, the
NOT NULL was proven by a CHECK), that one counts; rules about style, and about what an older code does not notice, are left out.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from devkit.base.proc import NoAnswer, ask_program, find_program
from devkit.checks import Skipped
from devkit.database.check.model import Violation, shortened
from devkit.database.check.run import Migrated
from devkit.database.check.statements import split
from devkit.findings.model import Place

__all__ = ["KEPT", "squawk"]

KEPT = {
    "ban-alter-database-options": "alters the database's options, which running code has to live with",
    "ban-alter-domain-with-add-constraint": "checks every column of that domain under a lock on its table",
    "ban-alter-extension": "changes an extension that running code uses",
    "ban-alter-policy-condition": "changes which rows running code sees",
    "ban-alter-row-level-security": "changes which rows running code sees",
    "ban-alter-system-options": "changes the whole server",
    "ban-create-policy": "changes which rows running code sees",
    "ban-disable-trigger": "lets running code write what the trigger would have refused or completed",
    "ban-drop-database": "drops a database",
    "ban-drop-domain": "drops a domain that running code may name",
    "ban-drop-extension": "drops an extension that running code uses",
    "ban-drop-generated-expression": "leaves a column empty that running code expects to be computed",
    "ban-drop-schema": "drops a schema that running code may name",
    "ban-drop-sequence": "drops a sequence that running code may ask",
    "ban-drop-type": "drops a type that running code may name",
    "ban-revoke": "takes rights from running code",
    "ban-truncate-cascade": "empties every table that refers to it, too",
    "identifier-too-long": "is cut by Postgres: the name is another than written",
    "require-concurrent-partition-detach": "detaches a partition while nobody may use the table",
}
"""squawk's rules that count: what a statement does that violates one."""

_SECONDS = 60.0


def squawk(migrations: Sequence[Migrated], version: int) -> list[Violation]:
    """What squawk says of what the migrations sent. `version` is the major one of the server that they are for.

    Raises Skipped where there is no squawk, or none that runs here.
    """
    program = find_program("squawk", {"PATH": str(Path(sys.executable).parent)}) or find_program("squawk")
    if program is None:
        raise Skipped(
            "squawk is not installed: its wheels are for macOS and for Linux with glibc 2.28 or newer on x86-64 and arm64; "
            "put a squawk on PATH (npm and cargo have it too)"
        )
    sent = _sent(migrations)
    if not sent:
        return []
    with tempfile.TemporaryDirectory(prefix="devkit-squawk-") as made:
        folder = Path(made)
        for number, (_, _, statement) in enumerate(sent):
            (folder / f"{number:05}.sql").write_text(f"{statement};\n", "utf-8")
        (folder / "squawk.toml").write_text("", "utf-8")
        words = [
            str(program),
            "--config",
            "squawk.toml",
            "--reporter",
            "json",
            "--pg-version",
            f"{version}.0",
        ]
        words += [f"--include={rule}" for rule in KEPT]
        try:
            answer = ask_program([*words, "*.sql"], timeout=_SECONDS, folder=folder)
            found = json.loads(answer.out)
        except NoAnswer as problem:
            raise Skipped(f"squawk cannot run here: {problem}") from None
        except ValueError:
            raise Skipped(f"squawk answered: {answer.last_line}") from None
    return [
        Violation(
            "squawk", sent[number][0], f"`{shortened(sent[number][2])}` {KEPT[rule]} (squawk: {said['message']})",
            said.get("help") or f"https://squawkhq.com/docs/{rule}", rule,
        )
        for said in found
        if (rule := said["rule_name"]) in KEPT and not sent[number := int(Path(said["file"]).stem)][1]
    ]  # fmt: skip


def _sent(migrations: Sequence[Migrated]) -> list[tuple[Place, bool, str]]:
    """The single statements with their places, and whether each is about what its migration made itself alone."""
    found = []
    for migration in migrations:
        for step in migration.steps:
            touched = {relation for relation, _ in step.gained if relation in migration.after.relations}
            own = bool(touched) and not touched & migration.before.relations.keys()
            place = Place(migration.file, step.line, 1)
            found += [(place, own, statement) for statement in split(step.statement)]
    return found
