"""Helm is there where a service mesh is wanted."""

from __future__ import annotations

from devkit.base.errors import DevkitError
from devkit.base.versions import dotted
from devkit.checks import Problem, Skipped, check
from devkit.doctor.facts.tables import overrides, table
from devkit.doctor.facts.versions import asked_version
from devkit.doctor.machine import Machine
from devkit.mesh.helm import INSTALL_LINK, OLDEST
from devkit.table.overrides import CONFIG_FILE

LINK = INSTALL_LINK


@check("tools.helm", __doc__, after=("project.table",), engine="tilt")
def run(machine: Machine) -> str:
    """Its version: 3.8 or newer."""
    try:
        mesh = machine.fact(overrides).mesh
    except DevkitError:
        raise Skipped("not checked because project.overrides failed") from None
    if mesh == "none":
        raise Skipped("only a service mesh needs it, and none is wanted")
    if machine.fact(table).meshes.get(mesh) is None:
        raise Skipped(f"{mesh} is installed with its own tools")
    program = machine.program("helm")
    if program is None:
        raise Problem(
            f"helm is not on PATH, and {CONFIG_FILE} wants the mesh {mesh}",
            f'install it, or take "mesh" out of {CONFIG_FILE}',
            link=LINK,
        )
    found = asked_version(machine, program, "version", "--short")
    if found < OLDEST:
        raise Problem(
            f"Helm {dotted(found)} is too old: {dotted(OLDEST)} or newer", "install a newer one", link=LINK
        )
    return dotted(found)
