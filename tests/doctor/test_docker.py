"""doctor's group `docker`: daemons on sockets of the test's own, which answer as Docker does, or do not."""

from __future__ import annotations

import errno
import hashlib
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from devkit.checks import Outcome, Problem
from devkit.doctor.checks.docker.disk import judge
from devkit.doctor.facts.docker import Daemon, unreachable, version
from devkit.doctor.machine import Machine
from devkit.doctor.record import Environ
from devkit.findings.model import Severity

from tests.support.answers import Reply, on_port, on_socket
from tests.support.machine import Said, Workplace, only_problem

HERE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
OTHER = "arm64" if HERE == "amd64" else "amd64"
VERSION = {
    "Platform": {"Name": "Docker Engine - Community"},
    "Version": "28.2.2",
    "ApiVersion": "1.50",
    "MinAPIVersion": "1.24",
    "Os": "linux",
    "Arch": HERE,
}


def about(folder: Path | str, **changed: Any) -> dict[str, Any]:
    return {
        "ID": "a7d5a1b0-0c3e-4f5b-9d5e-1f2a3b4c5d6e",
        "Name": "laptop",
        "DockerRootDir": str(folder),
        "KernelVersion": platform.release(),
        "ServerVersion": "28.2.2",
        "Architecture": platform.machine(),
        **changed,
    }


def use(workplace: Workplace, path: Path | str) -> None:
    workplace.environ["DOCKER_HOST"] = f"unix://{path}"


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose path is short enough for a socket's."""
    folder = Path(tempfile.mkdtemp(prefix="dk-"))
    yield folder
    shutil.rmtree(folder)


def all_of(workplace: Workplace, *names: str) -> dict[str, Outcome]:
    return {name: workplace.run(f"docker.{name}") for name in names}


def test_all_is_well(workplace: Workplace) -> None:
    workplace.platform = "linux"
    with on_socket({"/version": VERSION, "/info": about(workplace.home)}) as path:
        use(workplace, path)
        seen = all_of(workplace, "context", "running", "api", "disk", "architecture", "credentials")
    assert all(outcome.passed for outcome in seen.values()), seen
    assert seen["context"].seen == f"unix://{path}, by DOCKER_HOST"
    assert seen["running"].seen == "28.2.2, Docker Engine - Community"
    assert seen["api"].seen == "1.50"
    assert f"free under {workplace.home}" in seen["disk"].seen
    assert seen["architecture"].seen == HERE
    assert seen["credentials"].seen == "none is named"


def test_there_is_no_socket(workplace: Workplace, short: Path) -> None:
    use(workplace, short / "docker.sock")
    problem = only_problem(workplace.run("docker.running"))
    assert (
        problem.message == f"Docker does not run: there is no socket unix://{short}/docker.sock (DOCKER_HOST)"
    )
    assert problem.advice == "start it, or unset DOCKER_HOST"
    assert workplace.run("docker.api").skipped == "not checked because docker.running failed"


def test_a_socket_that_nobody_listens_on(workplace: Workplace, short: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(short / "docker.sock"))
    use(workplace, short / "docker.sock")
    assert "nothing answers on" in only_problem(workplace.run("docker.running")).message


