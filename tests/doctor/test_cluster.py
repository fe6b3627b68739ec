"""doctor's group `cluster`: kubeconfigs and API servers of the tests' own. A real one is in tests/cluster/test_doctor.py."""

from __future__ import annotations

import socket
import time
from email.utils import formatdate
from typing import Any

import pytest
from devkit.findings.model import Severity

from tests.support.answers import Reply, on_port, on_socket
from tests.support.api_server import NAME, cluster, kubeconfig, run, state
from tests.support.machine import Workplace, only_problem

UNAUTHORIZED = Reply({"kind": "Status", "status": "Failure", "message": "Unauthorized", "code": 401}, 401)


@pytest.mark.parametrize(
    ("id", "seen"),
    [
        ("guard", "allowed by name (DEVKIT_ALLOW_CONTEXT)"),
        ("endpoint", "v1.33.1+k3s1"),
        ("version", "v1.33.1+k3s1"),
        ("node", "node"),
        ("storage", "local-path (rancher.io/local-path)"),
        ("namespace", "demo-dev is not there yet"),
        ("capacity", "2 cores free, 0.4 asked for; 3.8 GB free, 256 MB asked for"),
        ("clock", "less than a second apart"),
        ("dns", "kube-dns has 1 ready, according to the cluster"),
    ],
)
def test_all_is_well(workplace: Workplace, id: str, seen: str) -> None:
    assert run(workplace, id).seen == seen


def test_there_is_no_kubeconfig(workplace: Workplace) -> None:
    reason = "not checked because rancher.installed failed"
    assert workplace.run("cluster.context").skipped == reason, "there is no cluster of any kind"
    assert workplace.run("cluster.node").skipped == reason
    workplace.write(".config/rancher-desktop/settings.json", {"kubernetes": {"enabled": True}})
    problem = only_problem(workplace.run("cluster.context"))
    assert "~/.kube/config does not exist" in problem.message
    assert workplace.run("cluster.node").skipped == "not checked because cluster.context failed"


def test_a_kubeconfig_with_a_mistake(workplace: Workplace) -> None:
    workplace.write(
        ".kube/config", "apiVersion: v1\nusers:\n- name: me\n  user: {token: a-secret-token\nclusters: [\n"
    )
    problem = only_problem(workplace.run("cluster.context"))
    assert "config:5: not valid YAML" in problem.message
    assert "a-secret-token" not in problem.message


def test_a_current_context_that_is_gone(workplace: Workplace) -> None:
    workplace.write(
        ".kube/config", {"current-context": "gone", "contexts": [{"name": "there", "context": {}}]}
    )
    problem = only_problem(workplace.run("cluster.context"))
    assert "no context 'gone'" in problem.message
    assert "there" in (problem.advice or "")


def test_a_foreign_cluster_is_asked_nothing(workplace: Workplace) -> None:
    asked: dict[str, Any] = {}
    with cluster(workplace, asked):
        del workplace.environ["DEVKIT_ALLOW_CONTEXT"]
        problem = only_problem(workplace.run("cluster.guard"))
        assert "nothing on this machine explains 127.0.0.1" in problem.message
        assert "allow_contexts: [lab]" in (problem.advice or "")
        for id in ("endpoint", "node", "dns", "images"):
            assert workplace.run(f"cluster.{id}").skipped == "not checked because cluster.guard failed"


def test_nobody_listens(workplace: Workplace) -> None:
    with cluster(workplace):
        pass
    problem = only_problem(workplace.run("cluster.endpoint"))
    assert "does not run: nothing listens there" in problem.message
    assert workplace.run("cluster.node").skipped == "not checked because cluster.endpoint failed"


def test_a_stopped_kind_cluster(workplace: Workplace) -> None:
    with cluster(workplace, name="kind-dev"):
        pass
    # Whether or not this machine's own Docker runs.
    workplace.environ["DOCKER_HOST"] = "unix:///nonexistent/docker.sock"
    assert workplace.run("cluster.endpoint").skipped == "not checked because docker.running failed"
    with on_socket({"/version": {"Version": "28.2.2", "ApiVersion": "1.50"}}) as path:
        workplace.environ["DOCKER_HOST"] = f"unix://{path}"
        stopped = only_problem(workplace.run("cluster.endpoint"))
    assert "docker start dev-control-plane" in (stopped.advice or "")


