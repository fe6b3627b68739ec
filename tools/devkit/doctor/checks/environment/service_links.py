"""No variable of the shell looks like one of the platform's."""

from __future__ import annotations

import re
from collections.abc import Mapping

from devkit.checks import Problems, check, note
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine
from devkit.engines.local.runner import INHERITED
from devkit.model import Table

_LINK = re.compile(r"^(tcp|udp)://")
_OF_OTHER_CHECKS = {"DATABASE_URL", "REDIS_URL", "NODE_ENV", "WEBHOOK_SKIP_VERIFICATION"}


@check("environment.service-links", __doc__, after=("project.table",))
def run(machine: Machine) -> str:
    """Raises Problems, notes: Kubernetes' service links, and plain variables of the table's names. No value is shown."""
    known = machine.fact(table)
    links = [name for name in sorted(machine.environ) if _is_link(known, machine.environ, name)]
    names = _names(known) - _OF_OTHER_CHECKS - set(INHERITED)
    same = [name for name in sorted(names) if name in machine.environ]
    problems = []
    if links:
        problems.append(
            note(
                f"{_listed(links)} look like Kubernetes' service links: is this shell inside a pod? up does not hand them to "
                "services (pods are set up without them), a service that you start by hand reads them",
                f"unset {' '.join(links[:8])}",
                part="links",
            )
        )
    if same:
        problems.append(
            note(
                f"{_listed(same)} {'is' if len(same) == 1 else 'are'} set in this shell. up ignores that: services get the "
                "values of dev/services.yaml and secret.yaml alone. ./devkit test and a service started by hand do not",
                f"unset {' '.join(same[:8])}; to change a value, edit dev/services.yaml or call ./devkit secrets set",
                part="names",
            )
        )
    if problems:
        raise Problems(problems)
    return f"none of {len(names)} names"


def _is_link(known: Table, environ: Mapping[str, str], name: str) -> bool:
    for service in known.services.values():
        prefix = service.module.upper()
        if name in (f"{prefix}_SERVICE_HOST", f"{prefix}_SERVICE_PORT"):
            return True
        if re.fullmatch(rf"{prefix}_PORT(_\d+_(TCP|UDP))?", name) and _LINK.match(environ[name]):
            return True
    return False


def _names(known: Table) -> set[str]:
    """Every variable that some service gets."""
    found = {*known.config, *known.secrets, "APP_PORT"}
    for service in known.services.values():
        found |= {*service.env, service.url_variable}
    return found


def _listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