def test_no_permission(workplace: Workplace, short: Path) -> None:
    """The socket's folder is closed to this user; root, whom nothing is closed to, becomes another one for it."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(short / "docker.sock"))
        server.listen()
        (short / "docker.sock").chmod(0)
        if os.geteuid():
            use(workplace, short / "docker.sock")
            problem = only_problem(workplace.run("docker.running"))
            message, fix = problem.message, problem.advice or ""
        else:
            message, fix = as_nobody(workplace, short / "docker.sock")
    assert message.startswith("this user may not use Docker's socket")
    assert "usermod -aG docker" in fix


def as_nobody(workplace: Workplace, path: Path) -> tuple[str, str]:
    """What the check says to a user without rights, from a child process. The files that it needs are opened to it."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            path.parent.chmod(0o755)
            os.setuid(65534)
            machine = Machine(
                Path("/"), "tilt", Environ({"DOCKER_HOST": f"unix://{path}", "HOME": "/"}), "linux"
            )
            try:
                said = str(machine.fact(version))
            except Problem as problem:
                said = f"{problem.message}\n{problem.advice}"
            os.write(write, said.encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        message, _, fix = answer.read().partition("\n")
    os.waitpid(child, 0)
    return message, fix


def test_it_hangs(workplace: Workplace, short: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(short / "docker.sock"))
        server.listen()
        use(workplace, short / "docker.sock")
        outcome = workplace.run("docker.running")  # the server never answers
    assert only_problem(outcome).message.startswith("Docker hangs: it takes connections on")


@pytest.mark.parametrize(
    "answer", [Reply("<html>"), {"hello": 1}, [], Reply({"message": "page not found"}, 404)]
)
def test_something_else_listens(workplace: Workplace, answer: object) -> None:
    with on_socket({"/version": answer}) as path:
        use(workplace, path)
        assert "does not answer as Docker does" in only_problem(workplace.run("docker.running")).message


def test_something_that_speaks_no_http(workplace: Workplace, short: Path) -> None:
    script = (
        "import socket, sys; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); print(flush=True)\n"
        "while True:\n c, _ = s.accept(); c.sendall(b'SSH-2.0-OpenSSH_9.2\\r\\n'); c.recv(99); c.close()"
    )
    path = short / "docker.sock"
    process = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE)
    try:
        assert process.stdout
        process.stdout.readline()
        use(workplace, path)
        assert "does not answer as Docker does" in only_problem(workplace.run("docker.running")).message
    finally:
        process.kill()
        process.wait()


def test_an_old_api(workplace: Workplace) -> None:
    with on_socket({"/version": {**VERSION, "Version": "18.09.9", "ApiVersion": "1.39"}}) as path:
        use(workplace, path)
        problem = only_problem(workplace.run("docker.api"))
    assert problem.message == "Docker's API is 1.39 (Docker 18.09.9); Tilt needs 1.40"


@pytest.mark.parametrize("asked", ["1.38", "1.60"])
def test_the_environment_asks_for_another_api(workplace: Workplace, asked: str) -> None:
    workplace.environ["DOCKER_API_VERSION"] = asked
    with on_socket({"/version": VERSION}) as path:
        use(workplace, path)
        assert only_problem(workplace.run("docker.api")).advice == "unset DOCKER_API_VERSION"


def context(workplace: Workplace, name: str, host: str) -> None:
    key = hashlib.sha256(name.encode()).hexdigest()
    meta = {"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": False}}}
    workplace.write(f".docker/contexts/meta/{key}/meta.json", meta)


def test_the_context_of_the_settings(workplace: Workplace) -> None:
    workplace.write(".docker/config.json", {"auths": {}, "currentContext": "rancher-desktop"})
    with on_socket({"/version": VERSION}) as path:
        context(workplace, "rancher-desktop", f"unix://{path}")
        outcome = workplace.run("docker.context")
        assert outcome.seen.startswith(f"unix://{path}, by context rancher-desktop (currentContext in ")
        assert workplace.run("docker.running").passed
        workplace.environ["DOCKER_CONTEXT"] = "default"
        assert workplace.run("docker.context").seen == "unix:///var/run/docker.sock, by the default socket"


def test_a_context_that_is_gone(workplace: Workplace) -> None:
    path = workplace.write(".docker/config.json", {"currentContext": "colima"})
    problem = only_problem(workplace.run("docker.context"))
    assert "context colima" in problem.message
    assert problem.advice == "docker context use default"
    assert workplace.run("docker.running").skipped == "not checked because docker.context failed"

    assert problem.fix
    assert problem.fix.apply is None, "there is no docker to do it with"
    workplace.program("docker", f'[ "$*" = "context use default" ] && echo "{{}}" > {path}')
    fix = only_problem(workplace.run("docker.context")).fix
    assert fix
    assert fix.apply
    fix.apply(workplace.machine)
    assert workplace.run("docker.context").seen == "unix:///var/run/docker.sock, by the default socket"


