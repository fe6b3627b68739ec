"""What products leave on a machine, in every place where they may, and what counts as evidence of it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from devkit.cluster import desktops, nodes
from devkit.cluster.endpoint import Published
from devkit.cluster.evidence import Evidence, _networks, gather
from devkit.cluster.kubeconfig import KubeContext
from devkit.cluster.product_record import ProductRecord, is_there, read_json

from tests.support.containers import node, published, recorded_docker

Environ = dict[str, str]
NOBODY: Environ = {}


def put(path: Path, content: Any) -> Path:
    """A file with what is given as text, or as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def at(port: int | None, host: str = "127.0.0.1") -> tuple[Published, ...]:
    return (Published(host, port),)


@pytest.fixture
def windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where WSL shows the Windows side's users."""
    monkeypatch.setattr(desktops, "_WINDOWS_USERS", tmp_path / "users")
    return tmp_path / "users"


RANCHER = {"kubernetes": {"enabled": True, "port": 6443}}


def test_the_places_of_rancher_desktops_settings(tmp_path: Path, windows: Path) -> None:
    """The first that is there counts."""
    environ = {"LOCALAPPDATA": f"{tmp_path}/local", "XDG_CONFIG_HOME": f"{tmp_path}/xdg"}
    places = [
        put(folder / "rancher-desktop" / "settings.json", RANCHER)
        for folder in (
            tmp_path / "xdg", tmp_path / ".config", tmp_path / "Library" / "Preferences", tmp_path / "local",
            windows / "a" / "AppData" / "Local", windows / "b" / "AppData" / "Local",
        )
    ]  # fmt: skip
    for number, place in enumerate(places):
        in_wsl = environ | {"WSL_DISTRO_NAME": "Debian"}
        assert desktops.rancher_settings(in_wsl, tmp_path) == (place, RANCHER)
        seen = desktops.rancher_settings(environ, tmp_path)
        assert seen == ((place, RANCHER) if number < 4 else (Path(), None))
        if number in (0, 3):
            without = {} if number == 0 else {"XDG_CONFIG_HOME": environ["XDG_CONFIG_HOME"]}
            assert desktops.rancher_settings(without, tmp_path)[0] == (places[1] if number == 0 else Path())
        place.unlink()
    assert desktops.rancher_settings(environ | {"WSL_DISTRO_NAME": "Debian"}, tmp_path) == (Path(), None)


@pytest.mark.parametrize(
    ("settings", "record"),
    [
        (RANCHER, at(6443)),
        ({"kubernetes": {"enabled": True, "port": 16443}}, at(16443)),
        ({"kubernetes": {"enabled": True}}, at(6443)),
        ({"kubernetes": {"enabled": True, "port": "16443"}}, at(6443)),
        ({"kubernetes": {"enabled": True, "port": True}}, at(6443)),
        ({"kubernetes": {"enabled": False, "port": 6443}}, "Kubernetes is off in "),
        ({"kubernetes": {"enabled": "true"}}, "Kubernetes is off in "),
        ({"kubernetes": [True]}, "Kubernetes is off in "),
        ({}, "Kubernetes is off in "),
        ("not JSON", "Rancher Desktop has no settings.json here"),
        ([RANCHER], "Rancher Desktop has no settings.json here"),
    ],
)
def test_rancher_desktop(tmp_path: Path, settings: Any, record: Any) -> None:
    path = put(tmp_path / ".config" / "rancher-desktop" / "settings.json", settings)
    found = desktops.rancher_desktop({}, tmp_path)
    if isinstance(record, str):
        expected = record + (str(path) if record.endswith(" ") else "")
        assert found == ProductRecord(missing=expected)
    else:
        assert found == ProductRecord(record, str(path))


def test_the_places_of_docker_desktops_settings(tmp_path: Path, windows: Path) -> None:
    environ = {"APPDATA": f"{tmp_path}/roaming"}
    places = [
        put(folder / name, {"kubernetesEnabled": True})
        for folder in (
            tmp_path / "Library" / "Group Containers" / "group.com.docker", tmp_path / ".docker" / "desktop",
            tmp_path / "roaming" / "Docker", windows / "a" / "AppData" / "Roaming" / "Docker",
            windows / "b" / "AppData" / "Roaming" / "Docker",
        )
        for name in ("settings-store.json", "settings.json")
    ]  # fmt: skip
    for number, place in enumerate(places):
        assert desktops.docker_desktop(environ | {"WSL_DISTRO_NAME": "Debian"}, tmp_path).source == str(place)
        assert desktops.docker_desktop(environ, tmp_path).source == (str(place) if number < 6 else "")
        if number == 4:
            assert desktops.docker_desktop({}, tmp_path).missing == "Docker Desktop has no settings here"
        place.unlink()
    assert desktops.docker_desktop(environ, tmp_path) == ProductRecord(
        missing="Docker Desktop has no settings here"
    )


