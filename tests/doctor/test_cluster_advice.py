"""What doctor advises about a cluster that does not answer, for the product that it is of."""

from __future__ import annotations

from pathlib import Path

import pytest
from devkit.doctor.catalogue import all_checks
from devkit.doctor.look import look
from devkit.doctor.recorded import recorded

from tests.support.answers import Reply, on_port, on_socket
from tests.support.api_server import cluster, kubeconfig, state
from tests.support.containers import node, recorded_docker
from tests.support.machine import Workplace, only_problem
from tests.support.platform import ROOT
from tests.support.recorded import load_set

DOCKER = {"/version": {"Version": "28.2.2", "ApiVersion": "1.50"}}
UNAUTHORIZED = Reply({"kind": "Status", "status": "Failure", "message": "Unauthorized", "code": 401}, 401)
FORBIDDEN = Reply(
    {"kind": "Status", "status": "Failure", "message": "namespaces is forbidden", "code": 403}, 403
)

# The cluster's name, how it is started, and whether it lives and dies with Docker.
STARTED = [
    ("kind-dev", "docker start dev-control-plane (or kind create cluster --name dev)", True),
    ("k3d-shop", "k3d cluster start shop", True),
    ("docker-desktop", "start Docker Desktop, and wait for its Kubernetes", True),
    ("orbstack", "orb start k8s", True),
    ("colima", "colima start --kubernetes", True),
    ("colima-work", "colima start --kubernetes", True),
    ("rancher-desktop", "start Rancher Desktop (rdctl start), and wait for its Kubernetes", False),
    ("minikube", "minikube start", False),
    ("lab", "start it, or choose another: kubectl config get-contexts", False),
]


def rancher(workplace: Workplace, name: str) -> None:
    """A Rancher Desktop that runs, where the cluster is of it."""
    if name == "rancher-desktop":
        settings = {"kubernetes": {"enabled": True, "port": 6443}, "containerEngine": {"name": "moby"}}
        workplace.write(".config/rancher-desktop/settings.json", settings)
        workplace.answers("rdctl", {"api *": {"vmState": "STARTED"}, "list-settings": settings})


@pytest.mark.parametrize(("name", "start", "in_docker"), STARTED)
def test_how_each_is_started(workplace: Workplace, name: str, start: str, in_docker: bool) -> None:
    rancher(workplace, name)
    with cluster(workplace, name=name):
        pass
    with on_socket(DOCKER) as path:
        workplace.environ["DOCKER_HOST"] = f"unix://{path}"
        problem = only_problem(workplace.run("cluster.endpoint"))
    assert "does not run: nothing listens there" in problem.message
    assert problem.advice == start
    workplace.environ["DOCKER_HOST"] = "unix:///nonexistent/docker.sock"
    outcome = workplace.run("cluster.endpoint")
    assert outcome.skipped == ("not checked because docker.running failed" if in_docker else None)


@pytest.mark.parametrize(
    ("name", "anew"),
    [
        ("kind-dev", "export its kubeconfig again: kind export kubeconfig --name dev"),
        ("k3d-shop", "export its kubeconfig again: k3d kubeconfig merge shop --kubeconfig-merge-default"),
        ("minikube", "export its kubeconfig again: minikube update-context"),
        ("orbstack", "start the cluster again, which writes the kubeconfig again: orb start k8s"),
    ],
)
def test_how_each_writes_its_kubeconfig_again(workplace: Workplace, name: str, anew: str) -> None:
    with cluster(workplace, state(**{"/api/v1/namespaces": UNAUTHORIZED}), name):
        assert only_problem(workplace.run("cluster.endpoint")).advice == anew
    with on_port(state()) as port:  # plain HTTP to a client that speaks TLS is a failed handshake
        kubeconfig(workplace, f"https://127.0.0.1:{port}", name)
        assert only_problem(workplace.run("cluster.endpoint")).advice == anew


def test_rights_that_are_missing(workplace: Workplace) -> None:
    with cluster(workplace, state(**{"/api/v1/namespaces": FORBIDDEN})):
        problem = only_problem(workplace.run("cluster.endpoint"))
    assert "namespaces is forbidden" in problem.message
    assert problem.advice == "the kubeconfig's user is not allowed to do that"


def test_a_server_that_does_not_say_its_version(workplace: Workplace) -> None:
    with cluster(workplace, state(**{"/version": {}})):
        assert workplace.run("cluster.endpoint").seen == "of an unknown version"


@pytest.mark.parametrize(
    ("containers", "said", "advice"),
    [
        (
            [node("dev-control-plane", {"io.x-k8s.kind.cluster": "dev"}, {}, running=False)],
            "the cluster 'kind-dev' does not run: it claims to be kind's, but its container dev-control-plane does not run",
            "docker start dev-control-plane (or kind create cluster --name dev)",
        ),
        (
            [],
            "context 'kind-dev' is not provably a cluster of this machine: it claims to be kind's, but no container "
            "dev-control-plane of it in this machine's Docker",
            "it was made in another Docker (docker context ls), or is gone: docker start dev-control-plane (or kind create "
            "cluster --name dev)",
        ),
    ],
)
def test_a_container_that_stands_still_or_is_gone(
    workplace: Workplace, containers: list[dict[str, object]], said: str, advice: str
) -> None:
    kubeconfig(workplace, "https://127.0.0.1:40123", "kind-dev")
    recorded_docker(workplace.programs, containers)
    with on_socket(DOCKER) as path:
        workplace.environ["DOCKER_HOST"] = f"unix://{path}"
        problem = only_problem(workplace.run("cluster.guard"))
    assert (problem.message, problem.advice) == (said, advice)


@pytest.mark.parametrize(
    ("name", "id", "advice", "link"),
    [
        ("minikube-docker-env", "guard", "eval $(minikube docker-env --unset): Tilt finds minikube's Docker by itself", "docs/kubernetes.md"),
        ("minikube-stopped", "guard", "minikube start", None),
        ("cluster-of-the-network", "guard", "if it does run here: allow_contexts: [default] in dev/services.yaml, or DEVKIT_ALLOW_CONTEXT=default", "docs/kubernetes.md"),
        ("cluster-hangs", "endpoint", "restart it: minikube start", None),
        ("api-port-of-another", "endpoint", "which program has that port? orb start k8s", None),
    ],
)  # fmt: skip
def test_advice_to_machines_that_are_written_down(
    tmp_path: Path, name: str, id: str, advice: str, link: str | None
) -> None:
    with recorded(load_set(name).write(tmp_path / "facts.json")) as found:
        outcomes = look(
            found.machine, [check for check in all_checks(ROOT) if not check.id.startswith("dev.")]
        )
    (problem,) = next(outcome.problems for outcome in outcomes if outcome.check.id == f"cluster.{id}")
    assert (problem.advice, problem.link) == (advice, link)