def test_a_context_of_the_shell_that_is_gone(workplace: Workplace) -> None:
    workplace.environ["DOCKER_CONTEXT"] = "g\udcffne"
    assert only_problem(workplace.run("docker.context")).advice == "unset DOCKER_CONTEXT"


@pytest.mark.parametrize("host", [" ", "here", "/var/run/docker.sock", "unix:/var/run/docker.sock"])
def test_a_host_that_is_no_address(workplace: Workplace, host: str) -> None:
    workplace.environ["DOCKER_HOST"] = host
    assert "which is not a Docker address" in only_problem(workplace.run("docker.context")).message


def test_a_products_own_socket() -> None:
    """Where docker looks at the default socket, and the product has put its own elsewhere."""
    found = Daemon("unix:///var/run/docker.sock", "the default socket")
    home = Path(tempfile.mkdtemp(prefix="dk-"))
    try:
        machine = Machine(home, "tilt", Environ({"HOME": str(home), "PATH": ""}), "darwin")
        assert (
            "there is no socket" in unreachable(machine, found, FileNotFoundError(errno.ENOENT, "")).message
        )
        (home / ".rd").mkdir()
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(home / ".rd" / "docker.sock"))
            machine.forget()
            problem = unreachable(machine, found, FileNotFoundError(errno.ENOENT, ""))
        assert "Rancher Desktop has a socket of its own" in problem.message
        assert problem.advice == "docker context use rancher-desktop"
    finally:
        shutil.rmtree(home)


@pytest.mark.parametrize("host", ["ssh://user:secret@build.example.com", "tcp://10.1.2.3:2375"])
def test_a_docker_elsewhere(workplace: Workplace, host: str) -> None:
    workplace.environ["DOCKER_HOST"] = host
    problem = only_problem(workplace.run("docker.context"))
    assert "Docker is not on this machine" in problem.message
    assert "secret" not in problem.message
    assert problem.advice == "unset DOCKER_HOST"


def test_a_docker_on_loopback(workplace: Workplace) -> None:
    with on_port({"/version": VERSION}) as port:
        workplace.environ["DOCKER_HOST"] = f"tcp://127.0.0.1:{port}"
        assert workplace.run("docker.running").passed


def test_a_docker_behind_tls_is_asked_by_its_own_command(workplace: Workplace) -> None:
    workplace.environ |= {"DOCKER_HOST": "tcp://127.0.0.1:2376", "DOCKER_TLS_VERIFY": "1"}
    workplace.answers("docker", {"version --format {{json .Server}}": VERSION})
    assert workplace.run("docker.running").passed
    workplace.answers("docker", {"version *": Said("null\n", "Cannot connect to the Docker daemon\n", 1)})
    assert "Cannot connect" in only_problem(workplace.run("docker.running")).message
    workplace.answers("docker", {"version *": "null\n"})
    assert "does not answer" in only_problem(workplace.run("docker.running")).message


@pytest.mark.parametrize("content", ["{,}", "[]"])
def test_damaged_settings(workplace: Workplace, content: str) -> None:
    workplace.write(".docker/config.json", content)
    problem = only_problem(workplace.run("docker.context"))
    assert problem.severity is Severity.WARNING
    assert "config.json" in problem.message
    assert (
        workplace.run("docker.credentials").skipped == "docker's settings cannot be read: see docker.context"
    )


