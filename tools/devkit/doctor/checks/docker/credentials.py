"""Every credential helper that docker's settings name is installed."""

from __future__ import annotations

from devkit.checks import Problem, Problems, Skipped, check, warning
from devkit.cluster.kubeconfig import shown
from devkit.doctor.facts.docker import config, config_file
from devkit.doctor.facts.rancher import bin_folder
from devkit.doctor.machine import Machine


@check("docker.credentials", __doc__, engine="tilt")
def run(machine: Machine) -> str:
    """Raises Problems: without its helper docker and Tilt pull nothing, not even what is public."""
    try:
        settings = machine.fact(config)
    except Problem:
        raise Skipped("docker's settings cannot be read: see docker.context") from None
    path = shown(config_file(machine))
    store = settings.get("credsStore")
    named = {"": store} if isinstance(store, str) and store else {}
    per_registry = settings.get("credHelpers")
    if isinstance(per_registry, dict):
        named |= {str(host): helper for host, helper in per_registry.items() if isinstance(helper, str)}
    found: list[Problem] = []
    for host, helper in named.items():
        program = f"docker-credential-{helper}"
        if machine.program(program) is not None:
            continue
        bundled = bin_folder(machine, program)
        fix = (
            f"put it on PATH: export PATH={bundled}:$PATH"
            if bundled
            else f"install it, or take the entry out of {path}"
        )
        if host:
            what = f"{path} names the credential helper {helper} for {host}, but {program} is not on PATH: nothing of {host} can be pulled"
            found.append(warning(what, fix, part=host))
        else:
            what = (
                f"{path} names the credential helper {helper}, but {program} is not on PATH: every pull fails"
            )
            found.append(Problem(what, fix))
    if found:
        raise Problems(found)
    helpers = sorted({str(helper) for helper in named.values()})
    return ", ".join(helpers) if helpers else "none is named"
