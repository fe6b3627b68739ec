"""A private instance of the platform as production runs it, and what orders cost its processes."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import psutil
import psycopg
from devkit.engines.local.units import Unit
from devkit.instance import PrivateInstance
from devkit.secrets import read_secrets
from devkit.webhooks.batch import Batch, deliveries
from devkit.webhooks.deliver import Pace, Summary, deliver
from devkit.webhooks.payload import load_example
from devkit.webhooks.providers import provider

from bench import sampling
from bench.clone import ROOT
from bench.kinds import kinds_of

__all__ = ["AT_ONCE", "POSTGRES", "SIMULATOR", "Platform", "Run", "used"]

AT_ONCE = 4
"""Deliveries under way at the same time, where as many as possible are sent."""
POSTGRES, SIMULATOR = "postgres", "provider-sim"

_GATEWAY = "gateway"
_IDLE_SECONDS, _LONGEST_SECONDS = 8.0, 300.0
# As in staging; the simulator is at full speed, and its webhooks all come from one address.
_PRODUCTION = {
    "NODE_ENV": "staging",
    "LOG_LEVEL": "info",
    "RATE_LIMIT_DEFAULT": "1000000",
    "SIM_SPEED": "1000",
    "DATABASE_CONNECTIONS": "8",
}
_SHIPPED = (
    "SELECT count(*) FROM orders WHERE status = 'delivered' AND NOT EXISTS (SELECT FROM procrastinate_jobs)"
)
_WAITING = "SELECT count(*) FROM procrastinate_jobs"
_STATEMENT = re.compile(r"^(?:.*LOG:  )(?:statement|execute [^:]*): ", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """What some orders took: seconds until all were shipped, processor seconds beyond idle, and the jobs that waited meanwhile,
    looked at twice a second while they were sent."""

    orders: int
    seconds: float
    cpu: Mapping[str, float]
    sent: Summary
    waiting: Sequence[float]

    @property
    def rate(self) -> float:
        """Orders that went through in a second."""
        return self.orders / self.seconds

    def each(self, name: str) -> float:
        """Milliseconds of processor an order."""
        return self.cpu[name] * 1000 / self.orders

    @property
    def whole(self) -> float:
        """The same of all together, without the simulator, which no production has."""
        return sum(self.each(name) for name in self.cpu if name != SIMULATOR)


class Platform:
    """A private instance, and what its processes use."""

    def __init__(self, instance: PrivateInstance) -> None:
        self.instance = instance
        self.names = [unit.name for unit in instance.units if unit.kind != "task" and not unit.off]
        self.samples = instance.folder / "samples"
        self.samples.mkdir()
        self.idle: Mapping[str, float] = {}

    def unit(self, unit: Unit) -> Sequence[Unit]:
        """As in production, and with its processor time sampled."""
        if unit.process is None or "app" not in unit.process.start:
            return [unit]
        start, sampled = unit.process.start, {sampling.APP: str(unit.process.start["app"])}
        start = {**start, "app": "bench.sampling:app", "path": [*start["path"], str(ROOT)]}  # type: ignore[misc]
        sampled[sampling.FILE] = str(self.samples / unit.name)
        environment = {**unit.environment, **_PRODUCTION, **sampled}
        return [replace(unit, process=replace(unit.process, start=start), environment=environment)]

    @property
    def url(self) -> str:
        """The database's."""
        return self.instance.urls["DATABASE_URL"]

    def ask(self, query: str) -> float:
        with psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute(query).fetchone()
        assert row is not None
        return float(row[0])

    def cpu(self) -> dict[str, float]:
        """Seconds that each has used."""
        pids = {name: self.instance.runner(name).life.pid for name in self.names}
        return {name: used(pid) for name, pid in pids.items() if pid is not None}

    def rest(self) -> None:
        """Learns what it costs while nobody asks for anything."""
        cpu = self.cpu()
        time.sleep(_IDLE_SECONDS)
        self.idle = {name: (used - cpu[name]) / _IDLE_SECONDS for name, used in self.cpu().items()}

    def orders(self, number: int, rate: float | None = None) -> Run:
        """Sends so many, and waits until all are shipped."""
        wanted = self.ask(_SHIPPED) + number
        cpu, began = self.cpu(), time.monotonic()
        pace = Pace(30, concurrency=AT_ONCE if rate is None else 50, rate=rate)
        with self._watched() as waiting:
            sent = deliver(deliveries(self.batch(number, self.intake)), pace)
        assert sent.accepted == number, dict(sent.results)
        self._until_shipped(wanted)
        seconds = time.monotonic() - began
        beyond = {
            name: now - cpu[name] - self.idle.get(name, 0) * seconds for name, now in self.cpu().items()
        }
        return Run(number, seconds, beyond, sent, waiting)

    @contextmanager
    def _watched(self) -> Iterator[list[float]]:
        """How many jobs there are, again and again while the block runs."""
        waiting: list[float] = []
        over = threading.Event()

        def watch() -> None:
            while not over.wait(0.5):
                waiting.append(self.ask(_WAITING))

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            yield waiting
        finally:
            over.set()
            watching.join()

    def _until_shipped(self, wanted: float) -> None:
        ends = time.monotonic() + _LONGEST_SECONDS
        while self.ask(_SHIPPED) != wanted:
            assert time.monotonic() < ends, "orders stay unshipped"
            time.sleep(0.25)

    @property
    def intake(self) -> str:
        return f"{self.instance.site().url(_GATEWAY)}/api/v1/webhooks/shopify"

    def batch(self, number: int, url: str) -> Batch:
        """So many different orders."""
        example = load_example(ROOT / "dev" / "webhooks" / "shopify", "orders/create", ())
        secret = read_secrets(self.instance.root, self.instance.table)["SHOPIFY_CLIENT_SECRET"]
        return Batch(provider("shopify"), "orders/create", example, url, secret, times=number)

    def statements(self, number: int) -> float:
        """Statements an order, of so many, BEGIN and COMMIT included, from the server's own log."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            for setting in ("log_parameter_max_length = 0", "log_statement = 'all'"):
                connection.execute(f"ALTER SYSTEM SET {setting}")
            connection.execute("SELECT pg_reload_conf()")
            time.sleep(2)
            before, began = self._logged(), time.monotonic()
            time.sleep(_IDLE_SECONDS)
            idle = (self._logged() - before) / (time.monotonic() - began)
            before, began = self._logged(), time.monotonic()
            self.orders(number)
            logged = self._logged() - before - idle * (time.monotonic() - began)
            connection.execute("ALTER SYSTEM RESET log_statement")
            connection.execute("SELECT pg_reload_conf()")
        return logged / number

    def _logged(self) -> int:
        return len(_STATEMENT.findall(self.instance.log(POSTGRES)))

    def kinds(self, name: str) -> Counter[str]:
        """How often a sample of a service's processor time was of each kind."""
        return kinds_of(sampling.stacks_in(self.samples / name))


def used(pid: int) -> float:
    """Processor seconds of a process and those that it started, ended ones included."""
    seconds = 0.0
    family = [psutil.Process(pid)]
    for process in [*family, *family[0].children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        seconds += times.user + times.system + times.children_user + times.children_system
    return seconds
