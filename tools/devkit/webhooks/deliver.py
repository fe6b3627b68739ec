"""Delivers as providers do: at a pace, several at once, within their patience, again after a failure."""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import httpx

from devkit.base.loopback import no_authorities
from devkit.webhooks.delivery import Delivery

__all__ = ["NOBODY", "DeliveryResult", "Pace", "Summary", "deliver", "deliver_one", "percentile"]

NOBODY = "nothing listens there"


@dataclass(frozen=True)
class Pace:
    """`rate` deliveries a second (None: as fast as they are answered), `concurrency` at once, `timeout` seconds for an answer;
    after a failure again after each of `retries` seconds."""

    timeout: float
    concurrency: int = 1
    rate: float | None = None
    retries: tuple[float, ...] = ()


@dataclass(frozen=True)
class DeliveryResult:
    """What came of a delivery: the receiver's `status` and `body`, or the `problem` why there is none. `seconds` are those of
    the last of its `tries`."""

    status: int | None
    body: str
    seconds: float
    tries: int = 1
    problem: str = ""

    @property
    def result(self) -> str:
        """The status, or the problem."""
        return str(self.status) if self.status is not None else self.problem

    @property
    def accepted(self) -> bool:
        """Providers count any 2xx as delivered."""
        return self.status is not None and 200 <= self.status < 300


OnResult = Callable[[Delivery, DeliveryResult], None]
OnRetry = Callable[[Delivery, DeliveryResult, float], None]


@dataclass
class Summary:
    """What came of many. `results` counts statuses and problems; `latencies` are seconds, of answers alone."""

    seconds: float = 0.0
    accepted: int = 0
    retried: int = 0
    results: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many deliveries there were, duplicates counted."""
        return sum(self.results.values())

    def add(self, answer: DeliveryResult) -> None:
        """Counts one."""
        self.accepted += answer.accepted
        self.retried += answer.tries > 1
        self.results[answer.result] += 1
        if answer.status:
            self.latencies.append(answer.seconds)


def percentile(values: list[float], percent: float) -> float:
    """The value that `percent` of the values do not exceed (nearest rank); 0 for none."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(percent / 100 * len(ranked)) - 1)] if ranked else 0.0


def deliver(
    deliveries: Iterable[Delivery],
    pace: Pace,
    on_result: OnResult = lambda *_: None,
    on_retry: OnRetry = lambda *_: None,
) -> Summary:
    """Posts them all, in order as far as several at once allow; one that fails is tried again beside them. `on_result` hears of
    each that is done with, `on_retry` of each try that failed and the seconds until the next."""
    return asyncio.run(_deliver(iter(deliveries), pace, on_result, on_retry))


def deliver_one(delivery: Delivery, pace: Pace, on_retry: OnRetry = lambda *_: None) -> DeliveryResult:
    """Posts one, and says what came of it."""
    answers: list[DeliveryResult] = []
    deliver([delivery], pace, lambda _, answer: answers.append(answer), on_retry)
    return answers[0]


async def _deliver(
    deliveries: Iterable[Delivery], pace: Pace, on_result: OnResult, on_retry: OnRetry
) -> Summary:
    summary = Summary()
    began = time.monotonic()
    clock = _Clock(pace.rate)
    at_once = asyncio.Semaphore(pace.concurrency)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=pace.concurrency)
    waiting = iter(deliveries)
    first = next(waiting, None)
    if first is None:
        return summary
    waiting = itertools.chain([first], waiting)
    # All go to the same place. Loading the authorities takes longer than a local service needs to answer.
    verify = no_authorities() if first.url.startswith("http:") else True
    async with httpx.AsyncClient(
        timeout=pace.timeout, limits=limits, trust_env=False, verify=verify
    ) as client:

        async def attempt(delivery: Delivery, number: int) -> None:
            async with at_once:
                answer = await _post(client, delivery, pace.timeout, number)
            if answer.accepted or number > len(pace.retries):
                summary.add(answer)
                on_result(delivery, answer)
                return
            pause = pace.retries[number - 1]
            on_retry(delivery, answer, pause)
            # Beside the queue: those behind it are not to wait for it.
            group.create_task(again(delivery, number + 1, pause))

        async def again(delivery: Delivery, number: int, pause: float) -> None:
            """The same once more. Nothing that it says is new."""
            await asyncio.sleep(pause)
            await attempt(delivery, number)

        async def work() -> None:
            for delivery in waiting:
                await clock.next()
                await attempt(delivery, 1)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(pace.concurrency):
                    group.create_task(work())
        except ExceptionGroup as problems:  # a delivery that could not be built
            raise problems.exceptions[0] from None
    summary.seconds = time.monotonic() - began
    return summary


class _Clock:
    """Lets one through every 1/rate seconds, from now on."""

    def __init__(self, rate: float | None) -> None:
        self._step = 1 / rate if rate else 0.0
        self._next = time.monotonic()

    async def next(self) -> None:
        """Waits for the next one's time."""
        if self._step:
            mine, self._next = self._next, self._next + self._step
            await asyncio.sleep(max(0.0, mine - time.monotonic()))


async def _post(client: httpx.AsyncClient, delivery: Delivery, timeout: float, number: int) -> DeliveryResult:
    started = time.monotonic()
    try:
        # The client's own timeout is for each read; a provider's patience is for the whole.
        async with asyncio.timeout(timeout):
            reply = await client.post(delivery.url, content=delivery.body, headers=_wire(delivery))
    except (httpx.TimeoutException, TimeoutError):
        return DeliveryResult(None, "", time.monotonic() - started, number, f"no answer within {timeout:g} s")
    except httpx.ConnectError:
        return DeliveryResult(None, "", time.monotonic() - started, number, NOBODY)
    except httpx.HTTPError as problem:
        reason = str(problem).strip() or type(problem).__name__
        return DeliveryResult(None, "", time.monotonic() - started, number, f"the connection broke: {reason}")
    return DeliveryResult(reply.status_code, reply.text, time.monotonic() - started, number)


def _wire(delivery: Delivery) -> list[tuple[bytes, bytes]]:
    """Headers are bytes; those who read them as text mostly read Latin-1."""
    return [(name.encode(), _bytes(value)) for name, value in delivery.all_headers.items()]


def _bytes(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()
