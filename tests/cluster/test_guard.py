"""Every kubeconfig under kubeconfigs/ with what this machine holds, and the verdict with its reason."""

from __future__ import annotations

import hashlib
import ipaddress
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from devkit.base.errors import DevkitError, ExitCode
from devkit.cluster import evidence as evidence_module
from devkit.cluster.endpoint import Published
from devkit.cluster.evidence import Evidence
from devkit.cluster.guard import judge, judge_current, require_local
from devkit.cluster.kubeconfig import KubeContext
from devkit.cluster.product_record import ProductRecord

from tests.support.containers import node, published, recorded_docker
from tests.support.polling import PATIENCE
from tests.support.storage import free_port

HERE = Path(__file__).parent
HOMES: Mapping[str, Mapping[str, str]] = yaml.safe_load((HERE / "homes.yaml").read_text())


KIND = node("dev-control-plane", {"io.x-k8s.kind.cluster": "dev"}, published(40123))
K3D_LABELS = {"app": "k3d", "k3d.cluster": "shop", "k3d.role": "loadbalancer"}
K3D = node("k3d-shop-serverlb", K3D_LABELS, published(41555, "0.0.0.0"))
MINIKUBE_LABELS = {"name.minikube.sigs.k8s.io": "minikube", "created_by.minikube.sigs.k8s.io": "true"}
MINIKUBE = node("minikube", MINIKUBE_LABELS, published(32771, inside=8443), address="192.168.49.2")
STOPPED = node("dev-control-plane", {"io.x-k8s.kind.cluster": "dev"}, {}, running=False)
UNLABELLED = node("dev-control-plane", {}, published(40123))
DESKTOP = node("desktop-control-plane", {"io.x-k8s.kind.cluster": "desktop"}, published(55017))

RD, NOTHING, NO_DOCKER = "rancher-desktop", "", None

# kubeconfig, home folder, containers (None: no docker on PATH), local?, what the reason says
CASES: list[tuple[str, str, Any, bool, str]] = [
    ("rancher-desktop", RD, NO_DOCKER, True, "Rancher Desktop: "),
    ("rancher-desktop", "rancher-desktop-mac", NO_DOCKER, True, "Library/Preferences"),
    ("rancher-desktop", NOTHING, NO_DOCKER, False, "has no settings.json here"),
    ("rancher-desktop", "rancher-desktop-off", NO_DOCKER, False, "Kubernetes is off"),
    ("rancher-desktop-other-port", RD, NO_DOCKER, False, "Rancher Desktop's is at 127.0.0.1:6443"),
    ("rancher-desktop-remote", RD, NO_DOCKER, False, "203.0.113.7:6443 is"),
    ("rancher-desktop-prod", RD, NO_DOCKER, False, "a name, not an address of this machine"),
    ("rancher-desktop-lan", RD, NO_DOCKER, False, "Rancher Desktop's is at 127.0.0.1:6443"),
    (
        "rancher-desktop-ipv6",
        RD,
        NO_DOCKER,
        False,
        "it is at ::1:6443, but Rancher Desktop's is at 127.0.0.1",
    ),
    ("proxy-url", RD, NO_DOCKER, False, "through a proxy (bastion.example.com:1080)"),
    ("exec-plugin", RD, NO_DOCKER, False, "signs in with aws"),
    ("auth-provider", RD, NO_DOCKER, False, "signs in with oidc"),
    ("tls-server-name", RD, NO_DOCKER, False, "checked as api.prod.example.com"),
    ("ssh-forward", RD, NO_DOCKER, False, "nothing on this machine explains 127.0.0.1:6443"),
    ("kubectl-proxy", RD, NO_DOCKER, False, "nothing on this machine explains 127.0.0.1:8001"),
    ("renamed-production", RD, NO_DOCKER, False, "cluster 'production' is of no product"),
    ("no-server", RD, NO_DOCKER, False, "no usable server address"),
    ("kind", NOTHING, [KIND], True, "kind: container dev-control-plane"),
    ("kind-localhost", NOTHING, [KIND], True, "kind: container dev-control-plane"),
    ("kind-ipv6", NOTHING, [KIND], False, "it is at ::1:40123, but kind's is at 127.0.0.1:40123"),
    ("kind-other-port", NOTHING, [KIND], False, "kind's is at 127.0.0.1:40123"),
    ("kind", NOTHING, [STOPPED], False, "its container dev-control-plane does not run"),
    ("kind", NOTHING, [UNLABELLED], False, "no container dev-control-plane of it"),
    ("kind", NOTHING, [], False, "no container dev-control-plane of it"),
    ("kind", NOTHING, NO_DOCKER, False, "no docker on PATH"),
    ("kind", "remote-docker-context", [KIND], False, "Docker is at ssh://buildbox.example.com"),
    ("k3d", NOTHING, [K3D], True, "k3d: container k3d-shop-serverlb"),
    ("minikube-docker", "minikube-docker", [MINIKUBE], True, "container minikube"),
    ("minikube-docker", "minikube-docker", [], False, "no container minikube of it"),
    ("minikube-docker", NOTHING, [MINIKUBE], False, "minikube has no profile minikube here"),
    ("minikube-elsewhere", "minikube-docker", [MINIKUBE], False, "it is at 192.168.49.9:8443"),
    ("minikube-kvm", "minikube-kvm", NO_DOCKER, True, "profiles/shop/config.json"),
    ("minikube-kvm", "minikube-ssh", NO_DOCKER, False, "driver ssh does not say that it runs here"),
    ("minikube-kvm", NOTHING, NO_DOCKER, False, "nothing on this machine explains 192.168.39.17:8443"),
    ("docker-desktop", "docker-desktop", NO_DOCKER, True, "Docker Desktop: "),
    ("docker-desktop", "docker-desktop-off", NO_DOCKER, False, "Kubernetes is off"),
    ("docker-desktop-kind", "docker-desktop-kind", [DESKTOP], True, "container desktop-control-plane"),
    ("docker-desktop-kind", "docker-desktop", NO_DOCKER, False, "it is at 127.0.0.1:55017"),
    ("colima", "colima", NO_DOCKER, True, "Colima: "),
    ("colima", "colima-stopped", NO_DOCKER, False, "machine colima does not run"),
    ("orbstack", "orbstack", NO_DOCKER, True, "OrbStack: "),
    ("orbstack", NOTHING, NO_DOCKER, False, "OrbStack has no"),
]


