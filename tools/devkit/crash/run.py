"""A run: a private instance with links between its services, and rounds in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from devkit.crash.flows import FOLDER, chosen_flow
from devkit.crash.links import Links
from devkit.crash.model import Evidence, Wanted
from devkit.crash.rounds import Rounds
from devkit.crash.striker import Striker
from devkit.database.server import connect, plain
from devkit.database.target import DATABASE_URL, migrated_service
from devkit.instance import private_instance

__all__ = ["crash"]

Say = Callable[[str], None]

# Functions that the platform has made and that may write, by the names that a statement may use.
_FUNCTIONS = """
SELECT n.nspname, p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND p.provolatile = 'v'
"""


def crash(
    root: Path, name: str | None, wanted: Wanted, say: Say, note: Say, *, only_list: bool = False
) -> Evidence:
    """Drives the flow of that name with a kill at each point that is wanted; with `only_list` at none. `say` hears how far it
    is, `note` of each failure at once.

    Raises DevkitError (exit 2) for an unknown flow or a platform without a journal; (exit 1) when it does not come up.
    """
    flow = chosen_flow(root, name)
    seen = Evidence(flow.name, f"{FOLDER}/{flow.name}.py", wanted.seed)
    say("copying the repository")
    with private_instance(root, say) as instance:
        migrated_service(instance.table)
        url = instance.urls[DATABASE_URL]
        flow = chosen_flow(instance.root, flow.name)
        functions: dict[str, str] = {}
        striker = Striker(instance)
        links = striker.links = Links(instance, striker, functions)
        try:
            say("starting a private instance")
            instance.call(links.open())
            instance.run(links.adapt)
            functions |= _functions(url)
            instance.learn()
            rounds = Rounds(instance, striker, flow, url, wanted, say, note)
            rounds.look(seen)
            if not seen.failures and not only_list:
                rounds.try_all(rounds.chosen(seen), seen)
        finally:
            instance.call(links.end())
    return seen


def _functions(url: str) -> dict[str, str]:
    with connect(plain(url), "crash") as connection:
        found = connection.execute(_FUNCTIONS).fetchall()
    return {name: function for schema, function in found for name in (function, f"{schema}.{function}")}