@pytest.mark.parametrize("key", ["KubernetesEnabled", "kubernetesEnabled"])
@pytest.mark.parametrize(
    ("value", "on"), [(True, True), (False, False), ("true", False), (1, False), (None, False)]
)
def test_docker_desktop(tmp_path: Path, key: str, value: Any, on: bool) -> None:
    path = put(tmp_path / ".docker" / "desktop" / "settings.json", {key: value})
    by_name = Published("kubernetes.docker.internal", 6443)
    on_here = ProductRecord((by_name, *at(6443)), str(path))
    off = ProductRecord(missing=f"Kubernetes is off in {path}")
    assert desktops.docker_desktop({}, tmp_path) == (on_here if on else off)


def test_docker_desktops_kind(tmp_path: Path) -> None:
    settings = {"KubernetesEnabled": True, "KubernetesMode": "kind"}
    path = put(tmp_path / ".docker" / "desktop" / "settings-store.json", settings)
    found = desktops.docker_desktop(docker(tmp_path), tmp_path)
    assert found.missing == "no container desktop-control-plane of it in this machine's Docker"
    container = node("desktop-control-plane", {"io.x-k8s.kind.cluster": "desktop"}, published(55017))
    found = desktops.docker_desktop(docker(tmp_path, container), tmp_path)
    assert found == ProductRecord(at(55017), f"{path} and container desktop-control-plane")


@pytest.mark.parametrize(
    ("content", "spot"),
    [
        ("{clusters: [{cluster: {server: 'https://127.0.0.1:26443'}}]}", at(26443)),
        ("{clusters: [{cluster: {server: 'https://k8s.orb.local'}}]}", at(443, "k8s.orb.local")),
        (
            "{clusters: [{cluster: {server: 'https://127.0.0.1:1'}}, {cluster: {server: 'https://127.0.0.1:2'}}]}",
            at(1),
        ),
        ("{clusters: [{cluster: {server: null}}]}", ()),
        ("{clusters: [{cluster: {}}]}", ()),
        ("{clusters: [{cluster: []}]}", ()),
        ("{clusters: [{}]}", ()),
        ("{clusters: [text]}", ()),
        ("{clusters: []}", ()),
        ("{clusters: {cluster: {server: 'https://127.0.0.1:26443'}}}", ()),
        ("{}", ()),
        ("- clusters", ()),
        ("{clusters: [", ()),
        ("[" * 500, ()),
        ("\x00", ()),
    ],
)
def test_orbstack(tmp_path: Path, content: str, spot: tuple[Published, ...]) -> None:
    missing = ProductRecord(missing="OrbStack has no ~/.orbstack/k8s/config.yml here")
    assert desktops.orbstack(tmp_path) == missing
    path = put(tmp_path / ".orbstack" / "k8s" / "config.yml", content)
    assert desktops.orbstack(tmp_path) == (ProductRecord(spot, str(path)) if spot else missing)
    path.write_bytes(b"\xff\xfe")
    assert desktops.orbstack(tmp_path) == missing


def test_the_places_of_colimas_profiles(tmp_path: Path) -> None:
    places = [
        tmp_path / "own",
        tmp_path / ".colima",
        tmp_path / "xdg" / "colima",
        tmp_path / ".config" / "colima",
    ]
    for place in places:
        put(place / "default" / "colima.yaml", "kubernetes: {enabled: true, port: 1}")
        put(place / "_lima" / "colima" / "ha.pid", f"{os.getpid()}\n")
    xdg = {"XDG_CONFIG_HOME": f"{tmp_path}/xdg"}
    seen = [desktops.colima("colima", xdg | {"COLIMA_HOME": f"{tmp_path}/own"}, tmp_path).source]
    seen.append(desktops.colima("colima", xdg, tmp_path).source)
    (tmp_path / ".colima").rename(tmp_path / "gone")
    seen += [desktops.colima("colima", environ, tmp_path).source for environ in (xdg, NOBODY)]
    assert seen == [str(place / "default" / "colima.yaml") for place in places]


