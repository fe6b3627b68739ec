"""A report as people like to read it: worst first, the fix under each finding, then what else there is to say."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from devkit.base.console import styled
from devkit.findings.model import Finding, Severity
from devkit.findings.report import Fixed, FixResult, Report, Result

__all__ = ["render_table"]

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "blue"}
_FIXED = {FixResult.FIXED: "green", FixResult.REMAINS: "yellow", FixResult.FAILED: "red"}
_GRADE = len("warning")


def render_table(report: Report, *, width: int | None = None, verbose: bool = False) -> str:
    """The report as text. `width` folds long lines (a terminal's); None leaves them whole, for pipes. `verbose` shows
    what held as well, with what was seen."""
    ids = [each.id for each in report.findings]
    indent = min(max(map(len, ids), default=0), 32)
    lines: list[str] = []
    for finding in report.findings:
        lines += _finding(finding, indent, width, fixable=finding.id in report.fixable)
    if verbose:
        lines += _all_checks(report)
    else:
        lines += _not_checked(report)
    lines += [_fixed(each) for each in report.fixes]
    for silent in report.suppressed:
        until = silent.by.until.isoformat()
        lines.append(
            styled(f"suppressed until {until}: {silent.finding.id} ({silent.by.reason}; {silent.by.place})", "dim")
        )  # fmt: skip
    if lines:
        lines.append("")
    lines.append(_summary(report))
    open_fixes = [id for id in ids if id in report.fixable]
    if open_fixes and not report.fixes:
        lines.append(f"./devkit {report.command} --fix can fix {_listed(open_fixes)}")
    return "\n".join(lines)


def _finding(finding: Finding, indent: int, width: int | None, *, fixable: bool) -> Iterator[str]:
    margin = " " * (_GRADE + 2 + indent + 2)
    grade = styled(finding.severity.value.ljust(_GRADE), "bold", _COLOURS[finding.severity])
    name = finding.id.ljust(indent)
    place = f"{finding.place}: " if finding.place else ""
    first, *more = _folded(f"{place}{finding.message}", width, len(margin))
    yield f"{grade}  {name}  {first}"
    yield from (margin + line for line in more)
    if finding.fix:
        fix = f"{finding.fix}   (--fix does it)" if fixable else finding.fix
        for index, line in enumerate(_folded(fix, width, len(margin) + 2)):
            yield margin + styled(f"{'  ' if index else '→ '}{line}", "cyan")
    if finding.link:
        yield margin + styled(f"  see {finding.link}", "dim")


def _folded(text: str, width: int | None, margin: int) -> list[str]:
    lines = text.splitlines() or [""]
    if width is None or width - margin < 30:
        return lines
    options = {"break_long_words": False, "break_on_hyphens": False}
    return [part for line in lines for part in textwrap.wrap(line, width - margin, **options) or [""]]  # type: ignore[arg-type]


def _not_checked(report: Report) -> Iterator[str]:
    """Skipped checks by their reason; those that this machine has no need of are only counted."""
    reasons: dict[str, list[str]] = {}
    for check in report.checks:
        if check.result is Result.SKIPPED and check.detail.startswith(("not checked", "not recorded")):
            reason = "not recorded" if check.detail.startswith("not recorded") else check.detail
            reasons.setdefault(reason, []).append(check.id)
    for reason, ids in reasons.items():
        yield styled(f"{reason}: {_grouped(ids)}", "dim")


def _grouped(ids: list[str]) -> str:
    """Many of one group by its name and their number."""
    groups: dict[str, list[str]] = {}
    for id in ids:
        groups.setdefault(id.partition(".")[0], []).append(id)
    many = 4
    return ", ".join(
        f"{name} ({len(of)} checks)" if len(of) >= many else _listed(of) for name, of in groups.items()
    )


def _all_checks(report: Report) -> Iterator[str]:
    indent = max((len(check.id) for check in report.checks), default=0)
    for check in report.checks:
        if check.result is Result.OK:
            seen = check.detail or check.about
            yield f"{styled('ok'.ljust(_GRADE), 'green')}  {check.id.ljust(indent)}  {seen}"
        elif check.result is Result.SKIPPED:
            yield styled(f"{'-'.ljust(_GRADE)}  {check.id.ljust(indent)}  {check.detail}", "dim")


def _fixed(fixed: Fixed) -> str:
    words = {
        FixResult.FIXED: "fixed",
        FixResult.REMAINS: "applied, but the problem remains",
        FixResult.FAILED: "failed",
    }
    detail = f": {fixed.detail}" if fixed.detail else ""
    return f"{styled(words[fixed.result], _FIXED[fixed.result])}  {fixed.id}  {fixed.command}{detail}"


def _summary(report: Report) -> str:
    parts = []
    for severity in Severity:
        if number := report.count(severity):
            parts.append(styled(f"{number} {severity.value}{'s' * (number > 1)}", _COLOURS[severity]))
    fine = sum(check.result is Result.OK for check in report.checks)
    if fine:
        parts.append(styled(f"{fine} passed", "green"))
    skipped = [check for check in report.checks if check.result is Result.SKIPPED]
    for words in ("not checked", "not recorded"):
        number = sum(check.detail.startswith(words) for check in skipped)
        parts += [f"{number} {words}"] if number else []
    needless = sum(not check.detail.startswith(("not checked", "not recorded")) for check in skipped)
    parts += [f"{needless} skipped"] if needless else []
    engine = f", engine {report.engine}" if report.engine else ""
    return f"{', '.join(parts) or 'nothing was checked'} in {report.seconds:.1f} s{engine}"


def _listed(ids: list[str]) -> str:
    return ", ".join(dict.fromkeys(ids))
