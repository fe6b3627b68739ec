"""doctor's group `rancher`: an rdctl that answers as the real one, and settings.json where each system has it."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import psutil
import pytest
from devkit.base.errors import DevkitError
from devkit.doctor.catalogue import all_checks
from devkit.doctor.checks.rancher.traefik import in_the_way
from devkit.doctor.facts.rancher import settings
from devkit.doctor.look import look
from devkit.findings.model import Severity

from tests.support.machine import Said, Workplace, only_problem

LINUX = ".config/rancher-desktop/settings.json"
CHECKS = ("engine", "kubernetes", "version", "memory", "cores", "traefik", "running")
NOT_RUNNING = Said(
    err="Error: failed to get connection info: open /home/dev/.local/share/rancher-desktop/rd-engine.json: no such file or "
    "directory\n",
    code=1,
)
REFUSED = Said(
    err='Error: Get "http://127.0.0.1:6107/v1/backend_state": dial tcp 127.0.0.1:6107: connect: connection refused\n',
    code=1,
)


def config(**changed: Any) -> dict[str, Any]:
    """settings.json as version 10 and newer have it, with the parts that count."""
    found: dict[str, Any] = {
        "version": 15,
        "containerEngine": {"allowedImages": {"enabled": False, "patterns": []}, "name": "moby"},
        "virtualMachine": {"memoryInGB": 4, "numberCPUs": 2, "type": "vz"},
        "kubernetes": {
            "version": "1.32.3", "port": 6443, "enabled": True, "options": {"traefik": False, "flannel": True}, "ingress": {},
        },
    }  # fmt: skip
    for name, value in changed.items():
        section, _, key = name.partition("__")
        found[section] = {**found[section], key: value}
    return found


def kubeconfig(workplace: Workplace, name: str = "rancher-desktop") -> None:
    workplace.write(
        ".kube/config",
        {
            "current-context": name,
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "clusters": [{"name": name, "cluster": {"server": "https://127.0.0.1:6443"}}],
            "users": [{"name": name, "user": {}}],
        },
    )


def running(
    workplace: Workplace, settings: dict[str, Any], state: str = "STARTED", more: dict[str, Any] | None = None
) -> None:
    workplace.answers(
        "rdctl",
        {
            "api /v1/backend_state": {"vmState": state, "locked": False},
            "list-settings": settings,
            **(more or {}),
        },
    )


@pytest.fixture(autouse=True)
def current(workplace: Workplace) -> None:
    kubeconfig(workplace)
    workplace.platform = "linux"


def test_all_is_well(workplace: Workplace) -> None:
    running(workplace, config())
    seen = {name: workplace.run(f"rancher.{name}") for name in CHECKS}
    assert all(outcome.passed for outcome in seen.values()), seen
    assert seen["engine"].seen == "moby (rdctl list-settings)"
    assert seen["running"].seen == "STARTED"
    assert seen["version"].seen == "1.32.3"
    assert seen["memory"].seen == "4 GB, 256 MB asked for"
    assert seen["cores"].seen == "2, 0.4 asked for"


def test_another_product_is_in_use(workplace: Workplace) -> None:
    running(workplace, config(containerEngine__name="containerd"))
    kubeconfig(workplace, "kind-dev")
    for name in CHECKS:
        outcome = workplace.run(f"rancher.{name}")
        assert outcome.needless, name
        assert outcome.skipped == "the current context is kind-dev"


def test_neither_installed_nor_another_cluster(workplace: Workplace) -> None:
    (workplace.home / ".kube" / "config").unlink()
    problem = only_problem(workplace.run("rancher.installed"))
    assert problem.message == "no cluster: Rancher Desktop is not installed, and there is no kubeconfig"
    assert "--engine local" in (problem.advice or "")
    assert workplace.run("rancher.engine").skipped == "not checked because rancher.installed failed"


def test_a_broken_kubeconfig_is_for_another_check(workplace: Workplace) -> None:
    workplace.write(".kube/config", "{")
    assert workplace.run("rancher.installed").needless
    assert "not valid YAML" in only_problem(workplace.run("cluster.context")).message
    workplace.environ["KUBECONFIG"] = "/nowhere/config"
    assert workplace.run("rancher.installed").needless
    assert "/nowhere/config does not exist" in only_problem(workplace.run("cluster.context")).message


def test_the_cluster_is_anothers(workplace: Workplace) -> None:
    assert workplace.run("rancher.installed").needless


@pytest.mark.parametrize(
    ("place", "platform", "variables"),
    [
        (LINUX, "linux", {}),
        ("elsewhere/rancher-desktop/settings.json", "linux", {"XDG_CONFIG_HOME": "elsewhere"}),
        ("Library/Preferences/rancher-desktop/settings.json", "darwin", {}),
        ("AppData/Local/rancher-desktop/settings.json", "win32", {"LOCALAPPDATA": "AppData/Local"}),
    ],
)
def test_settings_are_found_without_rdctl(
    workplace: Workplace, place: str, platform: str, variables: dict[str, str]
) -> None:
    workplace.platform = platform
    workplace.environ |= {name: str(workplace.home / value) for name, value in variables.items()}
    path = workplace.write(place, config(containerEngine__name="containerd"))
    assert settings(workplace.machine) == (str(path), config(containerEngine__name="containerd"))
    problem = only_problem(workplace.run("rancher.engine"))
    assert "its container engine is containerd" in problem.message
    # There is no rdctl to do it with.
    assert problem.fix
    assert problem.fix.apply is None
    assert problem.advice == "start Rancher Desktop, then rdctl set --container-engine.name=moby"


def test_containerd_is_fixed_while_it_runs(workplace: Workplace, tmp_path: Path) -> None:
    note = tmp_path / "note"
    running(workplace, config(containerEngine__name="containerd"))
    problem = only_problem(workplace.run("rancher.engine"))
    assert problem.severity is Severity.ERROR
    assert problem.fix
    assert problem.fix.apply
    assert problem.fix.command == "rdctl set --container-engine.name=moby"
    assert "restarts its machine" in problem.fix.effect
    workplace.program("rdctl", f'echo "$@" > {note}\necho "Status: triggering a restart to apply changes."')
    problem.fix.apply(workplace.machine)
    assert note.read_text() == "set --container-engine.name=moby\n"


def test_a_mend_that_rdctl_refuses(workplace: Workplace) -> None:
    refusal = Said(
        err="Error: errors in attempt to update settings:\nfield 'containerEngine.name' is locked\n", code=1
    )
    running(workplace, config(containerEngine__name="containerd"), more={"set *": refusal})
    fix = only_problem(workplace.run("rancher.engine")).fix
    assert fix
    assert fix.apply
    with pytest.raises(DevkitError, match="is locked"):
        fix.apply(workplace.machine)


def test_the_running_ones_settings_count(workplace: Workplace) -> None:
    workplace.write(LINUX, config(containerEngine__name="containerd"))
    running(workplace, config())
    assert workplace.run("rancher.engine").seen == "moby (rdctl list-settings)"


@pytest.mark.parametrize("said", [NOT_RUNNING, REFUSED])
def test_it_does_not_run(workplace: Workplace, said: Said) -> None:
    workplace.answers("rdctl", {"api *": said, "list-settings": said})
    workplace.write(LINUX, config(containerEngine__name="containerd"))
    problem = only_problem(workplace.run("rancher.running"))
    assert problem.message == "Rancher Desktop does not run"
    assert problem.advice == "start it: rdctl start"
    # Its settings are read all the same.
    assert "containerd" in only_problem(workplace.run("rancher.engine")).message


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("STARTING", "not up yet"),
        ("ERROR", "could not start"),
        ("STOPPED", "is stopped"),
    ],
)
def test_it_is_not_up(workplace: Workplace, state: str, words: str) -> None:
    running(workplace, config(), state)
    assert words in only_problem(workplace.run("rancher.running")).message


def test_a_hanging_rdctl(workplace: Workplace) -> None:
    workplace.hangs("rdctl")
    assert "rdctl did not answer within 4 s" in only_problem(workplace.run("rancher.running")).message


@pytest.mark.parametrize("prints", ["", "<html>", '{"locked": false}', "[]", "null"])
def test_an_rdctl_that_answers_something_else(workplace: Workplace, prints: str) -> None:
    workplace.answers("rdctl", {"*": prints})
    assert "rdctl does not say how" in only_problem(workplace.run("rancher.running")).message


@pytest.mark.parametrize("content", ["", "{", "[1]", "null"])
def test_damaged_settings(workplace: Workplace, content: str) -> None:
    workplace.answers("rdctl", {"*": NOT_RUNNING})
    workplace.write(LINUX, content)
    assert "settings.json" in only_problem(workplace.run("rancher.engine")).message


def test_settings_of_other_shapes(workplace: Workplace) -> None:
    workplace.write(
        LINUX, {"kubernetes": [], "containerEngine": "moby", "virtualMachine": {"memoryInGB": "much"}}
    )
    assert "does not say which" in only_problem(workplace.run("rancher.engine")).message
    assert "Kubernetes is off" in only_problem(workplace.run("rancher.kubernetes")).message
    assert workplace.run("rancher.memory").skipped == "not checked because rancher.kubernetes failed"
    for name in ("memory", "cores", "traefik", "version"):
        assert workplace.run(f"rancher.{name}", alone=True).needless, name


def test_kubernetes_is_off(workplace: Workplace) -> None:
    running(workplace, config(kubernetes__enabled=False), "DISABLED")
    assert workplace.run("rancher.running").seen == "DISABLED"
    problem = only_problem(workplace.run("rancher.kubernetes"))
    assert problem.fix
    assert problem.fix.command == "rdctl set --kubernetes-enabled=true"


def test_an_old_kubernetes(workplace: Workplace) -> None:
    running(workplace, config(kubernetes__version="1.28.15"))
    problem = only_problem(workplace.run("rancher.version"))
    assert "1.29 is the oldest" in problem.message
    assert "--kubernetes.version=" in (problem.advice or "")


def test_too_little_memory(workplace: Workplace) -> None:
    running(workplace, config(virtualMachine__memoryInGB=1))
    problem = only_problem(workplace.run("rancher.memory"))
    assert problem.severity is Severity.WARNING  # what is asked for fits, with nothing left for Kubernetes
    assert problem.fix
    assert problem.fix.command == "rdctl set --virtual-machine.memory-in-gb=2"


def test_memory_follows_what_runs(workplace: Workplace) -> None:
    """tilt_config.json counts: its scale, and what it switches off."""
    running(workplace, config(virtualMachine__memoryInGB=2))
    workplace.in_clone("tilt_config.json", {"resource_scale": "4"})
    problem = only_problem(workplace.run("rancher.memory"))
    assert "the services ask for 1.0 GB" in problem.message
    workplace.in_clone("tilt_config.json", {"resource_scale": "4", "services": ["redis"]})
    assert workplace.run("rancher.memory").seen == "2 GB, 256 MB asked for"


def test_more_memory_than_there_is(workplace: Workplace) -> None:
    have = psutil.virtual_memory().total // 2**20
    table = workplace.root / "dev" / "services.yaml"
    table.write_text(
        table.read_text()
        .replace("memory: 64Mi", f"memory: {have}Mi")
        .replace("memory: 128Mi", f"memory: {have}Mi")
    )
    running(workplace, config())
    problem = only_problem(workplace.run("rancher.memory"))
    assert problem.severity is Severity.ERROR
    assert "more than this computer can spare" in problem.message
    assert problem.fix is None
    assert "resource_scale" in (problem.advice or "")


def test_too_few_cores(workplace: Workplace) -> None:
    # 1.2 cores are asked for, and 0.2 by Kubernetes.
    workplace.in_clone("tilt_config.json", {"resource_scale": "3"})
    running(workplace, config(virtualMachine__numberCPUs=1))
    problem = only_problem(workplace.run("rancher.cores"))
    assert "has 1 core; the services ask for 1.2" in problem.message
    if (os.cpu_count() or 1) >= 2:
        assert problem.fix
        assert problem.fix.command == "rdctl set --virtual-machine.number-cpus=2"


def test_more_cores_than_there_are(workplace: Workplace) -> None:
    table = workplace.root / "dev" / "services.yaml"
    table.write_text(table.read_text().replace("cpu: 100m", 'cpu: "64"').replace("cpu: 200m", 'cpu: "64"'))
    workplace.in_clone("tilt_config.json", {"resource_scale": "4"})  # four services: 1024 cores
    running(workplace, config())
    problem = only_problem(workplace.run("rancher.cores"))
    assert f"this computer has {os.cpu_count()}" in problem.message
    assert problem.fix is None


def test_wsl_decides_the_size(workplace: Workplace) -> None:
    running(workplace, config(virtualMachine__memoryInGB=1))
    workplace.environ["WSL_DISTRO_NAME"] = "Ubuntu"
    assert workplace.run("rancher.memory").needless
    assert workplace.run("rancher.cores").needless


def test_a_broken_tilt_config(workplace: Workplace) -> None:
    running(workplace, config())
    workplace.in_clone("tilt_config.json", "{")
    assert workplace.run("rancher.memory").skipped == "not checked because project.overrides failed"


def test_traefik(workplace: Workplace) -> None:
    running(workplace, config(kubernetes__options={"traefik": True}))
    outcome = workplace.run("rancher.traefik")
    if holder := in_the_way(workplace.machine, (80, 443)):
        assert f"(pid {holder.pid}) has" in only_problem(outcome).message
    else:
        assert outcome.seen == "it has them; the platform uses neither"

    running(workplace, config(kubernetes__options={"traefik": False}))
    assert workplace.run("rancher.traefik").seen == "it is off"


def test_another_process_has_a_port(workplace: Workplace) -> None:
    """Shown at a port that anybody may open; the check looks at 80 and 443."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        assert in_the_way(workplace.machine, [server.getsockname()[1]]) is None
        server.listen()
        holder = in_the_way(workplace.machine, [server.getsockname()[1]])
    assert holder
    assert holder.pid == os.getpid()


def test_everything_is_asked_once(workplace: Workplace, tmp_path: Path) -> None:
    """rdctl is a slow program: its answers are shared."""
    calls = tmp_path / "calls"
    answer = json.dumps(config())
    workplace.program(
        "rdctl",
        f'echo "$1" >> {calls}\nif [ "$1" = api ]; then echo \'{{"vmState": "STARTED"}}\'; else echo \'{answer}\'; fi',
    )
    look(workplace.machine, [check for check in all_checks(workplace.root) if check.group == "rancher"])
    assert sorted(calls.read_text().split()) == ["api", "list-settings"]


def test_whether_it_runs_is_not_known_without_rdctl(workplace: Workplace) -> None:
    workplace.write(LINUX, config())
    assert workplace.run("rancher.engine").passed
    assert (workplace.run("rancher.running").skipped or "").startswith("there is no rdctl to ask")