@pytest.mark.parametrize(
    ("named", "profile", "machine"),
    [
        ("colima", "default", "colima"),
        ("colima-work", "work", "colima-work"),
        ("colima-a-b", "a-b", "colima-a-b"),
    ],
)
@pytest.mark.parametrize(
    ("kubernetes", "pid", "expected"),
    [
        ({"enabled": True, "port": 6443}, "this", at(6443)),
        ({"enabled": True, "port": 0}, "this", at(None)),
        ({"enabled": True}, "this", at(None)),
        ({"enabled": True, "port": True}, "this", at(None)),
        ({"enabled": False}, "this", "Kubernetes is off in {path}"),
        ({"enabled": "yes"}, "this", "Kubernetes is off in {path}"),
        (None, "this", "Colima has no profile {profile} here"),
        ({"enabled": True}, 0, "Colima's machine {machine} does not run"),
        ({"enabled": True}, "", "Colima's machine {machine} does not run"),
        ({"enabled": True}, None, "Colima's machine {machine} does not run"),
    ],
)
def test_colima(
    tmp_path: Path, named: str, profile: str, machine: str, kubernetes: Any, pid: Any, expected: Any
) -> None:
    path = put(tmp_path / ".colima" / profile / "colima.yaml", {"kubernetes": kubernetes})
    if pid is not None:
        number = {"this": os.getpid(), 0: ended()}.get(pid, pid)  # a name: each worker has its own
        put(tmp_path / ".colima" / "_lima" / machine / "ha.pid", f" {number}\n")
    found = desktops.colima(named, {}, tmp_path)
    if isinstance(expected, str):
        missing = expected.format(path=path, profile=profile, machine=machine)
        assert found == ProductRecord(missing=missing)
    else:
        assert found == ProductRecord(expected, str(path))


def ended() -> int:
    with subprocess.Popen(["true"]) as process:
        return process.pid


def docker(folder: Path, *containers: Mapping[str, Any]) -> Environ:
    """An environment whose docker knows these containers alone."""
    (folder / "bin").mkdir(exist_ok=True)
    recorded_docker(folder / "bin", containers)
    return {"PATH": f"{folder}/bin"}


KIND = {"io.x-k8s.kind.cluster": "dev"}
K3D = {"app": "k3d", "k3d.cluster": "dev"}
# Which containers, of which product, and where its server is or why nobody knows.
NODES: list[tuple[str, list[dict[str, Any]], Any]] = [
    ("kind", [node("dev-control-plane", KIND, published(4001))], (at(4001), "dev-control-plane")),
    ("kind", [node("dev-external-load-balancer", KIND, published(4002))], (at(4002), "dev-external-load-balancer")),
    (
        "kind",
        [node("dev-control-plane", KIND, published(4001)), node("dev-external-load-balancer", KIND, published(4002))],
        ((*at(4001), *at(4002)), "dev-control-plane"),
    ),
    (
        "kind",
        [node("dev-control-plane", KIND, {}, running=False), node("dev-external-load-balancer", KIND, published(4002))],
        (at(4002), "dev-external-load-balancer"),
    ),
    (
        "kind",
        [node(f"dev-{name}", KIND, {}, running=False) for name in ("control-plane", "external-load-balancer")],
        "its container dev-control-plane does not run",
    ),
    (
        "kind",
        [node(f"dev-{name}", KIND, {}) for name in ("control-plane", "external-load-balancer")],
        "its container dev-control-plane publishes no port 6443",
    ),
    ("kind", [node("dev-control-plane", KIND, {}, running=False)], "its container dev-control-plane does not run"),
    ("kind", [node("dev-control-plane", KIND, {})], "its container dev-control-plane publishes no port 6443"),
    ("kind", [node("dev-control-plane", KIND, published(1, inside=80))], "its container dev-control-plane publishes no port 6443"),
    ("kind", [node("dev-control-plane", {}, published(4001))], "no container dev-control-plane of it in this machine's Docker"),
    ("kind", [node("dev-control-plane", {"io.x-k8s.kind.cluster": "other"}, published(4001))], "no container dev-control-plane of it in this machine's Docker"),
    ("k3d", [node("k3d-dev-serverlb", K3D, published(4001, "0.0.0.0"))], (at(4001, "0.0.0.0"), "k3d-dev-serverlb")),
    ("k3d", [node("k3d-dev-server-0", K3D, published(4001))], (at(4001), "k3d-dev-server-0")),
    ("k3d", [node("k3d-dev-serverlb", {"app": "k3d"}, published(4001))], "no container k3d-dev-serverlb of it in this machine's Docker"),
    ("k3d", [node("k3d-dev-serverlb", {"k3d.cluster": "dev"}, published(4001))], "no container k3d-dev-serverlb of it in this machine's Docker"),
    ("k3d", [node("k3d-dev-serverlb", K3D | {"app": "web"}, published(4001))], "no container k3d-dev-serverlb of it in this machine's Docker"),
]  # fmt: skip