def test_a_credential_helper_that_is_missing(workplace: Workplace) -> None:
    workplace.write(".docker/config.json", {"credsStore": "desktop"})
    problem = only_problem(workplace.run("docker.credentials"))
    assert problem.severity is Severity.ERROR
    assert "docker-credential-desktop is not on PATH: every pull fails" in problem.message
    workplace.write(".rd/bin/docker-credential-desktop", "")
    assert "~/.rd/bin" in (only_problem(workplace.run("docker.credentials")).advice or "")
    workplace.program("docker-credential-desktop", "echo '{}'")
    assert workplace.run("docker.credentials").seen == "desktop"


def test_a_credential_helper_of_one_registry(workplace: Workplace) -> None:
    workplace.write(
        ".docker/config.json", {"credsStore": "", "credHelpers": {"registry.example.com": "ecr-login"}}
    )
    problem = only_problem(workplace.run("docker.credentials"))
    assert problem.severity is Severity.WARNING
    assert problem.part == "registry.example.com"
    workplace.write(".docker/config.json", {"credHelpers": ["nothing"], "credsStore": 7})
    assert workplace.run("docker.credentials").seen == "none is named"


def test_another_processor(workplace: Workplace) -> None:
    with on_socket({"/version": {**VERSION, "Arch": OTHER}}) as path:
        use(workplace, path)
        assert f"Docker runs on {OTHER}" in only_problem(workplace.run("docker.architecture")).message


def test_a_platform_by_default(workplace: Workplace) -> None:
    with on_socket({"/version": VERSION}) as path:
        use(workplace, path)
        workplace.environ["DOCKER_DEFAULT_PLATFORM"] = f"linux/{OTHER}"
        assert only_problem(workplace.run("docker.architecture")).advice == "unset DOCKER_DEFAULT_PLATFORM"
        workplace.environ["DOCKER_DEFAULT_PLATFORM"] = f"linux/{HERE}"
        assert workplace.run("docker.architecture").seen == HERE


def test_a_disk_of_another_machine(workplace: Workplace) -> None:
    workplace.platform = "linux"
    with on_socket(
        {"/version": VERSION, "/info": about("/var/lib/docker", KernelVersion="6.6.87-linuxkit")}
    ) as path:
        use(workplace, path)
        assert workplace.run("docker.disk").skipped == "Docker's disk is in its own machine"


@pytest.mark.parametrize(
    ("free", "severity"), [(10 * 2**30, None), (3 * 2**30, Severity.WARNING), (2**29, Severity.ERROR)]
)
def test_a_full_disk(free: int, severity: Severity | None) -> None:
    problem = judge(free, "/var/lib/docker")
    assert (problem and problem.severity) == severity


def test_rancher_desktop_explains_it(workplace: Workplace, short: Path) -> None:
    """One cause, one finding: with containerd there is no Docker."""
    workplace.platform = "linux"
    workplace.answers(
        "rdctl",
        {
            "api *": {"vmState": "STARTED"},
            "list-settings": {"containerEngine": {"name": "containerd"}, "kubernetes": {"enabled": True}},
        },
    )
    use(workplace, short / "docker.sock")
    assert workplace.run("docker.running").skipped == "not checked because rancher.engine failed"
    workplace.answers("rdctl", {"api *": {"vmState": "STOPPED"}, "list-settings": {}})
    assert workplace.run("docker.running").skipped == "not checked because rancher.running failed"


def test_this_machines_own(workplace: Workplace) -> None:
    """The real one, where there is one: the check says what the socket itself says."""
    workplace.environ["PATH"] = os.environ["PATH"]
    outcome = workplace.run("docker.running")
    with socket.socket(socket.AF_UNIX) as real:
        code = real.connect_ex("/var/run/docker.sock")
    assert outcome.passed == (code == 0), outcome


def test_a_docker_that_says_little_of_itself(workplace: Workplace) -> None:
    with on_socket({"/version": {"ApiVersion": "new"}}) as path:
        use(workplace, path)
        assert "has the version 'new'" in only_problem(workplace.run("docker.api")).message
        assert workplace.run("docker.architecture").needless
