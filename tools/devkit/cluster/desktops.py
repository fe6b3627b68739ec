"""Clusters in a virtual machine of a desktop product: its own settings are the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from devkit.cluster import nodes
from devkit.cluster.endpoint import Published, parse_server
from devkit.cluster.kubeconfig import shown
from devkit.cluster.product_record import ProductRecord, is_there, read_json

__all__ = ["colima", "docker_desktop", "orbstack", "rancher_desktop", "rancher_settings"]

_API_PORT = 6443
_LOOPBACK = "127.0.0.1"
_WINDOWS_USERS = Path("/mnt/c/Users")  # as WSL shows them


def rancher_settings(environ: Mapping[str, str], home: Path) -> tuple[Path, Mapping[str, Any] | None]:
    """Rancher Desktop's settings.json, and what is in it; on WSL that of the Windows side. None: there is none."""
    places = [
        home / ".config" / "rancher-desktop",
        home / "Library" / "Preferences" / "rancher-desktop",
        *(Path(local) / "rancher-desktop" for local in [environ.get("LOCALAPPDATA")] if local),
    ]
    if environ.get("XDG_CONFIG_HOME"):
        places.insert(0, Path(environ["XDG_CONFIG_HOME"]) / "rancher-desktop")
    if environ.get("WSL_DISTRO_NAME"):
        places += sorted(_WINDOWS_USERS.glob("*/AppData/Local/rancher-desktop"))
    return _first([place / "settings.json" for place in places])


def rancher_desktop(environ: Mapping[str, str], home: Path) -> ProductRecord:
    """Its settings.json, with Kubernetes on."""
    path, settings = rancher_settings(environ, home)
    if settings is None:
        return ProductRecord(missing="Rancher Desktop has no settings.json here")
    kubernetes = settings.get("kubernetes")
    if not isinstance(kubernetes, dict) or kubernetes.get("enabled") is not True:
        return ProductRecord(missing=f"Kubernetes is off in {shown(path)}")
    return ProductRecord(_loopback(_port(kubernetes.get("port"))), shown(path))


def docker_desktop(environ: Mapping[str, str], home: Path) -> ProductRecord:
    """Its settings with Kubernetes on; in its kind mode the port is that of its node's container."""
    places = [
        home / "Library" / "Group Containers" / "group.com.docker",
        home / ".docker" / "desktop",
        *(Path(roaming) / "Docker" for roaming in [environ.get("APPDATA")] if roaming),
    ]
    if environ.get("WSL_DISTRO_NAME"):
        places += sorted(_WINDOWS_USERS.glob("*/AppData/Roaming/Docker"))
    names = ("settings-store.json", "settings.json")
    path, settings = _first([place / name for place in places for name in names])
    if settings is None:
        return ProductRecord(missing="Docker Desktop has no settings here")
    lowered = {key.lower(): value for key, value in settings.items()}
    if lowered.get("kubernetesenabled") is not True:
        return ProductRecord(missing=f"Kubernetes is off in {shown(path)}")
    if lowered.get("kubernetesmode") == "kind":
        node = nodes.kind("desktop", environ, home)
        return ProductRecord(node.published, f"{shown(path)} and {node.source}", node.missing)
    # Docker Desktop's kubeconfig has this name, which it writes into the hosts file.
    by_name = Published("kubernetes.docker.internal", _API_PORT)
    return ProductRecord((by_name, *_loopback(_API_PORT)), shown(path))


def orbstack(home: Path) -> ProductRecord:
    """The kubeconfig that it keeps for itself."""
    path = home / ".orbstack" / "k8s" / "config.yml"
    clusters = _yaml(path).get("clusters")
    first = clusters[0] if isinstance(clusters, list) and clusters else {}
    cluster = first.get("cluster") if isinstance(first, dict) else None
    endpoint = parse_server(str(cluster.get("server") or "")) if isinstance(cluster, dict) else None
    if endpoint is None:
        return ProductRecord(missing="OrbStack has no ~/.orbstack/k8s/config.yml here")
    return ProductRecord((Published(endpoint.host, endpoint.port),), shown(path))


def colima(cluster: str, environ: Mapping[str, str], home: Path) -> ProductRecord:
    """Its profile with Kubernetes on, and its virtual machine running."""
    profile = cluster.removeprefix("colima").removeprefix("-") or "default"
    folder = Path(environ.get("COLIMA_HOME") or home / ".colima")
    if not is_there(folder):
        folder = Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "colima"
    path = folder / profile / "colima.yaml"
    kubernetes = _yaml(path).get("kubernetes")
    if not isinstance(kubernetes, dict):
        return ProductRecord(missing=f"Colima has no profile {profile} here")
    if kubernetes.get("enabled") is not True:
        return ProductRecord(missing=f"Kubernetes is off in {shown(path)}")
    machine = "colima" if profile == "default" else f"colima-{profile}"
    if not _runs(folder / "_lima" / machine / "ha.pid"):
        return ProductRecord(missing=f"Colima's machine {machine} does not run")
    # Port 0: Colima chose one when it made the machine, and does not write down which.
    port = _port(kubernetes.get("port"), 0) or None
    return ProductRecord(_loopback(port), shown(path))


def _loopback(port: int | None) -> tuple[Published, ...]:
    return (Published(_LOOPBACK, port),)


def _port(value: object, default: int = _API_PORT) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _first(paths: list[Path]) -> tuple[Path, Mapping[str, Any] | None]:
    for path in paths:
        if (content := read_json(path)) is not None:
            return path, content
    return Path(), None


def _yaml(path: Path) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return {}
    return content if isinstance(content, dict) else {}


def _runs(pid_file: Path) -> bool:
    import psutil

    try:
        return psutil.pid_exists(int(pid_file.read_text().strip()))
    except (OSError, ValueError):
        return False
