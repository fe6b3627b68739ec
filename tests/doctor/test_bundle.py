"""`devkit doctor --bundle`: everything for a bug report, and no secret in any of it."""

from __future__ import annotations

import base64
import json
import re
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from devkit.findings.formats import REPORT_SCHEMA

from tests.support.demo import Demo, demo

# One for each place that a secret may come from; none is in a shape that gives it away.
IN_FILE = "planted in secret.yaml/!"
PASSWORD = "planted-password"
IN_SHELL = "plantedintheshell"
SHORT = "q7"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("clone")) as made:
        table = made.root / "dev" / "services.yaml"
        text = table.read_text()
        more = "secrets:\n  API_KEY: {optional: true, about: A key.}\n  PIN: {optional: true, about: A short one.}\n"
        table.write_text(
            text.replace("secrets:\n", more, 1).replace(
                "calls: [other]", "calls: [other]\n    secrets: [API_KEY, PIN]"
            )
            + f"# a comment of somebody who wrote {IN_FILE} here\n"
        )
        for name, value in (("POSTGRES_PASSWORD", PASSWORD), ("API_KEY", IN_FILE), ("PIN", SHORT)):
            made.devkit("secrets", "init")
            _set(made, name, value)
        logs = made.root / ".devkit" / "logs"
        logs.mkdir(parents=True)
        lines = [f"line {number}" for number in range(700)]
        lines += [
            f"key={IN_FILE}",
            json.dumps({"key": IN_FILE}),
            f"GET /?key={quote(IN_FILE, safe='')}",
            f"Authorization: Basic {base64.b64encode(f'user:{IN_FILE}'.encode()).decode()}",
            f"basic {base64.b64encode(f'user:{IN_FILE}'.encode()).decode()}",
            f"postgresql://demo:{PASSWORD}@localhost:5432/demo, then {PASSWORD}",
            f"the pin is {SHORT}, of {IN_SHELL}",
            "last line",
        ]
        (logs / "hello.log").write_text("\n".join(lines) + "\n")
        checks = made.root / "dev" / "checks"
        checks.mkdir()
        (checks / "leak.py").write_text(
            '"""A check that does not keep silent."""\nfrom devkit.checks import warning\n'
            f"def check(machine):\n    raise warning('it is {PASSWORD}', 'not {IN_FILE}')\n"
        )
        yield made


def _set(clone: Demo, name: str, value: str) -> None:
    path = clone.root / "k8s" / "dev" / "secret.yaml"
    text = path.read_text()
    line = f"  {name}: {json.dumps(value)}"
    found = re.search(rf"^  {name}:.*$", text, re.M)
    path.write_text(text.replace(found[0], line) if found else text.rstrip("\n") + f"\n{line}\n")


@pytest.fixture(scope="module")
def bundle(clone: Demo) -> Path:
    done = clone.devkit("doctor", "--bundle", "--engine", "local", check=False, SESSION_TOKEN=IN_SHELL)
    assert done.returncode in (0, 1), done.stderr
    for secret in (IN_FILE, PASSWORD, IN_SHELL):
        assert secret not in done.stdout + done.stderr
    (path,) = (clone.root / ".devkit" / "bundles").glob("*.zip")
    assert str(path) in done.stderr
    return path


def contents(bundle: Path) -> dict[str, str]:
    with zipfile.ZipFile(bundle) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_what_is_in_it(bundle: Path) -> None:
    files = contents(bundle)
    assert {"report.txt", "report.json", "versions.txt", "environment.txt", "dev/services.yaml", "git.txt", "logs/hello.log"} <= set(files)  # fmt: skip
    assert any(finding["id"] == "dev.leak" for finding in json.loads(files["report.json"])["findings"])
    assert (
        json.loads(files["report.json"]).keys() == json.loads(REPORT_SCHEMA.read_text())["properties"].keys()
    )
    assert re.search(r"^git: git version \d", files["versions.txt"], re.M)
    assert re.search(r"^Python 3\.", files["versions.txt"], re.M)
    lines = files["logs/hello.log"].splitlines()
    assert (len(lines), lines[-1]) == (500, "last line")
    assert "SESSION_TOKEN" in files["environment.txt"], "names are told, values are not"
    assert "image_prefix: demo" in files["dev/services.yaml"]


def test_no_secret_in_any_of_it(bundle: Path) -> None:
    raw = bundle.read_bytes()
    for name, text in contents(bundle).items():
        for secret in (IN_FILE, PASSWORD, IN_SHELL, quote(IN_FILE, safe=""), json.dumps(IN_FILE)[1:-1]):
            assert secret not in text, f"{secret} is in {name}"
            assert secret.encode() not in raw
        assert not re.search(rf"\b{SHORT}\b", text), name
        for part in re.findall(r"[A-Za-z0-9+/]{12,}={0,2}", text):
            decoded = base64.b64decode(part[: len(part) // 4 * 4])
            assert b"planted in secret" not in decoded, f"{part} in {name}"


def test_the_home_folder_is_not_named(bundle: Path) -> None:
    assert str(Path.home()) + "/" not in "".join(contents(bundle).values())


def test_it_is_private_and_not_for_git(bundle: Path, clone: Demo) -> None:
    assert stat.S_IMODE(bundle.stat().st_mode) == 0o600
    assert bundle.is_relative_to(clone.root / ".devkit")


def test_a_broken_clone_has_one_too(tmp_path: Path) -> None:
    with demo(tmp_path) as clone:
        (clone.root / "dev" / "services.yaml").write_bytes(b"\xff\x00")
        (clone.root / "k8s" / "dev").mkdir(parents=True, exist_ok=True)
        (clone.root / "k8s" / "dev" / "secret.yaml").write_text(f"stringData: [\n  API_KEY: {PASSWORD}\n")
        (clone.root / ".devkit" / "logs").mkdir(parents=True)
        (clone.root / ".devkit" / "logs" / "hello.log").write_text(f"it is {PASSWORD}\n")
        clone.devkit("doctor", "--bundle", "--only", "project.table", check=False)
        (path,) = (clone.root / ".devkit" / "bundles").glob("*.zip")
        files = contents(path)
        assert files["logs/hello.log"] == "it is •••\n"
        assert PASSWORD not in "".join(files.values())
