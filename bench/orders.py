"""What an order costs from webhook to parcel: processor time by service and kind, statements, and the time until it is taken.

Processor time is what processes have used more than they use idle. Beside it a bare service that does one order's inserts.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg
from devkit.instance import private_instance
from devkit.instance.places import free_ports
from devkit.webhooks.batch import deliveries
from devkit.webhooks.deliver import Pace, Summary, deliver, percentile

from bench import bare
from bench.clone import ROOT
from bench.kinds import KINDS
from bench.platform import AT_ONCE, POSTGRES, SIMULATOR, Platform, Run, used
from bench.report import Section, spread

__all__ = ["measure"]

ORDERS, ROUNDS, ROUND, TRACED, BARE, WARM = 150, 3, 50, 20, 1000, 40


@dataclass(frozen=True)
class _Floor:
    """A bare service: processor milliseconds an order of itself and of Postgres, and what was sent."""

    service: float
    postgres: float
    sent: Summary

    @property
    def whole(self) -> float:
        return self.service + self.postgres


def _bare(platform: Platform) -> _Floor:
    with psycopg.connect(platform.url, autocommit=True) as connection:
        connection.execute(bare.TABLES)
    (port,) = free_ports(1)
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "bench.bare:app",
        "--port",
        str(port),
        "--log-level",
        "warning",
    ]
    environment = {**os.environ, "DATABASE_URL": platform.url}
    with subprocess.Popen(command, cwd=ROOT, env=environment) as service:
        try:
            url = f"http://127.0.0.1:{port}/orders"
            pace = Pace(30, concurrency=AT_ONCE, retries=(1, 1, 2, 4))
            deliver(deliveries(platform.batch(WARM, url)), pace)
            mine, theirs, began = used(service.pid), platform.cpu()[POSTGRES], time.monotonic()
            sent = deliver(deliveries(platform.batch(BARE, url)), pace)
            assert sent.accepted == BARE, dict(sent.results)
            idle = platform.idle[POSTGRES] * (time.monotonic() - began)
            theirs = platform.cpu()[POSTGRES] - theirs - idle
            return _Floor((used(service.pid) - mine) * 1000 / BARE, theirs * 1000 / BARE, sent)
        finally:
            service.terminate()


def measure() -> list[Section]:
    """Two sections: where the milliseconds go, and how fast orders come in."""
    with private_instance(ROOT) as instance:
        platform = Platform(instance)
        instance.run(platform.unit)
        platform.orders(WARM)
        platform.rest()
        burst = platform.orders(ORDERS)
        kinds = {name: platform.kinds(name) for name in platform.names}
        steady = [platform.orders(ROUND, rate=burst.rate / 2) for _ in range(ROUNDS)]
        floor = _bare(platform)
        statements = platform.statements(TRACED)
    return [_costs(burst, floor, kinds, statements), _speed(burst, steady, floor)]


def _costs(burst: Run, floor: _Floor, kinds: Mapping[str, Counter[str]], statements: float) -> Section:
    rows = []
    for name in burst.cpu:
        each, seen = burst.each(name), kinds[name].total()
        parts = [f"{each * kinds[name][kind] / seen:.1f}" if seen else "" for kind in KINDS]
        rows.append((name if name != SIMULATOR else f"({name})", f"{each:.1f}", *parts))
    empty = [""] * len(KINDS)
    rows.append(("**all, without the simulator**", f"**{burst.whole:.0f}**", *empty))
    rows.append(("a bare service: one order's inserts", f"{floor.service:.1f}", *empty))
    rows.append(("Postgres under it", f"{floor.postgres:.1f}", *empty))
    rows.append(("**ratio to both**", f"**{burst.whole / floor.whole:.0f}**", *empty))
    return Section(
        "What an order costs",
        ("milliseconds of processor", "all", *KINDS),
        rows,
        (
            f"From the webhook until it is delivered. {ORDERS} orders of two lines, one of them a baseplate: 8 webhooks, 15 jobs, {statements:.0f} statements each, BEGIN, "
            "COMMIT and the simulator's included. As in staging: no debugger, no reload, log level info, no spans sent. What the "
            "processes use while nobody asks is subtracted. The kinds are samples of the stack every 4 ms of processor time.",
            "The bare service (bench/bare.py) stores the webhook, the order, its lines, two messages and the journal in one "
            "transaction, with psycopg alone, on the same Postgres in the same run.",
        ),
    )


def _speed(burst: Run, steady: Sequence[Run], floor: _Floor) -> Section:
    latencies = [[seconds * 1000 for seconds in run.sent.latencies] for run in steady]
    bare_ms = [seconds * 1000 for seconds in floor.sent.latencies]
    thirds = [
        (run.waiting[: len(run.waiting) // 3], run.waiting[-(len(run.waiting) // 3) :]) for run in steady
    ]
    first, last = ([sum(part) / max(1, len(part)) for part in parts] for parts in zip(*thirds, strict=True))
    return Section(
        "How fast orders come in and go through",
        ("measure", "result"),
        (
            (f"taken a second, {AT_ONCE} at once", f"{ORDERS / burst.sent.seconds:.1f}"),
            ("delivered a second (the highest rate that goes through)", f"{burst.rate:.1f}"),
            (f"intake at half of that, {ROUNDS} rounds of {ROUND}: p50", spread([percentile(each, 50) for each in latencies], "ms", 0)),
            ("p99 (goal: under 50 ms)", spread([percentile(each, 99) for each in latencies], "ms", 0)),
            ("jobs that wait meanwhile, first third of a round", spread(first, "", 1)),
            ("last third (goal: no more than in the first)", spread(last, "", 1)),
            (f"the bare service, {AT_ONCE} at once: p50 and p99", f"{percentile(bare_ms, 50):.0f} and {percentile(bare_ms, 99):.0f} ms"),
        ),
        ("The load generator, the simulator and all services share the machine's cores.",),
    )  # fmt: skip
