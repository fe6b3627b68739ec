"""`devkit config audit`: its exit codes, its forms, one check alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from devkit.cli import main
from devkit.configuration.model import RULES
from devkit.findings.formats import REPORT_SCHEMA
from jsonschema import validate

from tests.configuration.repository import write

GATEWAY = "apps/gateway/src/gateway/main.py"
WRONG = "import os\nu = 'https://api.stripe.com'\nos.environ['BANK_URL']\n"


@pytest.fixture
def wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DEVKIT_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return write(tmp_path, {GATEWAY: WRONG})


def test_clean(wrong: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (wrong / GATEWAY).write_text("x = 1\n")
    assert main(["config", "audit"]) == 0
    assert capsys.readouterr().out.startswith(f"{len(RULES)} passed in ")


def test_each_finding_has_its_place_its_rule_and_its_fix(
    wrong: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["config", "audit"]) == 1
    first, fix, second, declare, *_ = capsys.readouterr().out.splitlines()
    assert first.split()[:2] == ["error", "config.url"]
    assert first.endswith(f"{GATEWAY}:2:1: `https://api.stripe.com` is written into the code")
    assert fix.endswith(
        "→ declare `STRIPE_URL` in `env` of services.gateway in dev/services.yaml, and read it"
    )
    assert second.endswith(f"{GATEWAY}:3:1: `BANK_URL` is read, and dev/services.yaml does not declare it")
    assert "declare `BANK_URL` in `env` of services.gateway in dev/services.yaml" in declare


def test_what_cannot_be_checked_is_a_warning(wrong: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (wrong / GATEWAY).write_text("import os\nos.environ[name]\n")
    assert main(["config", "audit"]) == 0
    assert "warning" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("path", "code"), [(GATEWAY, 1), ("Dockerfile", 1), ("apps/page/src/a.ts", 0), ("apps/page/src/a.js", 0)]
)
def test_a_file_that_cannot_be_parsed(wrong: Path, path: str, code: int) -> None:
    """TypeScript's grammar lags behind the language, the others do not."""
    (wrong / GATEWAY).write_text("")
    (wrong / path).write_text("<<<<<<< HEAD\n")
    assert main(["config", "audit"]) == code


def test_one_check_alone(wrong: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "audit", "--only", "config.host"]) == 0
    assert (
        main(
            ["config", "audit", "--skip", "config.url", "--only", "config.url", "--only", "config.undeclared"]
        )
        == 1
    )
    assert "config.url" not in capsys.readouterr().out
    assert main(["config", "audit", "--only", "config.urls"]) == 2
    assert "did you mean 'config.url'?" in capsys.readouterr().err


def test_forms(wrong: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "audit", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    validate(report, json.loads(REPORT_SCHEMA.read_text()))
    assert [each["id"] for each in report["findings"]] == ["config.url", "config.undeclared"]
    assert report["findings"][0]["place"] == {"file": GATEWAY, "line": 2, "column": 1}
    assert [each["id"] for each in report["checks"]] == [f"config.{rule}" for rule in RULES]
    assert main(["config", "audit", "--sarif"]) == 1
    assert json.loads(capsys.readouterr().out)["version"] == "2.1.0"
    assert main(["config", "audit", "--junit"]) == 1
    assert 'failures="2"' in capsys.readouterr().out


def test_a_finding_can_be_suppressed_until_a_day(wrong: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = wrong / "dev/services.yaml"
    table.write_text(
        table.read_text() + "suppress:\n  - {id: config, reason: it is being moved, until: 2099-01-01}\n"
    )
    assert main(["config", "audit"]) == 0
    assert "suppressed until 2099-01-01: config.url" in capsys.readouterr().out


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "audit", "--list"]) == 0
    listed = capsys.readouterr().out
    assert all(f"config.{rule}" in listed for rule in RULES)
