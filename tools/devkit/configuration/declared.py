"""Which variables each service is given, from the table, and what is wrong with the table's own values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from devkit.checks.allows import Suspect
from devkit.configuration.names import is_secret_name
from devkit.configuration.values import Known, judge_text
from devkit.model import Service, Table, Variable
from devkit.render.environment import connections, in_cluster, secret_names

__all__ = ["given_to", "of_the_process", "suspects_in_table"]

_PROCESS = re.compile(
    r"(?:PATH|HOME|USER|SHELL|PWD|LANG|HOSTNAME|TMPDIR|TMP|TEMP|TERM|TZ|CI|NO_COLOR|XDG_\w+|PYTHON\w*|LD_\w+|DYLD_\w+|LC_\w+|KUBERNETES_\w+|DEVKIT_\w+|VIRTUAL_ENV|npm_\w+)$"
)


def of_the_process(name: str) -> bool:
    """Whether a variable belongs to every process, or to what starts it, rather than to the platform."""
    return bool(_PROCESS.match(name))


def given_to(table: Table, service: Service) -> set[str]:
    """The variables that a service gets when it starts."""
    debugging = {"DEBUG_PORT", "PROBE_PORT", "RESTART_POLICY"}
    return {
        *in_cluster(table).of(service),
        *secret_names(table, service),
        *service.type.environment.reserved,
        *debugging,
    }


def suspects_in_table(table: Table) -> Iterator[Suspect]:
    """Secrets among the plain variables: by a name, by a value, by a reference to one."""
    secrets = {*table.secrets, *connections(table)}
    for variable in _variables(table):
        if is_secret_name(variable.name):
            message = f"`{variable.name}` looks like a secret, and what is in a ConfigMap everybody can read"
            yield Suspect(
                "secret-in-configmap",
                variable.place,
                message,
                "declare it below `secrets:`, and name it in the service's `secrets`",
            )
        for key in ("default", "debug", "staging"):
            value = getattr(variable, key) or ""
            for name in re.findall(r"\$\{(\w+)", value):
                if name in secrets:
                    message = f"`{key}` of `{variable.name}` has the secret `{name}` in it, and is kept in a ConfigMap"
                    yield Suspect(
                        "secret-in-configmap", variable.place, message, f"make `{variable.name}` a secret"
                    )
            if any(found[0] == "credential" for found in judge_text(value, "", Known())):
                message = (
                    f"`{key}` of `{variable.name}` has a password or key in it, and is kept in a ConfigMap"
                )
                yield Suspect(
                    "secret-in-configmap",
                    variable.place,
                    message,
                    f"make `{variable.name}` a secret, or take the password out",
                )


def _variables(table: Table) -> Iterator[Variable]:
    yield from table.config.values()
    for service in table.services.values():
        yield from service.env.values()
