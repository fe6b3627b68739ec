"""`devkit compose config`: the listing, one value, JSON, refusals. `devkit compose audit`: reports, fixes."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import yaml
from devkit.cli import main
from devkit.compose import read_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("TAG", raising=False)
    (folder / ".env").write_text("TAG=1.2\n")
    (folder / "compose.yml").write_text(
        "services:\n  web:\n    image: app:${TAG}\n    environment: {PRICE: $$5, ON: 'yes'}\n    stop_grace_period: 90s\n"
        "    labels: {a.b: c}\n  tool: {image: t, profiles: [dev]}\n"
    )
    return folder


def test_every_value_with_its_place(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compose", "config"]) == 0
    lines = {
        line.split("#")[0].strip(): line.partition("# ")[2] for line in capsys.readouterr().out.splitlines()
    }
    assert lines["image: app:1.2"] == "compose.yml:3"
    assert lines["default: null"] == "compose.yml:3 (default network)"
    assert lines['stop_grace_period: "1m30s"'] == "compose.yml:5"


def test_the_listing_is_yaml_of_the_same_project(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compose", "config"]) == 0
    text = capsys.readouterr().out
    assert yaml.safe_load(text.replace("$$", "$")) == read_project().data()
    (project / "again.yml").write_text(text)
    assert read_project(["again.yml"]).data() == read_project().data()


def test_json_is_what_compose_prints(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compose", "config", "--json"]) == 0
    text = capsys.readouterr().out
    assert json.loads(text)["services"]["web"]["environment"] == {"ON": "yes", "PRICE": "$$5"}
    assert text.startswith('{\n  "name": "shop",\n')


def test_where(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compose", "config", "--where", "services.web.image"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "services.web.image = app:1.2",
        "  compose.yml:3:12  written as app:${TAG}",
        "  TAG = 1.2, from .env:1:1",
    ]


def test_where_as_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compose", "config", "--json", "--where", "services.web.labels.a.b"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["value"], found["file"], found["line"], found["column"]) == ("c", "compose.yml", 6, 19)


def test_where_of_all_services(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "over.yml").write_text("services:\n  d.b: {image: db}\n")
    assert (
        main(["compose", "config", "-f", "compose.yml", "-f", "over.yml", "--where", "services.*.image"]) == 0
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["services[d.b].image = db", "  over.yml:2:16"]
    assert lines[2] == "services.web.image = app:1.2"


def test_where_of_a_mapping(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compose", "config", "--where", "services.web.environment"]) == 0
    first, place, *rest = capsys.readouterr().out.splitlines()
    assert (first, place) == ("services.web.environment:", "  compose.yml:4:18")
    assert [line.split("#")[0].strip() for line in rest] == ['"ON": "yes"', 'PRICE: "$$5"']


def test_where_of_a_service_that_is_not_enabled(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compose", "config", "--where", "services.tool.image"]) == 0
    assert "not enabled: the service is of the profile dev" in capsys.readouterr().out
    assert main(["compose", "config", "--profile", "dev", "--where", "services.tool.image"]) == 0
    assert "not enabled" not in capsys.readouterr().out


def test_where_of_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compose", "config", "--where", "services.web.imge"]) == 2
    assert "did you mean services.web.image?" in capsys.readouterr().err


def test_without_interpolation(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compose", "config", "--no-interpolate", "--where", "services.web.image"]) == 0
    assert capsys.readouterr().out.startswith("services.web.image = app:${TAG}\n")


def test_what_compose_would_refuse(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "over.yml").write_text("services:\n  web: {port: 1, tty: 5}\n")
    assert main(["compose", "config", "-f", "compose.yml", "-f", "over.yml"]) == 2
    error = capsys.readouterr().err.splitlines()
    assert error[0] == "devkit: 2 errors in the Compose files"
    assert error[1:3] == ["over.yml:2:9: `port` is no key of services.web", "    → did you mean `ports`?"]


def test_warnings_do_not_spoil_the_output(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / ".env").unlink()
    assert main(["compose", "config", "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["services"]["web"]["image"] == "app:"
    assert "compose.yml:3:12: warning: the variable TAG has no value" in printed.err


BARE = "services:\n  web:\n    image: ${REGISTRY}/web:${TAG}\n    privileged: true\n"


@pytest.fixture
def bare(project: Path) -> Path:
    file = project / "compose.yml"
    file.write_text(BARE)
    return file


def test_an_audit_says_where_why_and_what_to_do(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compose", "audit", "--only", "compose.privileged"]) == 1
    shown = capsys.readouterr().out
    assert "compose.privileged" in shown
    assert "compose.yml:4:5: web has every right on the host" in shown
    assert "→ name what it needs in `cap_add`" in shown


def test_warnings_alone_are_no_failure(bare: Path) -> None:
    assert main(["compose", "audit", str(bare), "--only", "compose.log-size"]) == 0


def test_the_report_for_programs(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compose", "audit", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    [found] = [each for each in report["findings"] if each["id"] == "compose.pull-policy"]
    assert found["fix"] == "write `pull_policy: always`"
    assert "compose.yml" in json.dumps(found)


def test_a_fix_shows_what_it_changes_and_keeps_the_rest(
    bare: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    only = ["--only", "compose.pull-policy", "--only", "compose.stop-grace"]
    assert main(["compose", "audit", *only, "--fix", "--yes"]) == 0
    assert "+    pull_policy: always" in capsys.readouterr().out
    changed = bare.read_text()
    assert [line for line in changed.splitlines() if line not in BARE.splitlines()] == [
        "    pull_policy: always",
        "    stop_grace_period: 30s",
    ]
    assert main(["compose", "audit", *only]) == 0


def test_a_comment_below_a_fix_still_allows(bare: Path) -> None:
    bare.write_text(
        BARE.replace("privileged: true", "privileged: true # compose: allow privileged: it mounts")
    )
    only = ("--only", "compose.pull-policy", "--only", "compose.privileged", "--only", "compose.allow")
    assert main(["compose", "audit", *only, "--fix", "--yes"]) == 0


def test_without_a_terminal_and_without_yes_nothing_changes(
    bare: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main(["compose", "audit", "--fix"]) == 2
    assert "nothing was changed" in capsys.readouterr().err
    assert bare.read_text() == BARE


def test_the_example_stands_for_an_absent_env(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (bare.parent / ".env").rename(bare.parent / ".env.example")
    bare.write_text(BARE.replace("${TAG}", "${TAG:?set it}"))
    assert main(["compose", "audit", "--only", "compose.log-size"]) == 0
    assert "reading .env.example" in capsys.readouterr().err


def test_what_compose_refuses_is_not_audited(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare.write_text("services:\n  web:\n    imagee: x\n")
    assert main(["compose", "audit"]) == 2
    assert "compose.yml:3:5" in capsys.readouterr().err


def test_every_rule_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compose", "audit", "--list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("compose.") for line in listed) >= 40
