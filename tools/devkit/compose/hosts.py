"""The host names that a project's proxy answers for: those in the rules of Traefik's routers."""

from __future__ import annotations

import re

from devkit.compose.project import Project
from devkit.findings.model import Place

__all__ = ["hosts"]

_RULE = re.compile(r"traefik\.(?:http|tcp)\.routers\.[^.]+\.rule", re.IGNORECASE)
_HOST = re.compile(r"(?<!!)\bHost(?:SNI)?\(([^)]*)\)", re.IGNORECASE)
_QUOTED = re.compile(r"""[`"']([^`"']+)[`"']""")


def hosts(project: Project) -> dict[str, Place]:
    """Each name with the label that has it first, in the order of the services. Rules by pattern (HostRegexp) name nobody."""
    found: dict[str, Place] = {}
    for service in project.services.values():
        labels = service.get("labels")
        for label, node in labels.mapping.items() if labels is not None else ():
            if not _RULE.fullmatch(label):
                continue
            for arguments in _HOST.findall(str(node.plain())):
                for name in _QUOTED.findall(arguments):
                    if name != "*":
                        found.setdefault(name, node.place)
    return found