def test_it_hangs(workplace: Workplace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        kubeconfig(workplace, f"http://127.0.0.1:{server.getsockname()[1]}")
        workplace.environ["DEVKIT_ALLOW_CONTEXT"] = NAME
        outcome = workplace.run("cluster.endpoint")  # the server never answers
    assert "takes connections but does not answer" in only_problem(outcome).message


def test_credentials_that_are_not_valid(workplace: Workplace) -> None:
    outcome = run(workplace, "endpoint", {"/api/v1/namespaces": UNAUTHORIZED})
    problem = only_problem(outcome)
    assert "does not accept the kubeconfig's credentials" in problem.message
    assert "a-secret-token" not in f"{problem.message}{problem.advice}"


def test_another_program_has_the_port(workplace: Workplace) -> None:
    outcome = run(workplace, "endpoint", {"/version": Reply("<html>It works!</html>")})
    assert "is not a Kubernetes API server" in only_problem(outcome).message


def test_a_certificate_of_another_cluster(workplace: Workplace) -> None:
    """Or of no cluster at all: here a program that speaks no TLS has its port."""
    with on_port(state()) as port:  # plain HTTP to a client that speaks TLS is a failed handshake
        kubeconfig(workplace, f"https://127.0.0.1:{port}")
        workplace.environ["DEVKIT_ALLOW_CONTEXT"] = NAME
        problem = only_problem(workplace.run("cluster.endpoint"))
    assert "certificate" in problem.message


def test_an_old_kubernetes(workplace: Workplace) -> None:
    outcome = run(workplace, "version", {"/version": {"gitVersion": "v1.28.15+k3s1"}})
    assert "1.29 is the oldest" in only_problem(outcome).message


@pytest.mark.parametrize(
    ("client", "apart"), [("v1.32.4", False), ("v1.34.0", False), ("v1.31.9", True), ("v1.35.0", True)]
)
def test_skew(workplace: Workplace, client: str, apart: bool) -> None:
    said = {"clientVersion": {"gitVersion": client}}
    workplace.answers("kubectl", {"version --client --output=json": said})
    outcome = run(workplace, "skew")
    assert bool(outcome.problems) == apart
    assert all(problem.severity is Severity.WARNING for problem in outcome.problems)


def test_skew_without_kubectl(workplace: Workplace) -> None:
    assert run(workplace, "skew").skipped == "kubectl is not on PATH"


@pytest.mark.parametrize(
    ("seconds", "severity", "words"),
    [
        (20, None, ""),
        (-20, None, ""),
        (100, Severity.WARNING, "ahead of"),
        (-100, Severity.WARNING, "behind"),
        (-7200, Severity.ERROR, "behind"),
    ],
)
def test_the_clock(workplace: Workplace, seconds: int, severity: Severity | None, words: str) -> None:
    dated = Reply(state()["/version"], headers={"Date": formatdate(time.time() + seconds, usegmt=True)})
    outcome = run(workplace, "clock", {"/version": dated})
    if severity is None:
        assert outcome.seen.endswith("s apart")
    else:
        problem = only_problem(outcome)
        assert problem.severity is severity
        assert words in problem.message


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_a_clock_that_is_not_told(workplace: Workplace, date: str) -> None:
    outcome = run(workplace, "clock", {"/version": Reply(state()["/version"], headers={"Date": date})})
    assert outcome.needless


def rancher(workplace: Workplace, state: str, *, kubernetes: bool = True) -> None:
    settings = {"kubernetes": {"enabled": kubernetes, "port": 6443}, "containerEngine": {"name": "moby"}}
    workplace.write(".config/rancher-desktop/settings.json", settings)
    workplace.answers("rdctl", {"api *": {"vmState": state}, "list-settings": settings})


def test_rancher_desktop_does_not_run(workplace: Workplace) -> None:
    rancher(workplace, "STOPPED")
    with cluster(workplace, name="rancher-desktop"):
        pass
    assert workplace.run("cluster.endpoint").skipped == "not checked because rancher.running failed"


def test_its_kubernetes_is_off(workplace: Workplace) -> None:
    rancher(workplace, "DISABLED", kubernetes=False)
    reason = "not checked because rancher.kubernetes failed"
    assert workplace.run("cluster.context").skipped == reason, "it has written no kubeconfig yet"
    kubeconfig(workplace, "https://127.0.0.1:6443", "rancher-desktop")
    assert workplace.run("cluster.guard").skipped == reason
    workplace.environ["DEVKIT_ALLOW_CONTEXT"] = "rancher-desktop"
    with cluster(workplace, name="rancher-desktop"):
        pass
    assert workplace.run("cluster.endpoint").skipped == reason


def test_it_runs_and_its_cluster_does_not(workplace: Workplace) -> None:
    rancher(workplace, "STARTED")
    with cluster(workplace, name="rancher-desktop"):
        pass
    problem = only_problem(workplace.run("cluster.endpoint"))
    assert "nothing listens there" in problem.message
    assert "rdctl start" in (problem.advice or "")


@pytest.mark.parametrize("says", [{}, {"gitVersion": "latest"}])
def test_a_version_that_is_none(workplace: Workplace, says: dict[str, str]) -> None:
    said = {"clientVersion": {"gitVersion": "v1.33.1"}}
    workplace.answers("kubectl", {"version --client --output=json": said})
    assert "says the version" in only_problem(run(workplace, "version", {"/version": says})).message
    assert run(workplace, "skew", {"/version": says}).skipped == "not checked because cluster.version failed"


def test_skew_with_a_kubectl_that_does_not_work(workplace: Workplace) -> None:
    workplace.answers("kubectl", {"*": "Willkommen!\n"})
    assert run(workplace, "skew").skipped == "not checked because tools.kubectl failed"