@pytest.fixture(autouse=True)
def _bridges(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bridges of minikube's two nodes, as on a machine that runs them."""
    networks = tuple(ipaddress.ip_network(n) for n in ("192.168.49.0/24", "192.168.39.0/24"))
    monkeypatch.setattr(evidence_module, "_networks", lambda: networks)


def machine(folder: Path, kubeconfig: str, home: str, containers: Any) -> dict[str, str]:
    """The environment of a machine: a home folder, a kubeconfig, and a docker that answers from a recording."""
    for path, content in HOMES.get(home, {}).items():
        before, mark, name = path.partition("@sha256:")
        if mark:
            path = (
                before + hashlib.sha256(name.removesuffix("/meta.json").encode()).hexdigest() + "/meta.json"
            )
        file = folder / "home" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content.replace("@pid", str(os.getpid())))
    programs = folder / "bin"
    programs.mkdir()
    if containers is not None:
        recorded_docker(programs, containers)
    return {
        "HOME": str(folder / "home"),
        "KUBECONFIG": str(HERE / "kubeconfigs" / f"{kubeconfig}.yaml"),
        "PATH": f"{programs}",
    }


@pytest.mark.parametrize(
    ("kubeconfig", "home", "containers", "local", "reason"),
    CASES,
    ids=[f"{case[0]}:{'local' if case[3] else 'refused'}:{index}" for index, case in enumerate(CASES)],
)
def test_verdict(
    tmp_path: Path, kubeconfig: str, home: str, containers: Any, local: bool, reason: str
) -> None:
    environ = machine(tmp_path, kubeconfig, home, containers)
    context, verdict = judge_current((), environ)
    assert reason in verdict.reason
    assert verdict.local is local
    if local:
        assert require_local((), environ) == context
        return
    assert verdict.fix
    with pytest.raises(DevkitError, match="is not provably a cluster of this machine") as refusal:
        require_local((), environ)
    assert refusal.value.exit_code == ExitCode.REFUSED
    assert "not-a-secret" not in f"{refusal.value} {refusal.value.fix}"


def test_every_kubeconfig_has_a_verdict() -> None:
    unread = {"no-current-context", "unknown-current-context", "missing-cluster", "not-yaml"}
    assert {path.stem for path in (HERE / "kubeconfigs").glob("*.yaml")} - unread == {c[0] for c in CASES}


def test_a_private_address_must_be_in_a_network_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence_module, "_networks", tuple)
    _, verdict = judge_current((), machine(tmp_path, "minikube-kvm", "minikube-kvm", None))
    assert verdict.reason == "its server 192.168.39.17:8443 is in no network of this machine"


@pytest.mark.parametrize("where", ["table", "variable"])
def test_a_context_may_be_allowed_by_name(tmp_path: Path, where: str) -> None:
    environ = machine(tmp_path, "ssh-forward", "", None)
    names = ("production",) if where == "table" else ()
    if where == "variable":
        environ["DEVKIT_ALLOW_CONTEXT"] = "production"
    context, verdict = judge_current(names, environ)
    assert verdict.local
    expected = "allow_contexts in dev/services.yaml" if where == "table" else "DEVKIT_ALLOW_CONTEXT"
    assert verdict.reason == f"allowed by name ({expected})"
    assert context.server == "https://127.0.0.1:6443"


