"""Where the local engine's platform is reached: its database, and what takes its webhooks."""

from __future__ import annotations

import contextlib
from pathlib import Path

from devkit.base.clone import server_name
from devkit.base.console import say
from devkit.base.errors import DevkitError
from devkit.base.paths import table_file
from devkit.database.target import DatabaseTarget, address, migrated_service
from devkit.engines.events import MIGRATE, State, Status
from devkit.engines.local.client import ask, running
from devkit.engines.local.require import require_unit
from devkit.engines.local.state import RunState
from devkit.engines.local.units import local_urls
from devkit.engines.target import WebhookTarget, route
from devkit.model import Table
from devkit.render.environment import on_host
from devkit.secrets import ensure_secrets, read_secrets, secret_file
from devkit.table.load import read_table

__all__ = ["database_target", "webhook_target"]

# Seconds for the platform's migrations to be done.
_RETRIED = 60.0


def database_target(root: Path) -> DatabaseTarget:
    """The database of the platform that runs in this clone, or the user's own whether or not it runs.

    Raises DevkitError (exit 5) when the embedded one does not run: who answers on its port is somebody else.
    """
    table = read_table(table_file(root))
    service = migrated_service(table)
    state = running(root)
    secrets = _secrets(root, table, state)
    if state and state.database_url:
        secrets["DATABASE_URL"] = state.database_url
    url = local_urls(table, secrets, state.offset if state else 0)["DATABASE_URL"]
    external = "DATABASE_URL" in secrets
    if not external:
        require_unit(root, service.name)
    return DatabaseTarget(
        url,
        external=external,
        running=state is not None,
        migrations=root / str(service.migrations),
        seed=root / service.seed if service.seed else None,
        engine="local",
        address=address(url),
        server="" if external or state is None else server_name(state.clone),
        changed=lambda: _try_migrations_again(root),
    )


def _try_migrations_again(root: Path) -> None:
    """The platform's own step, where it failed; it would wait for its next turn, and all that needs it too."""
    with contextlib.suppress(DevkitError):  # nothing runs, or ends just now
        units = [Status.from_json(unit) for unit in ask(root, do="status", examine=False)["units"]]
        if any(unit.name == MIGRATE and unit.state is State.CRASHED for unit in units):
            ask(root, do="restart", units=[MIGRATE], deadline=_RETRIED)


def _secrets(root: Path, table: Table, state: RunState | None) -> dict[str, str]:
    """The secrets. Missing ones are made, but not behind the back of a platform that runs with others."""
    if state and not secret_file(root).exists():
        raise DevkitError(
            "k8s/dev/secret.yaml is gone, and the platform runs with what was in it",
            fix="./devkit down, then up: new ones are generated",
        )
    if added := ensure_secrets(root, table):
        say(f"devkit: generated {', '.join(added)} in k8s/dev/secret.yaml")
    return read_secrets(root, table)


def webhook_target(root: Path, provider: str) -> WebhookTarget:
    """Where a provider's webhooks are taken. Raises DevkitError (exit 2) when the table routes none."""
    table = read_table(table_file(root))
    service, hook = route(table, provider)
    state = running(root)
    secrets = _secrets(root, table, state)
    base = on_host(table, state.offset if state else 0).url(service)
    return WebhookTarget(
        base + hook.path, secrets.get(hook.secret, ""), require=lambda: require_unit(root, service.name)
    )
