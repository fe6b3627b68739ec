"""No variable of the shell leads to a database."""

from __future__ import annotations

from devkit.checks import Problems, check, note, warning
from devkit.doctor.machine import Machine

_IGNORED = ("DATABASE_URL", "REDIS_URL")
# What psycopg takes from the shell although devkit names server, user, password and database itself.
_BREAKS = {
    "PGSSLMODE": ("require", "verify-ca", "verify-full"),
    "PGREQUIRESSL": ("1",),
    "PGGSSENCMODE": ("require",),
    "PGCHANNELBINDING": ("require",),
    "PGREQUIREAUTH": None,
    "PGOPTIONS": None,
    "PGSERVICE": None,
    "PGTARGETSESSIONATTRS": ("read-only", "standby"),
    "PGHOSTADDR": None,
}


@check("environment.database-url", __doc__)
def run(machine: Machine) -> str:
    """Raises Problems: notes for what devkit ignores, warnings for what it cannot. No value is shown."""
    environ = machine.environ
    problems = [
        note(
            f"{name} is set in this shell. devkit ignores it: services get the one of k8s/dev/secret.yaml, else the embedded "
            "server's; so do ./devkit db and ./devkit test",
            f"./devkit secrets set {name} names a server of your own; else unset {name}",
            part=name.lower().replace("_", "-"),
        )
        for name in _IGNORED
        if environ.get(name)
    ]
    problems += [
        warning(
            f"{name} is set in this shell: `./devkit db` takes it over when it connects, and may be refused by the platform's "
            "Postgres",
            f"unset {name}",
            part="libpq",
        )
        for name, values in _BREAKS.items()
        if environ.get(name) and (values is None or environ[name] in values)
    ]
    if problems:
        raise Problems(problems)
    return "none is set"