def test_allowing_one_context_allows_no_other(tmp_path: Path) -> None:
    environ = machine(tmp_path, "ssh-forward", "", None) | {"DEVKIT_ALLOW_CONTEXT": "production-eu"}
    assert not judge_current(("prod",), environ)[1].local


@pytest.mark.parametrize(
    "host", ["tcp://10.0.0.9:2375", "ssh://me@build.example.com", "tcp://127.0.0.1:2375"]
)
def test_kind_on_a_docker_that_may_be_elsewhere_is_refused(tmp_path: Path, host: str) -> None:
    environ = machine(tmp_path, "kind", "", [KIND]) | {"DOCKER_HOST": host}
    _, verdict = judge_current((), environ)
    assert "not on this machine" in verdict.reason
    assert "me@" not in verdict.reason


def test_a_docker_that_hangs_does_not_hold_devkit_up(tmp_path: Path) -> None:
    environ = machine(tmp_path, "kind", "", [])
    (tmp_path / "bin" / "docker").write_text("#!/bin/sh\nexec /bin/sleep 100000\n")
    assert "did not answer within 3 s" in judge_current((), environ)[1].reason


def test_rancher_desktop_is_judged_without_asking_docker(tmp_path: Path) -> None:
    environ = machine(tmp_path, "rancher-desktop", "rancher-desktop", [])
    asked = tmp_path / "asked"
    (tmp_path / "bin" / "docker").write_text(f"#!/bin/sh\necho docker > '{asked}'\n")
    assert judge_current((), environ)[1].local
    assert not asked.exists()


def test_a_port_that_the_product_does_not_say() -> None:
    context = KubeContext("colima", "colima", "https://[::1]:6443", ())
    evidence = Evidence("Colima", ProductRecord((Published("127.0.0.1", None),), "colima.yaml"))
    reason = "it is at ::1:6443, but Colima's is at 127.0.0.1:… (colima.yaml)"
    assert judge(context, evidence, {}).reason == reason


def test_a_proxy_whose_address_cannot_be_read() -> None:
    context = KubeContext("kind-dev", "kind-dev", "https://127.0.0.1:6443", (), proxy_url="http://[")
    assert judge(context, Evidence(), {}).reason == "it is reached through a proxy (unreadable)"


@contextmanager
def real_node(name: str, labels: Mapping[str, str], publish: str) -> Iterator[None]:
    """A container of the real Docker that looks like a node."""
    flags = [flag for key, value in labels.items() for flag in ("--label", f"{key}={value}")]
    image = local_image()
    command = [
        "docker",
        "run",
        "-d",
        "--rm",
        "--name",
        name,
        *flags,
        "-p",
        publish,
        "--entrypoint",
        "sleep",
        image,
        "120",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    try:
        yield
    finally:
        subprocess.run(["docker", "rm", "-f", name], capture_output=True, timeout=PATIENCE)


def local_image() -> str:
    """Any image that is here and has `sleep`."""
    if shutil.which("docker") is None:
        pytest.skip("no docker on PATH")
    listed = subprocess.run(
        ["docker", "images", "--format", "{{.Repository}}:{{.Tag}}"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    if listed.returncode:
        pytest.skip("Docker does not run")
    known = [i for i in listed.stdout.split() if i.startswith(("debian:", "python:", "postgres:", "redis:"))]
    if not known:
        pytest.skip("no local image with a shell (debian, python, postgres or redis)")
    return known[0]


@pytest.mark.images
@pytest.mark.parametrize("product", ["kind", "k3d"])
def test_against_the_real_docker(tmp_path: Path, product: str) -> None:
    cluster, port = f"guard{os.getpid()}", free_port()
    name = f"{cluster}-control-plane" if product == "kind" else f"k3d-{cluster}-serverlb"
    labels = (
        {"io.x-k8s.kind.cluster": cluster} if product == "kind" else {"app": "k3d", "k3d.cluster": cluster}
    )
    host = "127.0.0.1" if product == "kind" else "0.0.0.0"
    template = (HERE / "kubeconfigs" / f"{product}.yaml").read_text()
    old = ("kind-dev", "40123") if product == "kind" else ("k3d-shop", "41555")
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(template.replace(old[0], f"{product}-{cluster}").replace(old[1], str(port)))
    environ = dict(os.environ) | {"KUBECONFIG": str(kubeconfig), "HOME": str(tmp_path)}
    environ.pop("DEVKIT_ALLOW_CONTEXT", None)
    with real_node(name, labels, f"{host}:{port}:6443"):
        _, verdict = judge_current((), environ)
        assert verdict.local, verdict.reason
        kubeconfig.write_text(kubeconfig.read_text().replace(str(port), str(port + 1)))
        assert f"is at {host}:{port}" in judge_current((), environ)[1].reason
    assert "no container" in judge_current((), environ)[1].reason
