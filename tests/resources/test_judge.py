"""Verdicts: each with its place in the table, and weaker for a column that was not measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from devkit.findings.model import Finding, Severity

from tests.resources.scene import SENT, TABLE, judged, observation

FINE = ([0.2] * 30, [150.0] * 30)


def found(findings: list[Finding], name: str) -> list[Finding]:
    return [finding for finding in findings if finding.id == f"resources.{name}"]


def line_of(text: str, after: str) -> int:
    """The first line with `text` from the one with `after` on, counted from 1."""
    lines = TABLE.splitlines()
    start = next(index for index, line in enumerate(lines) if after in line)
    return next(index for index in range(start, len(lines)) if text in lines[index]) + 1


def test_nothing_to_say(tmp_path: Path) -> None:
    ones, findings = judged(tmp_path, observation({"api": FINE}))
    assert findings == []
    assert ones["api"].change.requests == {}


def test_over_the_limit_is_an_error_at_its_place(tmp_path: Path) -> None:
    _, findings = judged(tmp_path, observation({"api": ([0.2] * 30, [200.0] * 29 + [800.0])}))
    (finding,) = found(findings, "memory-over-limit")[:1]
    assert finding.severity is Severity.ERROR
    assert finding.message == "api: used 800Mi of memory at most, and the limit is 768Mi: it would be killed"
    assert finding.place is not None
    assert (finding.place.file, finding.place.line) == ("dev/services.yaml", line_of("768Mi", "api:"))
    assert finding.fix == "`limits: {memory: 2432Mi}`"


def test_near_the_limit_is_a_warning(tmp_path: Path) -> None:
    for most, expected in ((690, 0), (692, 1), (768, 1)):
        _, findings = judged(tmp_path, observation({"api": ([0.2] * 30, [200.0] * 29 + [float(most)])}))
        near = [each for each in found(findings, "memory-near-limit") if "staging" not in each.message]
        assert [each.severity for each in near] == [Severity.WARNING] * expected, most


def test_stagings_limit_is_only_compared(tmp_path: Path) -> None:
    _, findings = judged(tmp_path, observation({"api": ([0.49] * 30, [600.0] * 30)}))
    over = found(findings, "memory-over-limit")
    assert [(each.severity, each.message.endswith(" in staging")) for each in over] == [(Severity.WARNING, True)]  # fmt: skip
    assert over[0].place is not None
    assert over[0].place.line == line_of("limits: {cpu: 500m, memory: 512Mi}", "api:")
    (cpu,) = found(findings, "cpu-near-limit")
    assert cpu.severity is Severity.NOTE, "a development image with its reloader proves little of staging"
    assert "measure there" in str(cpu.fix)


def test_a_page_is_another_program_in_staging(tmp_path: Path) -> None:
    _, findings = judged(tmp_path, observation({"page": ([0.08] * 30, [220.0] * 30)}))
    assert findings == []


def test_requests_below_use(tmp_path: Path) -> None:
    ones, findings = judged(tmp_path, observation({"page": ([0.15] * 30, [282.0] * 30)}))
    below = found(findings, "request-below-use")
    assert [(each.severity, each.message, each.fix) for each in below] == [
        (Severity.NOTE, "page: CPU request 100m is below use (150m, p95)", "`requests: {cpu: 175m}`"),
        (Severity.WARNING, "page: memory request 256Mi is below use (282Mi, p95)", "`requests: {memory: 336Mi}`"),
    ]  # fmt: skip
    lines = [each.place.line for each in below if each.place]
    assert lines == [line_of("requests: {cpu: 100m, memory: 64Mi}", "page:"), line_of("{memory: 256Mi}", "page:")]  # fmt: skip
    assert dict(ones["page"].change.requests) == {"cpu": "175m", "memory": "336Mi"}


def test_waste_is_a_note_and_only_after_a_load(tmp_path: Path) -> None:
    calm = {"api": ([0.01] * 30, [60.0] * 30)}
    ones, findings = judged(tmp_path, observation(calm, engine="tilt"))
    (wasted,) = found(findings, "request-above-use")
    assert wasted.severity is Severity.NOTE
    assert wasted.message == "api: requests 250m of CPU and uses 10m, 256Mi of memory and uses 60Mi (p95)"
    assert wasted.fix == "`requests: {cpu: 25m, memory: 80Mi}` leaves more of the node to others"
    assert dict(ones["api"].change.requests) == {"cpu": "25m", "memory": "80Mi"}
    ones, findings = judged(tmp_path, observation(calm, engine="tilt", sent=None))
    assert found(findings, "request-above-use") == []
    assert ones["api"].change.requests == {}


def test_processes_show_no_file_cache_so_memory_is_not_lowered(tmp_path: Path) -> None:
    ones, findings = judged(tmp_path, observation({"api": ([0.01] * 30, [60.0] * 30)}))
    (wasted,) = found(findings, "request-above-use")
    assert wasted.message == "api: requests 250m of CPU and uses 10m (p95)"
    assert dict(ones["api"].change.requests) == {"cpu": "25m"}


def test_throttling_that_the_kernel_counted(tmp_path: Path) -> None:
    seen = observation({"api": ([0.3] * 30, [300.0] * 30)}, engine="compose", throttled=0.1)
    _, findings = judged(tmp_path, seen)
    (held,) = found(findings, "cpu-throttled")
    assert (held.severity, held.message) == (
        Severity.WARNING, "api: the kernel throttled it for 4.0 s at its CPU limit",
    )  # fmt: skip
    assert held.place is not None
    assert held.place.line == line_of("limits: {cpu: 500m", "api:")


def test_a_compose_project_is_stagings_column(tmp_path: Path) -> None:
    seen = observation({"api": ([0.45] * 30, [480.0] * 30)}, engine="compose")
    ones, findings = judged(tmp_path, seen)
    assert {each.id: each.severity for each in findings} == {
        "resources.memory-near-limit": Severity.WARNING,
        "resources.cpu-near-limit": Severity.WARNING,
        "resources.request-below-use": Severity.WARNING,
    }
    assert dict(ones["api"].change.limits) == {"cpu": "900m", "memory": "768Mi"}


def test_few_samples_are_said_once(tmp_path: Path) -> None:
    few = ([0.2] * 4, [150.0] * 4)
    _, findings = judged(tmp_path, observation({"api": few, "page": few}))
    (said,) = found(findings, "few-samples")
    assert said.message.startswith("2 services: only 4 samples")


def test_a_load_that_was_refused_is_said(tmp_path: Path) -> None:
    sent = type(SENT)(SENT.topics, 1.0, 1, {"200": 1, "401": 29})
    _, findings = judged(tmp_path, observation({"api": FINE}, sent=sent))
    (said,) = found(findings, "load-refused")
    assert said.message == "29 of 30 webhooks were not accepted (1 × 200, 29 × 401)"


@pytest.mark.parametrize("engine", ["local", "tilt", "compose"])
def test_every_finding_has_a_mend(tmp_path: Path, engine: str) -> None:
    wild = observation({"api": ([3.0] * 5, [5000.0] * 5), "cache": ([0.0] * 5, [1.0] * 5)}, engine=engine)
    _, findings = judged(tmp_path, wild)
    assert findings
    assert all(finding.fix for finding in findings)
