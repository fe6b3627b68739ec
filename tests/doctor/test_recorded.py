"""Machines that are written down, judged: each has just the findings that it should have, and nothing here is asked."""

from __future__ import annotations

import json
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from devkit.base.errors import DevkitError, ExitCode
from devkit.checks import Outcome
from devkit.doctor.catalogue import all_checks
from devkit.doctor.look import look
from devkit.doctor.machine import Machine
from devkit.doctor.record import Environ
from devkit.doctor.recorded import recorded, written
from devkit.doctor.report import doctor_report
from devkit.findings.report import Report
from devkit.findings.table import render_table
from devkit.secrets.redact import Redactor

from tests.support.demo import demo
from tests.support.platform import ROOT
from tests.support.recorded import MACHINES, RecordedSet, load_set

NAMES = sorted(path.stem for path in MACHINES.glob("*.yaml"))


def judged(given: RecordedSet, path: Path) -> tuple[Report, list[Outcome]]:
    checks = [check for check in all_checks(ROOT) if not check.id.startswith("dev.")]
    with recorded(given.write(path / "facts.json")) as found:
        outcomes = look(found.machine, checks)
        return doctor_report(found.machine, outcomes, 0.0, {check.id for check in checks}), outcomes


@pytest.mark.parametrize("name", NAMES)
def test_the_findings_are_those_that_are_expected(name: str, tmp_path: Path) -> None:
    given = load_set(name)
    report, outcomes = judged(given, tmp_path)
    found = [(each.severity.value, each.id, each.message) for each in report.findings]
    told = "\n".join(f"{severity} {id}: {message}" for severity, id, message in found)
    assert sorted(each[:2] for each in found) == sorted(each[:2] for each in given.expected), told
    for severity, id, part in given.expected:
        assert any(each[:2] == (severity, id) and part in each[2] for each in found), (
            f"{id}: {part!r} in\n{told}"
        )
    unknown = {o.check.id: o.skipped for o in outcomes if (o.skipped or "").startswith("not recorded")}
    assert set(unknown) == given.unrecorded, unknown


# What reads or calls this machine, as Python itself notices it.
_LOOKS = (
    "subprocess.Popen",
    "socket.connect",
    "socket.bind",
    "socket.getaddrinfo",
    "os.listdir",
    "os.scandir",
    "glob.glob",
)
_WATCHED: list[str] = []
_watching = False


def _noticed(event: str, arguments: tuple[object, ...]) -> None:
    if not _watching:
        return
    if event in _LOOKS and not (
        arguments and isinstance(arguments[0], int)
    ):  # what a folder of our own is removed by
        _WATCHED.append(f"{event} {arguments[:2]}")
    elif event == "open" and str(arguments[0]).startswith("/") and not _is_devkits(str(arguments[0])):
        _WATCHED.append(f"open {arguments[0]}")


def _is_devkits(path: str) -> bool:
    """Code and schemas of devkit and of Python, and the copies of the recorded files."""
    code = (str(ROOT / "tools"), str(ROOT / "libs"), sys.prefix, sys.base_prefix, tempfile.gettempdir())
    return path.startswith(code)


def test_nothing_of_this_machine_is_asked(tmp_path: Path) -> None:
    """A program, a file or a port of this machine would be judged as if it were the recorded one's."""
    global _watching
    given = load_set("rancher-linux")
    judged(given, tmp_path)  # so that every module is loaded
    sys.addaudithook(_noticed)
    for engine in ("tilt", "local"):
        given.facts["engine"] = engine
        _watching = True
        try:
            judged(given, tmp_path)
        finally:
            _watching = False
    looked = [each for each in _WATCHED if "dev/checks" not in each and "doctor/checks" not in each]
    assert looked == []


def test_a_fact_that_is_missing_or_masked_is_not_judged(tmp_path: Path) -> None:
    given = load_set("rancher-linux")
    del given.facts["facts"]["docker unix://~/.rd/docker.sock /version"]
    given.facts["facts"]["cores"] = {"masked": True}
    given.facts["environ"].pop("PATH")
    given.facts["masked"] = ["PATH", "NODE_OPTIONS", "DATABASE_URL"]
    report, outcomes = judged(given, tmp_path)
    assert not report.findings
    skipped = {o.check.id: o.skipped for o in outcomes if (o.skipped or "").startswith("not recorded")}
    for id in ("running", "api", "disk", "architecture"):
        assert skipped.pop(f"docker.{id}") == "not recorded: docker unix://~/.rd/docker.sock /version"
    assert skipped == {
        "cluster.images": "not recorded: docker unix://~/.rd/docker.sock /version",
        "environment.path-order": "not recorded: the value of PATH",
        "environment.database-url": "not recorded: the value of DATABASE_URL",
        "limits.cores": "not recorded: cores",
    }
    assert "not recorded" in render_table(report)


