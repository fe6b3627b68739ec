"""doctor's group `environment`: what the shell hands over."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from devkit.findings.model import Severity

from tests.support.machine import Workplace, only_problem
from tests.support.namespaces import in_own_mounts, mounted_over, run_elsewhere


def parts(workplace: Workplace, id: str) -> dict[str | None, Severity]:
    """What a check found, by part. No value of the shell is among it."""
    problems = workplace.run(id).problems
    assert "PLANTED" not in repr([(p.message, p.advice) for p in problems])
    return {problem.part: problem.severity for problem in problems}


@pytest.mark.parametrize(
    "id",
    [
        "service-links", "database-url", "skip-verification", "python", "docker-host", "ci", "home", "path-order",
    ],
)  # fmt: skip
def test_a_plain_shell(workplace: Workplace, id: str) -> None:
    outcome = workplace.run(f"environment.{id}")
    assert outcome.problems == ()
    assert outcome.seen


def test_service_links(workplace: Workplace) -> None:
    workplace.environ["HELLO_PORT"] = "tcp://10.0.0.1:80"
    workplace.environ["OTHER_SERVICE_HOST"] = "10.0.0.2"
    problem = only_problem(workplace.run("environment.service-links"))
    assert problem.part == "links"
    assert problem.severity is Severity.NOTE
    assert problem.message.startswith("HELLO_PORT, OTHER_SERVICE_HOST look like")
    workplace.environ["HELLO_PORT"] = "3000"  # a plain number is not a link
    del workplace.environ["OTHER_SERVICE_HOST"]
    assert workplace.run("environment.service-links").problems == ()


def test_names_of_the_table(workplace: Workplace) -> None:
    workplace.environ |= {"GREETING": "PLANTED", "OTHER_URL": "PLANTED", "POSTGRES_PASSWORD": "PLANTED"}
    problem = only_problem(workplace.run("environment.service-links"))
    assert problem.message.startswith(
        "GREETING, OTHER_URL, POSTGRES_PASSWORD are set in this shell. up ignores that"
    )
    assert parts(workplace, "environment.service-links") == {"names": Severity.NOTE}


def test_database_url(workplace: Workplace) -> None:
    workplace.environ |= {
        "DATABASE_URL": "postgresql://me:PLANTED@x/y",
        "PGSSLMODE": "require",
        "PGPASSWORD": "PLANTED",
    }
    assert parts(workplace, "environment.database-url") == {
        "database-url": Severity.NOTE,
        "libpq": Severity.WARNING,
    }
    workplace.environ = {**workplace.environ, "DATABASE_URL": "", "PGSSLMODE": "prefer"}
    assert parts(workplace, "environment.database-url") == {}


def test_skip_verification(workplace: Workplace) -> None:
    workplace.environ["WEBHOOK_SKIP_VERIFICATION"] = "1"
    assert parts(workplace, "environment.skip-verification") == {"shell": Severity.NOTE}
    secrets = workplace.in_clone(
        "k8s/dev/secret.yaml", "stringData:\n  POSTGRES_PASSWORD: x\n  WEBHOOK_SKIP_VERIFICATION: 'true'\n"
    )
    secrets.chmod(0o600)
    table = workplace.root / "dev/services.yaml"
    switch = "config:\n  WEBHOOK_SKIP_VERIFICATION:\n    default: 'true'\n    about: Unsigned ones.\n"
    table.write_text(table.read_text().replace("config:\n", switch))
    found = workplace.run("environment.skip-verification").problems
    assert {p.part: p.severity for p in found} == {
        "shell": Severity.NOTE,
        "secret": Severity.WARNING,
        "table": Severity.WARNING,
    }
    places = {p.part: str(p.place) for p in found}
    assert places["table"].endswith("dev/services.yaml:7:3")
    assert places["secret"] == "k8s/dev/secret.yaml:3:1"


def test_python(workplace: Workplace) -> None:
    workplace.environ |= {
        "PYTHONHOME": "/nowhere",
        "PYTHONPATH": "/x",
        "DEVKIT_PYTHON": "python9",
        "VIRTUAL_ENV": "/other",
    }
    assert parts(workplace, "environment.python") == {
        "devkit-python": Severity.WARNING,
        "path": Severity.NOTE,
        "virtualenv": Severity.NOTE,
    }
    python = workplace.program("python9", "exit 0")
    workplace.environ = {
        **{name: workplace.environ[name] for name in ("PATH", "HOME")},
        "DEVKIT_PYTHON": str(python), "VIRTUAL_ENV": str(workplace.root / ".venv"),
    }  # fmt: skip
    assert parts(workplace, "environment.python") == {}


def test_node(workplace: Workplace) -> None:
    assert workplace.run("environment.node-env").needless
    table = workplace.root / "dev/services.yaml"
    limits = "resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 200m, memory: 128Mi}}"
    table.write_text(
        table.read_text() + f"  page:\n    type: vite\n    about: A page.\n    port: 5199\n    {limits}\n"
    )
    (workplace.root / "apps/page").mkdir()
    (workplace.root / "apps/page/package.json").write_text("{}")
    assert workplace.run("environment.node-env").seen == "none is set"
    workplace.environ |= {
        "NODE_ENV": "production",
        "NODE_OPTIONS": "--max-old-space-size=99 --require /nowhere/x.js",
    }
    assert parts(workplace, "environment.node-env") == {"mode": Severity.NOTE, "options": Severity.WARNING}
    loaded = workplace.write("hook.js", "")
    workplace.environ |= {"NODE_ENV": "development", "NODE_OPTIONS": f'--require "{loaded}"'}
    assert parts(workplace, "environment.node-env") == {}


def test_kubeconfig(workplace: Workplace) -> None:
    assert workplace.run("environment.kubeconfig").needless
    one = workplace.write("one", "")
    workplace.environ["KUBECONFIG"] = f"{one}:"
    assert workplace.run("environment.kubeconfig").seen == "1 file"
    workplace.environ["KUBECONFIG"] = f"{one}:/nowhere/two"
    problem = only_problem(workplace.run("environment.kubeconfig"))
    assert "/nowhere/two, which is not a file: kubectl ignores it" in problem.message
    workplace.environ["KUBECONFIG"] = str(workplace.home)
    assert workplace.run("environment.kubeconfig").needless
    assert any(str(workplace.home) in p.message for p in workplace.run("cluster.context").problems)


def test_docker_host(workplace: Workplace) -> None:
    workplace.environ["DOCKER_HOST"] = "tcp://me:PLANTED@there:2375"
    assert workplace.run("environment.docker-host").seen == "DOCKER_HOST is tcp://…@there:2375"
    workplace.environ["DOCKER_CONTEXT"] = "colima"
    assert parts(workplace, "environment.docker-host") == {None: Severity.WARNING}


def test_ci(workplace: Workplace) -> None:
    workplace.environ["CI"] = "true"
    assert parts(workplace, "environment.ci") == {None: Severity.NOTE}
    workplace.environ["TF_BUILD"] = "True"
    assert workplace.run("environment.ci").seen == "running in CI (TF_BUILD)"


@pytest.mark.parametrize(
    ("values", "severity"),
    [
        ({"LANG": "nl_BE.UTF-8"}, None),
        ({"LANG": "nl_BE", "LC_ALL": "C.utf8"}, None),
        ({"LANG": "de_DE.UTF-8@euro"}, None),
        ({}, Severity.NOTE),
        ({"LANG": "C"}, Severity.NOTE),
        ({"LANG": "nl_BE.UTF-8", "LC_CTYPE": "POSIX"}, Severity.NOTE),
        ({"LANG": "nl_BE"}, Severity.NOTE),
        ({"LC_ALL": "nl_BE.ISO-8859-1", "LANG": "C.UTF-8"}, Severity.WARNING),
    ],
)
def test_locale(workplace: Workplace, values: dict[str, str], severity: Severity | None) -> None:
    workplace.environ |= values
    problems = workplace.run("environment.locale").problems
    assert [p.severity for p in problems] == ([severity] if severity else [])


def test_home(workplace: Workplace, tmp_path: Path) -> None:
    for value, says in (
        ("", "not set"),
        ("/nowhere/at/all", "does not exist"),
        (str(workplace.write("file", "")), "is not a folder"),
        ("/" + "h" * 5000, "cannot be accessed"),
    ):
        workplace.environ["HOME"] = value
        assert says in only_problem(workplace.run("environment.home")).message
    del workplace.environ["HOME"]
    assert "not set" in only_problem(workplace.run("environment.home")).message


def test_home_read_only(workplace: Workplace) -> None:
    lines = mounted_over(workplace.home, "remount,bind,ro")
    found = run_elsewhere(workplace, "environment.home", lines, prefix=in_own_mounts())
    assert "cannot be written" in found.problem["message"]


def test_home_of_somebody_else(workplace: Workplace) -> None:
    if os.geteuid() == 0:
        os.chown(workplace.home, 12345, 12345)
        whose = "the user 12345"
    else:
        workplace.environ["HOME"], whose = "/usr", "root"
    assert f"belongs to {whose}" in only_problem(workplace.run("environment.home")).message


def test_path_order(workplace: Workplace, tmp_path: Path) -> None:
    one = workplace.program("kubectl", "exit 0")
    more = tmp_path / "more"
    more.mkdir()
    workplace.environ["PATH"] += f":{more}:{more}"
    (more / "kubectl").symlink_to(one)
    assert workplace.run("environment.path-order").problems == ()
    (more / "kubectl").unlink()
    (more / "kubectl").write_text("#!/bin/sh\n")
    assert workplace.run("environment.path-order").problems == ()  # may not be run
    (more / "kubectl").chmod(0o755)
    problem = only_problem(workplace.run("environment.path-order"))
    assert problem.part == "kubectl"
    assert f"{one} counts, {more / 'kubectl'} does not" in problem.message
    for value in ("", "/nowhere:/not/here"):
        workplace.environ["PATH"] = value
        assert only_problem(workplace.run("environment.path-order")).severity is Severity.WARNING
