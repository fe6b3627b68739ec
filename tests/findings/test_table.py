"""A report as people read it."""

from __future__ import annotations

from datetime import date

from devkit.findings import Finding, Place, Severity
from devkit.findings.report import Checked, Report, Result, Suppression, suppress
from devkit.findings.table import render_table

from tests.findings.reports import EMPTY, FULL


def test_worst_first_with_the_fix_below() -> None:
    lines = render_table(FULL).splitlines()
    assert lines[0].startswith("error    docker.running          said <b>")
    assert lines[1] == " " * 33 + "→ start it"
    assert lines[2] == " " * 33 + "  see docs/doctor.md#docker"
    assert lines[3:5] == [
        "warning  ports.platform.gateway  3000 is taken",
        " " * 33 + "→ ./devkit down   (--fix does it)",
    ]
    assert lines[5] == "note     table.note              dev/a b ü.yaml:3:5: is odd"
    assert "not checked because docker.running failed: docker.api, docker.disk" in lines
    assert "fixed  secrets.mode  chmod 600 k8s/dev/secret.yaml" in lines
    assert "suppressed until 2027-01-31: tools.kubectl (ours is patched; dev/services.yaml:9:5)" in lines
    assert lines[-1] == (
        "1 error, 1 warning, 2 notes, 1 passed, 2 not checked, 1 skipped in 1.2 s, engine tilt"
    )
    assert not any("tools.helm" in line for line in lines)


def test_many_of_a_group_are_counted() -> None:
    reason = "not checked because docker.running failed"
    skipped = [
        Checked(id, "", Result.SKIPPED, reason) for id in ("a.one", "b.1", "b.2", "b.3", "b.4", "a.two")
    ]
    text = render_table(Report("doctor", (), tuple(skipped)))
    assert f"{reason}: a.one, a.two, b (4 checks)" in text


def test_everything_on_demand() -> None:
    text = render_table(FULL, verbose=True)
    assert "ok       project.table   10 services" in text
    assert "-        tools.helm      no mesh is wanted" in text


def test_long_lines_are_folded_to_a_terminal_alone() -> None:
    words = " ".join(["word"] * 60)
    report = Report("doctor", (Finding("a.b", Severity.ERROR, words, None, words),))
    assert max(map(len, render_table(report).splitlines())) > 300
    folded = render_table(report, width=60).splitlines()
    assert max(map(len, folded)) <= 60
    assert sum(line.count("word") for line in folded) == 120
    assert [line[:14] for line in folded if "word" in line][1:] == [" " * 14] * (len(folded) - 3)


def test_nothing() -> None:
    assert render_table(EMPTY) == "nothing was checked in 0.0 s"


def test_a_fix_is_offered_until_it_was_tried() -> None:
    finding = Finding("ports.x", Severity.ERROR, "taken", None, "fix it")
    assert "--fix can fix ports.x" in render_table(Report("doctor", (finding,), fixable=("ports.x",)))


def rule(id: str, until: str, line: int = 1) -> Suppression:
    return Suppression(id, "we know", date.fromisoformat(until), Place("dev/services.yaml", line, 5))


FINDINGS = [
    Finding("ports.platform.gateway", Severity.ERROR, "is taken"),
    Finding("ports.platformer", Severity.ERROR, "is another"),
]


def test_a_suppressed_finding_does_not_count_through_its_last_day() -> None:
    for day in ("2026-11-01", "2026-11-24"):
        counting, silent = suppress(FINDINGS, [rule("ports.platform", "2026-11-24")], date.fromisoformat(day))
        assert [finding.id for finding in counting] == ["ports.platformer"]
        assert [each.finding.id for each in silent] == ["ports.platform.gateway"]


def test_afterwards_it_counts_again_and_says_so() -> None:
    counting, silent = suppress(FINDINGS, [rule("ports.platform", "2026-11-24", 7)], date(2026, 11, 25))
    assert silent == ()
    assert [finding.id for finding in counting] == [
        "ports.platform.gateway",
        "ports.platformer",
        "suppress.expired",
    ]
    assert counting[-1].severity is Severity.WARNING
    assert str(counting[-1].place) == "dev/services.yaml:7:5"


def test_one_that_is_over_says_nothing_when_nothing_is_found() -> None:
    assert suppress([], [rule("ports.platform", "2020-01-01")], date(2026, 11, 25)) == ((), ())