def test_what_was_recorded_is_judged_as_it_was_then(tmp_path: Path) -> None:
    """The findings of a bundle are those of the machine that it is from, at other folders and with other variables here."""
    with demo(tmp_path / "clone") as clone:
        (clone.root / "tilt_config.json").write_text('{"port_offset": 3}')
        arguments = ("doctor", "--json", "--engine", "tilt", "--skip", "project.disk", "--skip", "limits")
        live = clone.devkit(*arguments, "--bundle", check=False, DATABASE_URL="postgresql://me:hush@db/x")
        (bundle,) = (clone.root / ".devkit" / "bundles").glob("*.zip")
        again = clone.devkit(
            *arguments, "--from", str(bundle), check=False, HOME="/nonexistent", PATH="/usr/bin"
        )
    then, now = json.loads(live.stdout), json.loads(again.stdout)
    assert again.returncode == live.returncode == 1
    assert "recorded 20" in again.stderr

    def told(report: Any) -> dict[str, str]:
        return {
            each["id"]: each["message"].replace(str(clone.root), "<clone>") for each in report["findings"]
        }

    expected = told(then)
    expected.pop("environment.database-url.database-url")  # its value was masked
    assert expected
    assert told(now) == {id: message.replace(str(Path.home()), "~") for id, message in expected.items()}
    unknown = {each["id"] for each in now["checks"] if each["detail"].startswith("not recorded")}
    assert unknown == {"environment.database-url"}


def test_what_a_key_calls_secret_is_masked_and_the_rest_stays_json(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "tilt", Environ({"HOME": str(tmp_path), "API_TOKEN": "hush-hush"}))
    facts: dict[str, object] = {
        "empty": {"Plugins": {"Authorization": None, "Log": ["local"]}},
        "header": {"Authorization": "Basic aGFsbG8="},
        "known": ["a", "it is hush-hush"],
        "url": "postgresql://me:pass@db/x",
        "plain": {"version": "28.2"},
    }
    for name, value in facts.items():
        machine.record.observe(name, lambda value=value: value)  # type: ignore[misc]
    text = written(machine, Redactor(["hush-hush"]))
    assert not any(secret in text for secret in ("hush-hush", "aGFsbG8=", "me:pass"))
    found = json.loads(text)["facts"]
    assert found.pop("plain") == {"value": {"version": "28.2"}}
    assert found == {name: {"masked": True} for name in ("empty", "header", "known", "url")}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not a doctor bundle"),
        (b"no JSON", "is not a doctor bundle"),
        (b"[1]", "its facts are damaged"),
        (b'{"version": 1, "facts": []}', "its facts are damaged"),
        (b'{"version": 9}', "its facts are of version 9"),
        (
            b'{"version": 1, "platform": "linux", "engine": "tilt", "environ": {}, "masked": [], "facts": {"x": 3}}',
            "damaged",
        ),
        (b"[" * 100_000, "is not a doctor bundle"),
        (None, "No such file or directory"),
    ],
)
def test_what_is_no_bundle_is_refused(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "bundle.zip"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DevkitError, match=said) as refused, recorded(path):
        pass
    assert refused.value.exit_code is ExitCode.USAGE


def test_a_bundle_from_before_facts_were_recorded(tmp_path: Path) -> None:
    path = tmp_path / "old.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("report.json", "{}")
    with pytest.raises(DevkitError, match="an older devkit wrote it"), recorded(path):
        pass


@pytest.mark.parametrize("option", ["--fix", "--bundle"])
def test_a_recorded_machine_is_never_changed(tmp_path: Path, option: str) -> None:
    facts = load_set("rancher-linux").write(tmp_path / "facts.json")
    with demo(tmp_path / "clone") as clone:
        done = clone.devkit("doctor", "--from", str(facts), option, "--yes", check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert "--from looks at a recorded machine" in done.stderr
        broken = json.loads(facts.read_text())
        broken["facts"]["secrets"] = {
            "problem": {"kind": "skipped", "message": "there are no development secrets yet"}
        }
        facts.write_text(json.dumps(broken))
        done = clone.devkit("doctor", "--from", str(facts))
        assert "secrets.present" in done.stdout
        assert "--fix" not in done.stdout
        assert not (clone.root / "k8s" / "dev" / "secret.yaml").exists()