@pytest.mark.parametrize(("product", "containers", "expected"), NODES)
def test_nodes_in_docker(tmp_path: Path, product: str, containers: Any, expected: Any) -> None:
    look = nodes.kind if product == "kind" else nodes.k3d
    found = look("dev", docker(tmp_path, *containers), tmp_path)
    if isinstance(expected, str):
        assert found == ProductRecord(missing=expected)
    else:
        assert found == ProductRecord(expected[0], f"container {expected[1]}")


MASTER = {"IP": "192.168.39.17", "Port": 8443, "ControlPlane": True}


def minikube(folder: Path, **profile: Any) -> Path:
    return put(folder / ".minikube" / "profiles" / "dev" / "config.json", profile)


@pytest.mark.parametrize(
    "driver",
    ["hyperkit", "hyperv", "krunkit", "kvm2", "parallels", "qemu", "qemu2", "vfkit", "virtualbox", "vmware"],
)
def test_minikube_in_a_machine(tmp_path: Path, driver: str) -> None:
    path = minikube(tmp_path, Driver=driver, Nodes=[{"IP": "192.168.39.18"}, MASTER])
    assert nodes.minikube("dev", {}, tmp_path) == ProductRecord(at(8443, "192.168.39.17"), str(path))


@pytest.mark.parametrize(
    ("profile", "port"),
    [
        ({"Nodes": [MASTER | {"Port": 1}, MASTER | {"Port": 2}], "APIServerPort": 3}, 1),
        ({"Nodes": [MASTER | {"Port": 0}], "APIServerPort": 3}, 3),
        ({"Nodes": [MASTER | {"Port": None}]}, 8443),
    ],
)
def test_the_port_of_minikubes_server(tmp_path: Path, profile: Any, port: int) -> None:
    minikube(tmp_path, Driver="kvm2", **profile)
    spots = at(port, "192.168.39.17") * len(profile["Nodes"])
    assert nodes.minikube("dev", {}, tmp_path).published == spots


@pytest.mark.parametrize(
    ("profile", "missing"),
    [
        ({"Driver": "ssh", "Nodes": [MASTER]}, "minikube's driver ssh does not say that it runs here"),
        ({"Nodes": [MASTER]}, "minikube's driver unnamed does not say that it runs here"),
        ({"Driver": "kvm2", "Nodes": [MASTER | {"IP": ""}]}, "no address in {path}"),
        ({"Driver": "kvm2", "Nodes": [MASTER | {"ControlPlane": False}, "text"]}, "no address in {path}"),
        ({"Driver": "kvm2", "Nodes": None}, "no address in {path}"),
    ],
)
def test_what_minikube_does_not_say(tmp_path: Path, profile: Any, missing: str) -> None:
    assert nodes.minikube("dev", {}, tmp_path).missing == "minikube has no profile dev here"
    path = minikube(tmp_path, **profile)
    assert nodes.minikube("dev", {}, tmp_path).missing == missing.format(path=path)


def test_minikube_in_docker(tmp_path: Path) -> None:
    """By its published port, and by its address in Docker's network."""
    path = minikube(tmp_path, Driver="docker", Nodes=[MASTER | {"Port": 9443}])
    labels = {"name.minikube.sigs.k8s.io": "dev"}
    container = node("dev", labels, published(32771, inside=9443), address="192.168.49.2")
    found = nodes.minikube("dev", docker(tmp_path, container), tmp_path)
    spots = (*at(32771), *at(9443, "192.168.49.2"))
    assert found == ProductRecord(spots, f"{path} and container dev")
    other = node("dev", {"name.minikube.sigs.k8s.io": "prod"}, published(32771, inside=9443))
    found = nodes.minikube("dev", docker(tmp_path, other), tmp_path)
    assert found.missing == "no container dev of it in this machine's Docker"


def test_the_address_in_dockers_network_is_minikubes_alone(tmp_path: Path) -> None:
    found = nodes.kind("dev", docker(tmp_path, node("dev-control-plane", KIND, published(4001))), tmp_path)
    assert found.published == at(4001)


