"""`devkit up` on the tilt engine."""

from __future__ import annotations

import subprocess
from pathlib import Path

from devkit.base.console import emit, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import table_file
from devkit.cluster.client import connect
from devkit.cluster.guard import require_local
from devkit.cluster.ownership import claim_namespace, require_ours
from devkit.engines.names import unknown_service
from devkit.engines.protocol import UpRequest
from devkit.engines.tilt import session
from devkit.engines.tilt.add import add
from devkit.engines.tilt.program import Resource, last_lines, page_port, runs_here, tilt
from devkit.model import Table
from devkit.render.examples import first_example
from devkit.table.load import read_table
from devkit.table.overrides import groups, parse_overrides, read_config

__all__ = ["up"]

_LINES = 8


def up(root: Path, wanted: UpRequest) -> int:
    """Runs Tilt in this terminal, or in the background until everything is up. Returns the exit code.

    Raises DevkitError before anything starts: exit 2 for a mistake in the table or the settings, 5 for a foreign cluster.
    """
    if wanted.database_url:
        fix = "put DATABASE_URL into k8s/dev/secret.yaml: the pods read it there"
        raise DevkitError("--database-url is the local engine's", fix=fix, exit_code=ExitCode.USAGE)
    services, port_offset = wanted.services, wanted.port_offset
    table = read_table(table_file(root))
    values, spots = read_config(root)
    known = [*table.services, *groups(table)]
    if unknown := [name for name in services if name not in known]:
        raise unknown_service(unknown[0], known)
    given: dict[str, object] = {"services": list(services)} if services else {}
    given |= {"port_offset": str(port_offset)} if port_offset is not None else {}
    chosen = parse_overrides(table, values | given, None if given else spots)
    context = require_local(table.allow_contexts)
    command = session.arguments(services, port_offset)
    cluster = connect(context)
    if wanted.take_over:
        claim_namespace(root, cluster, table.namespace)
    require_ours(root, cluster, table.namespace)
    if runs_here(root):
        if not add(table, wanted):
            return ExitCode.OK
        return _report(table, session.wait_until_up(say), False, chosen.port_offset)
    if not wanted.detach:
        say(
            f"devkit: tilt up; its page is http://localhost:{page_port()}; Ctrl-C leaves the pods, ./devkit down stops them"
        )
        if wanted.seed:
            say("devkit: the example data: `db-seed` in Tilt's UI, or ./devkit db seed")
        session.run_here(root, command)
    session.start(root, command)
    return _report(table, session.wait_until_up(say), wanted.seed, chosen.port_offset)


def _report(table: Table, found: list[Resource], seed: bool, offset: int) -> int:
    broken = [one for one in found if one.failed]
    if broken or not found:
        for one in broken:
            say(f"\ndevkit: {one.name} did not come up; its last lines:")
            for line in last_lines(one.name, _LINES):
                say(f"    {line}")
        names = ", ".join(one.name for one in broken) or "Tilt"
        raise DevkitError(
            f"{names} did not come up; the rest runs",
            fix=f"fix it and save: devkit tries again. Tilt's UI: http://localhost:{page_port()}; ./devkit down stops all",
            exit_code=ExitCode.CHECK_FAILED,
        )
    if seed:
        subprocess.run([tilt(), "trigger", "db-seed", "--port", str(page_port())], check=False)
    up_now = {one.name for one in found}
    emit(f"everything is up: Tilt's UI is http://localhost:{page_port()}")
    for service in table.services.values():
        if service.name in up_now and service.type.container.build:
            emit(f"  {service.name:<18} http://localhost:{service.port + offset}")
    after = [first_example(table, up_now), "./devkit status", "./devkit verify", "./devkit down"]
    emit(f"next: {'   '.join(filter(None, after))}")
    return ExitCode.OK
