"""The audit of a repository: every file is read once, then each rule is a check over what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from devkit.base.paths import table_file
from devkit.checks import Check, Problem, Problems
from devkit.checks.allows import Allow, Suspect
from devkit.configuration.compare import suspects_in_reads
from devkit.configuration.declared import given_to, suspects_in_table
from devkit.configuration.dockerfile import scan_dockerfile
from devkit.configuration.files import SourceFile, is_dockerfile, is_tools_own, source_files
from devkit.configuration.model import ALLOWS, RULES, Scan
from devkit.configuration.python_source import scan_python
from devkit.configuration.script_source import scan_script
from devkit.configuration.values import Known
from devkit.findings.model import Place, Severity
from devkit.model import Table

__all__ = ["CHECKS", "Audit", "audit_repository"]


@dataclass(frozen=True)
class Audit:
    """What was found: every violation, and every comment that allows one. `files` is how many were read."""

    suspects: tuple[Suspect, ...]
    allows: tuple[Allow, ...]
    files: int


def audit_repository(root: Path, table: Table) -> Audit:
    """Reads the code of the table's services, what they share, every Dockerfile, and the table itself."""
    files = source_files(root, table)
    names = [name for name, service in table.services.items() if not service.development_only]
    known = Known({*table.services})
    scans = [(file, _scan(root, table, file, known, names)) for file in files]
    table_text = table_file(root).read_text("utf-8")
    suspects = [*suspects_in_table(table), *suspects_in_reads(table, scans)]
    suspects += [suspect for _, scan in scans for suspect in scan.suspects]
    allows = [allow for _, scan in scans for allow in scan.allows]
    allows += ALLOWS.read_yaml(table.file, table_text)
    return Audit(tuple(suspects), tuple(allows), len(files))


def _scan(root: Path, table: Table, file: SourceFile, known: Known, deployed: Sequence[str]) -> Scan:
    try:
        text = (root / file.path).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        unreadable = Suspect(
            "unreadable",
            Place(file.path),
            "this cannot be read as UTF-8",
            "repair it; nothing in it was checked",
        )
        return Scan(file.path, suspects=[unreadable])
    if not file.services and is_dockerfile(file.path):
        ports = {
            port for service in table.services.values() for port in (service.port, service.debug_port) if port
        }
        given = {name for service in table.services.values() for name in given_to(table, service)}
        return scan_dockerfile(file.path, text, known, ports, given)
    relaxed = not any(service.name in deployed for service in file.services) or is_tools_own(file.path)
    owner = f"services.{file.services[0].name}" if len(file.services) == 1 else "the service that reads it"
    known = replace(known, relaxed=relaxed, owner=owner)
    return (
        scan_python(file.path, text, known)
        if file.path.endswith(".py")
        else scan_script(file.path, text, known)
    )


def _run(rule: str, audit: Audit) -> str:
    found = (
        ALLOWS.judge(audit.suspects, audit.allows)
        if rule == "allow"
        else ALLOWS.without_allowed([s for s in audit.suspects if s.rule == rule], audit.allows)
    )
    if problems := [
        Problem(s.message, s.fix, place=s.place, severity=Severity.ERROR if s.certain else Severity.WARNING)
        for s in sorted(found, key=lambda s: s.place)
    ]:
        raise Problems(problems)
    allowed = sum(rule in allow.rules for allow in audit.allows)
    return f"{audit.files} files" + (f", {allowed} allowed" if allowed else "")


CHECKS: tuple[Check[Audit], ...] = tuple(
    Check(id=f"config.{rule}", about=about, run=partial(_run, rule)) for rule, about in RULES.items()
)
"""One check a rule."""
