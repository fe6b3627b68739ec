"""Both codes on one database and one Redis: which of them runs, and to which requests go.

The databases are the old code's. In front of each service stands a balancer on the ports that either code knows it by, so a
service that calls another one meets either code, too. What is there for development alone (a provider's simulator) runs once: the old
code's, until both run.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from devkit.base.errors import DevkitError, ExitCode
from devkit.cohabitation.balancer import Balancer
from devkit.cohabitation.sql import add_users, as_user, told_who
from devkit.database.target import DATABASE_URL, migrated_service
from devkit.engines.local.units import TASK, Unit
from devkit.instance import PrivateInstance
from devkit.instance.exchange import probes_of
from devkit.instance.places import free_ports, moved

__all__ = ["Pair", "Side"]

_ERROR = re.compile(r"\b(error|exception|critical|fatal|traceback)\b|\w+Error\b", re.IGNORECASE)
_LINES = 2


class Side:
    """A code: `name` is how people call it, `key` how its database users' names end. Its services listen on `ports`, which are
    none of those that are `taken`."""

    def __init__(self, name: str, key: str, instance: PrivateInstance, taken: Collection[int]) -> None:
        self.name, self.key, self.instance = name, key, instance
        self.apps = {unit.name: unit for unit in instance.applications()}
        self.ports = dict(zip(self.apps, free_ports(len(self.apps), taken), strict=True))
        self._read: dict[str, int] = {}

    def is_tool(self, service: str) -> bool:
        """Whether it is there for development alone."""
        return self.instance.table.services[service].development_only

    def user(self, service: str) -> str:
        """The database's user that a service of this code is."""
        return f"{service}.{self.key}"

    def unit(self, unit: Unit, url: str) -> Unit:
        """A service beside the other code's, as a user of its own."""
        own = as_user(unit.environment, url, self.user(unit.name))
        return moved(replace(unit, environment=own), self.ports[unit.name])

    def forget_lines(self) -> None:
        """What services have written so far is not looked at again."""
        self._read = {name: len(self.instance.log(name)) for name in self.apps}

    def last_errors(self) -> list[str]:
        """The last lines of each service's log that tell of an error."""
        found: list[str] = []
        for name in self.apps:
            lines = self.instance.log(name)[self._read.get(name, 0) :].splitlines()
            found += [
                f"{name} of {self.name}: {line.strip()[:300]}" for line in lines if _ERROR.search(line)
            ][-_LINES:]
        return found


class Pair:
    """`old` and `new` run beside each other; `close` before the instances do."""

    def __init__(self, old: Side, new: Side) -> None:
        self.old, self.new = old, new
        self.url = old.instance.urls.get(DATABASE_URL, "")
        self.database = migrated_service(old.instance.table).name
        if not self.url or new.instance.urls.get(DATABASE_URL) != self.url:
            message = f"the services have no {DATABASE_URL} in both codes, so they have no schema in common"
            raise DevkitError(message, exit_code=ExitCode.USAGE)
        self.balancers = {
            name: Balancer(
                [int(side.apps[name].port or 0) for side in (old, new) if name in side.apps],
                {path for side in (old, new) if name in side.apps
                 for path in probes_of(side.instance.table.services[name])},
            )
            for name in {**old.apps, **new.apps}
        }  # fmt: skip

    def open(self) -> None:
        """Starts the databases, with the old code's schema, and the balancers. Raises DevkitError."""
        self._run(self.old, services=False, tools=False)
        add_users(self.url, [side.user(name) for side in (self.old, self.new) for name in side.apps])
        for balancer in self.balancers.values():
            self.old.instance.call(balancer.open())

    def close(self) -> None:
        """Ends the balancers."""
        for balancer in self.balancers.values():
            self.old.instance.call(balancer.close())

    def start_old(self) -> None:
        """The old code runs alone. Raises DevkitError when it does not get ready."""
        self._lead([self.old], tools=self.old)
        self._run(self.old, services=True, tools=True)

    def add_new(self) -> None:
        """The new code runs too, and takes jobs; requests go to the old one. Raises DevkitError as above."""
        self._lead([self.old], tools=self.old, instead=self.new)
        self._run(self.new, services=True, tools=False)

    def share(self) -> None:
        """Requests go to either. Raises DevkitError as above."""
        self._run(self.old, services=True, tools=False)
        self._lead([self.old, self.new], tools=self.new)
        self._run(self.new, services=True, tools=True)

    def only_new(self) -> None:
        """The new code runs alone. Raises DevkitError as above."""
        self._lead([self.new], tools=self.new)
        self._run(self.old, services=False, tools=False)
        self._run(self.new, services=True, tools=True)

    def only_old(self) -> None:
        """The old code runs again, alone but for what the new one has for development. Raises DevkitError as above."""
        self._lead([self.old], tools=self.new)
        self._run(self.new, services=False, tools=True)
        self._run(self.old, services=True, tools=False)

    def cut(self) -> None:
        """Every connection to a service is closed and none is taken, until `resume`; but for what is there for development,
        where a flow puts things back when it ends."""
        for name, balancer in self.balancers.items():
            if not self._is_tool(name):
                balancer.shut = True
                self.old.instance.call(balancer.cut())

    def resume(self) -> None:
        """Connections are taken again, and counted anew."""
        for balancer in self.balancers.values():
            balancer.shut = False
            balancer.served.clear()

    def served(self) -> dict[str, dict[str, int]]:
        """How many requests each service got, by its code's key."""
        return {
            name: {
                side.key: balancer.served[side.ports[name]]
                for side in (self.old, self.new)
                if side.ports.get(name) in balancer.targets
            }
            for name, balancer in self.balancers.items()
        }

    def _is_tool(self, name: str) -> bool:
        return any(side.is_tool(name) for side in (self.old, self.new) if name in side.apps)

    def _lead(self, sides: Sequence[Side], *, tools: Side, instead: Side | None = None) -> None:
        """Requests go to these; to `instead` where a service is in none of them."""
        for name, balancer in self.balancers.items():
            wanted = [tools, self.old, self.new] if self._is_tool(name) else sides
            targets = [side.ports[name] for side in wanted if name in side.ports]
            if self._is_tool(name):
                targets = targets[:1]
            if not targets and instead is not None and name in instead.ports:
                targets = [instead.ports[name]]
            balancer.lead_to(targets)

    def _run(self, side: Side, *, services: bool, tools: bool) -> None:
        """Makes just these processes of a code run. What is there for development and only this code has always runs."""
        other = self.new if side is self.old else self.old

        def adapt(unit: Unit) -> Sequence[Unit]:
            if unit.process is None:
                return [unit]
            if unit.process.store or unit.kind == TASK:
                return [told_who(unit) if unit.name == self.database else unit]
            wanted = tools or unit.name not in other.apps if side.is_tool(unit.name) else services
            if not wanted:
                return []
            return [side.unit(unit, self.url)] if unit.name in side.apps else [unit]

        side.instance.run(adapt)
