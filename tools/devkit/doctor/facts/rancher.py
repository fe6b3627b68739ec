"""Rancher Desktop: whether it is here, whether it runs, and how it is set."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from devkit.base.errors import DevkitError
from devkit.checks import Fix, Problem, Skipped
from devkit.cluster.desktops import rancher_settings
from devkit.doctor.facts.context import current, kube_files
from devkit.doctor.facts.files import there
from devkit.doctor.machine import Machine, observed

__all__ = [
    "PRODUCT",
    "bin_folder",
    "blamed",
    "in_use",
    "never_started",
    "rdctl",
    "setting",
    "settings",
    "settings_fix",
    "sized_by_wsl",
    "state",
]

PRODUCT = "https://docs.rancherdesktop.io/getting-started/installation"
CONTEXT = "rancher-desktop"
_SECTIONS = ("version", "containerEngine", "kubernetes", "virtualMachine")
_APPS = {
    "darwin": ("/Applications/Rancher Desktop.app", "~/Applications/Rancher Desktop.app"),
    "linux": ("/opt/rancher-desktop", "/usr/bin/rancher-desktop"),
    "win32": ("C:/Program Files/Rancher Desktop",),
}


def bin_folder(machine: Machine, program: str) -> str | None:
    """The folder of Rancher Desktop's own programs as a person writes it, when it has this one."""
    return "~/.rd/bin" if there(machine, machine.home / ".rd" / "bin" / program).is_file else None


def rdctl(machine: Machine) -> Path | None:
    """Its command, on PATH or where it keeps it."""
    if found := machine.program("rdctl"):
        return found
    bundled = machine.home / ".rd" / "bin" / "rdctl"
    return bundled if there(machine, bundled).is_file else None


def in_use(machine: Machine) -> str:
    """What shows that it is installed. Raises Skipped where another product's cluster is used, Problem where there is
    no cluster of any kind and it is not installed either."""
    found = _trace(machine)
    try:
        context = machine.fact(current)
    except DevkitError:
        context = None
    if context is not None and context.cluster != CONTEXT:
        raise Skipped(f"the current context is {context.name}")
    if found is not None:
        return found
    if context is not None:
        raise Skipped("Rancher Desktop is not installed; the cluster is another's")
    if machine.environ.get("KUBECONFIG") or machine.fact(kube_files):
        raise Skipped(
            "Rancher Desktop is not installed; cluster.context says what is wrong with the kubeconfig"
        )
    raise Problem(
        "no cluster: Rancher Desktop is not installed, and there is no kubeconfig",
        "install Rancher Desktop, or start another local cluster; ./devkit up --engine local needs none",
        link=PRODUCT,
    )


def _trace(machine: Machine) -> str | None:
    if program := rdctl(machine):
        return str(program)
    path, found = machine.fact(_file)
    if found is not None:
        return path
    apps = (app.replace("~", str(machine.home), 1) for app in _APPS.get(machine.platform, ()))
    return next((app for app in apps if there(machine, app)), None)


def _file(machine: Machine) -> tuple[str, Mapping[str, Any] | None]:
    """Where its settings.json is, and what is in it: None when there is none that can be read."""
    found = _settings_file(machine)
    return found["path"], found["settings"]


@observed("rancher settings.json")
def _settings_file(machine: Machine) -> dict[str, Any]:
    path, found = rancher_settings(machine.environ, machine.home)
    return {
        "path": str(path),
        "settings": None if found is None else {key: found[key] for key in _SECTIONS if key in found},
    }


def state(machine: Machine) -> str | None:
    """What it does, in its own words: STARTED, DISABLED (runs, without Kubernetes), STARTING, STOPPED, … None: it does
    not run, or has no rdctl to ask. Raises Problem when rdctl does not answer."""
    program = machine.fact(rdctl)
    if program is None:
        return None
    answer = machine.ask(program, "api", "/v1/backend_state")
    if answer.code:
        text = f"{answer.out} {answer.err}".lower()
        if any(words in text for words in ("connection refused", "rd-engine.json", "no such file", "is rancher desktop running")):  # fmt: skip
            return None
        if "404" in text or "not found" in text:  # before 1.9: it answers, so it runs
            return "STARTED"
        raise Problem(
            f"rdctl cannot tell whether Rancher Desktop runs: {answer.last_line}", "restart Rancher Desktop"
        )
    try:
        said = json.loads(answer.out)
        return str(said["vmState"])
    except (ValueError, TypeError, KeyError, RecursionError):
        text = " ".join(answer.out.split())[:80]
        raise Problem(
            f"rdctl does not say how Rancher Desktop is, but {text!r}", "rdctl api /v1/backend_state"
        ) from None


def settings(machine: Machine) -> tuple[str, Mapping[str, Any]]:
    """Where its settings were found, and the settings: of the running one, else of its file. Raises Problem."""
    program = machine.fact(rdctl)
    try:
        running = machine.fact(state) is not None
    except Problem:
        running = False
    if program is not None and running:
        said = machine.ask_json(program, "list-settings")
        if isinstance(said, dict):
            return "rdctl list-settings", said
    path, found = machine.fact(_file)
    if found is None:
        raise Problem(
            "Rancher Desktop has no settings.json that can be read: it was never started, or the file is damaged",
            "start Rancher Desktop once",
        )
    return path, found


def setting(machine: Machine, *keys: str) -> Any:
    """One of its settings, None when it is not there (an older version, or a damaged file)."""
    found: Any = machine.fact(settings)[1]
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def never_started(machine: Machine) -> bool:
    """Whether it is installed, and has left neither settings nor a cluster: so there are no programs of its on PATH yet."""
    try:
        machine.fact(current)
        return False
    except DevkitError:
        pass
    try:
        return machine.fact(_file)[1] is None and _trace(machine) is not None and machine.fact(state) is None
    except Problem:
        return False


def blamed(machine: Machine, *, for_docker: bool) -> str | None:
    """The check of this group that tells why Docker, or else the cluster, does not answer. None: it is not to blame."""
    try:
        machine.fact(in_use)
    except Problem:
        return None if for_docker else "rancher.installed"
    except Skipped:
        return None
    if never_started(machine):
        return "rancher.running"
    try:
        if machine.fact(rdctl) is not None and machine.fact(state) not in ("STARTED", "DISABLED"):
            return "rancher.running"
    except Problem:
        return "rancher.running"
    try:
        if for_docker:
            return "rancher.engine" if setting(machine, "containerEngine", "name") == "containerd" else None
        return "rancher.kubernetes" if setting(machine, "kubernetes", "enabled") is False else None
    except Problem:
        return None


def sized_by_wsl(machine: Machine) -> bool:
    """Whether its machine's size is not its own to choose."""
    return machine.platform == "win32" or bool(machine.environ.get("WSL_DISTRO_NAME"))


def settings_fix(machine: Machine, *flags: str) -> Fix:
    """`rdctl set …`, which works while it runs; else what a person does."""
    command = " ".join(["rdctl set", *flags])
    if machine.fact(rdctl) is None or machine.fact(state) is None:
        return Fix(f"start Rancher Desktop, then {command}")

    def apply(machine: Machine) -> None:
        program = rdctl(machine)
        if program is None:
            raise DevkitError("rdctl is gone")
        answer = machine.ask(program, "set", *flags, timeout=30)
        if answer.code:
            raise DevkitError(f"rdctl says: {answer.last_line}")

    return Fix(command, apply, "Rancher Desktop restarts its machine, and with it every container and pod")