@pytest.mark.parametrize(
    ("folder", "path"),
    [
        ("", ".minikube"),
        ("own", "own/.minikube"),
        ("x/.minikube", "x/.minikube"),
        ("x/.cache", "x/.cache/.minikube"),
    ],
)
def test_the_place_of_minikubes_profiles(tmp_path: Path, folder: str, path: str) -> None:
    environ = {"MINIKUBE_HOME": f"{tmp_path}/{folder}"} if folder else {}
    assert nodes.minikube_profile("dev", environ, tmp_path) == tmp_path / path / "profiles/dev/config.json"


def context(cluster: str, server: str = "https://127.0.0.1:6443") -> KubeContext:
    return KubeContext("context", cluster, server, ())


@pytest.mark.parametrize(
    ("named", "product", "missing"),
    [
        ("rancher-desktop", "Rancher Desktop", "Rancher Desktop has no settings.json here"),
        ("docker-desktop", "Docker Desktop", "Docker Desktop has no settings here"),
        ("orbstack", "OrbStack", "OrbStack has no ~/.orbstack/k8s/config.yml here"),
        ("colima", "Colima", "Colima has no profile default here"),
        ("colima-work", "Colima", "Colima has no profile work here"),
        ("kind-dev", "kind", "there is no docker on PATH to ask"),
        ("k3d-dev", "k3d", "there is no docker on PATH to ask"),
        ("minikube", "minikube", "minikube has no profile minikube here"),
    ],
)
def test_whose_evidence_counts_the_name_says(tmp_path: Path, named: str, product: str, missing: str) -> None:
    found = gather(context(named), {"PATH": f"{tmp_path}"}, tmp_path)
    assert found == Evidence(product, ProductRecord(missing=missing))
    for server in ("https://203.0.113.7:6443", "https://example.com", "", "https://"):
        assert gather(context(named, server), {"PATH": f"{tmp_path}"}, tmp_path) == Evidence()


# Beside, before and after every name that a product has.
@pytest.mark.parametrize(
    "named",
    [
        "a", "zzz", "rancher-desktop2", "docker-desktop-2", "orbstack2", "colimas", "kind", "kindred", "k3d", "minikube2",
        "", "-dev", "../kind-dev", "kind-dev/..", "kind-dev\n", "kind-ü", "production",
    ],
)  # fmt: skip
def test_nobodys_names(tmp_path: Path, named: str) -> None:
    assert gather(context(named), {"PATH": f"{tmp_path}"}, tmp_path) == Evidence()


def test_the_name_reaches_the_product_without_its_prefix(tmp_path: Path) -> None:
    kind = node("dev-control-plane", KIND, published(4001))
    k3d = node("k3d-dev-serverlb", K3D, published(4002))
    environ = docker(tmp_path, kind, k3d)
    assert gather(context("kind-dev"), environ, tmp_path).record.published == at(4001)
    assert gather(context("k3d-dev"), environ, tmp_path).record.published == at(4002)
    minikube(tmp_path, Driver="kvm2", Nodes=[MASTER])
    assert gather(context("dev"), environ, tmp_path).product == "minikube"


def test_networks_are_looked_up_for_a_private_address_alone(tmp_path: Path) -> None:
    assert gather(context("minikube"), {}, tmp_path).networks == ()
    assert gather(context("minikube", "https://10.0.0.1:8443"), {}, tmp_path).networks == _networks()


def test_this_machines_networks() -> None:
    """Loopback at least, with its whole network; only those of IPv4 have a netmask that is an address."""
    found = _networks()
    assert ip_network("127.0.0.0/8") in found
    assert {network.version for network in found} == {4}


def test_files_that_nobody_may_look_at(tmp_path: Path) -> None:
    assert is_there(tmp_path)
    for odd in (tmp_path / "none", tmp_path / ("n" * 300), Path("\0")):
        assert is_there(odd) is False
        assert read_json(odd) is None


@pytest.mark.parametrize(
    ("content", "found"),
    [(b"{}", {}), (b'\xef\xbb\xbf{"a": 1}', {"a": 1}), (b"[]", None), (b"{", None), (b"\xff", None), (b"[" * 100_000, None)],
)  # fmt: skip
def test_an_object_from_a_file(tmp_path: Path, content: bytes, found: Any) -> None:
    (tmp_path / "a.json").write_bytes(content)
    assert read_json(tmp_path / "a.json") == found
