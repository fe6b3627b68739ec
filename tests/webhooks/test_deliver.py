"""Deliveries at a pace, within a patience, again after failures; against a real receiver."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest
from devkit.base.errors import DevkitError
from devkit.webhooks.deliver import DeliveryResult, Pace, Summary, deliver, deliver_one, percentile
from devkit.webhooks.delivery import Delivery

from tests.support.polling import PATIENCE
from tests.support.receivers import Call, http_receiver
from tests.support.storage import free_port


def some(url: str, number: int) -> Iterator[Delivery]:
    for index in range(number):
        yield Delivery(f"{url}/hook", {"X-Number": str(index)}, {}, b"{}")


def test_all_are_sent_in_order() -> None:
    with http_receiver() as receiver:
        heard: list[str] = []
        summary = deliver(
            some(receiver.url, 20), Pace(PATIENCE), lambda delivery, answer: heard.append(f"{delivery.headers['X-Number']}:{answer.status}")
        )  # fmt: skip
        assert [call.headers["x-number"] for call in receiver.calls] == [str(n) for n in range(20)]
    assert heard == [f"{n}:200" for n in range(20)]
    assert (summary.total, summary.accepted, summary.retried, dict(summary.results)) == (
        20,
        20,
        0,
        {"200": 20},
    )
    assert len(summary.latencies) == 20


@pytest.mark.parametrize(
    ("status", "accepted"),
    [
        (199, False),
        (200, True),
        (204, True),
        (299, True),
        (300, False),
        (302, False),
        (399, False),
        (400, False),
        (500, False),
        (None, False),
    ],
)
def test_what_counts_as_delivered(status: int | None, accepted: bool) -> None:
    assert DeliveryResult(status, "", 0.1).accepted is accepted


def test_a_redirect_is_not_followed_and_not_a_success() -> None:
    with http_receiver(lambda _: (302, "{}")) as receiver:
        summary = deliver(some(receiver.url, 1), Pace(PATIENCE))
        assert (summary.accepted, dict(summary.results), len(receiver.calls)) == (0, {"302": 1}, 1)


def test_several_at_once_and_no_more() -> None:
    now, most, lock = [0], [0], threading.Lock()
    together = threading.Barrier(5, timeout=PATIENCE)

    def answer(_: Call) -> tuple[int, str]:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        together.wait()
        with lock:
            now[0] -= 1
        return 200, "{}"

    with http_receiver(answer) as receiver:
        assert deliver(some(receiver.url, 20), Pace(PATIENCE, concurrency=5)).accepted == 20
    assert most[0] == 5


def test_a_rate_is_not_exceeded() -> None:
    times: list[float] = []

    def answer(_: Call) -> tuple[int, str]:
        times.append(time.monotonic())
        return 200, "{}"

    with http_receiver(answer) as receiver:
        began = time.monotonic()
        summary = deliver(some(receiver.url, 11), Pace(PATIENCE, concurrency=4, rate=5))
    assert summary.seconds >= 10 / 5
    for number, came in enumerate(sorted(times)):  # late is fine, early is not
        assert came >= began + number / 5


def test_again_after_failures_as_often_as_the_provider_does() -> None:
    def answer(call: Call) -> tuple[int, str]:
        seen[call.headers["x-number"]] = seen.get(call.headers["x-number"], 0) + 1
        return (200 if seen[call.headers["x-number"]] > int(call.headers["x-number"]) else 503), "{}"

    seen: dict[str, int] = {}
    with http_receiver(answer) as receiver:
        answers: list[DeliveryResult] = []
        pace = Pace(PATIENCE, retries=(0.01, 0.02))
        summary = deliver(some(receiver.url, 5), pace, lambda _, each: answers.append(each))
    assert [(each.status, each.tries) for each in answers] == [
        (200, 1),
        (200, 2),
        (200, 3),
        (503, 3),
        (503, 3),
    ]
    assert (summary.accepted, summary.retried) == (3, 4)
    assert seen == {"0": 1, "1": 2, "2": 3, "3": 3, "4": 3}


Sleep = Callable[[float], Awaitable[None]]


@pytest.fixture
def pauses_until(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], bool]], None]:
    """Makes every pause last until something is true, instead of so many seconds."""
    really: Sleep = asyncio.sleep

    def prepare(true: Callable[[], bool]) -> None:
        async def pause(_: float) -> None:
            async with asyncio.timeout(PATIENCE):
                while not true():
                    await really(0.01)

        monkeypatch.setattr(asyncio, "sleep", pause)

    return prepare


def test_one_that_is_refused_does_not_hold_up_the_others(
    pauses_until: Callable[[Callable[[], bool]], None],
) -> None:
    def answer(call: Call) -> tuple[int, str]:
        order.append(int(call.headers["x-number"]))
        return (503 if order.count(0) == 1 and order[-1] == 0 else 200), "{}"

    order: list[int] = []
    pauses_until(lambda: len(order) >= 10)
    with http_receiver(answer) as receiver:
        summary = deliver(some(receiver.url, 10), Pace(PATIENCE, retries=(1.5,)))
    assert order == [*range(10), 0], "the first tries in order, and the second one behind them"
    assert (summary.accepted, summary.retried, summary.total) == (10, 1, 10)


def test_waits_run_beside_each_other_and_are_told(
    pauses_until: Callable[[Callable[[], bool]], None],
) -> None:
    told: list[tuple[str, str, int, float]] = []

    def refused(delivery: Delivery, answer: DeliveryResult, pause: float) -> None:
        told.append((delivery.headers["X-Number"], answer.result, answer.tries, pause))

    with http_receiver(lambda _: (503, "{}")) as receiver:
        # None of the first pauses is over before all have begun.
        pauses_until(lambda: len(told) >= 12)
        pace = Pace(PATIENCE, concurrency=2, retries=(2.0, 0.01))
        deliver(some(receiver.url, 12), pace, on_retry=refused)
        assert len(receiver.calls) == 36
    assert sorted(told) == sorted((str(n), "503", t, p) for n in range(12) for t, p in ((1, 2.0), (2, 0.01)))


def test_tries_again_are_among_those_at_once() -> None:
    now, most, lock = [0], [0], threading.Lock()

    def answer(call: Call) -> tuple[int, str]:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.02)
        with lock:
            now[0] -= 1
        return 503, "{}"

    with http_receiver(answer) as receiver:
        assert (
            deliver(some(receiver.url, 12), Pace(PATIENCE, concurrency=3, retries=(0.001, 0.001))).total == 12
        )
    assert most[0] <= 3


def test_a_try_again_is_the_same_request() -> None:
    bodies: list[tuple[dict[str, str], bytes]] = []

    def answer(call: Call) -> tuple[int, str]:
        bodies.append((call.headers, call.body))
        return (503 if len(bodies) == 1 else 204), ""

    with http_receiver(answer) as receiver:
        assert deliver_one(next(some(receiver.url, 1)), Pace(PATIENCE, retries=(0.01,))).status == 204
    assert bodies[0] == bodies[1]


def test_patience_is_for_the_whole_answer() -> None:
    """A receiver that sends a byte now and then is as late as one that sends nothing."""
    stop = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = server.accept()
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not stop.wait(0.1):
            connection.sendall(b"x")
        connection.close()

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    try:
        answer = deliver_one(next(some(f"http://127.0.0.1:{server.getsockname()[1]}", 1)), Pace(0.5))
        assert (answer.status, answer.accepted, answer.problem) == (None, False, "no answer within 0.5 s")
    finally:
        stop.set()
        thread.join(PATIENCE)
        server.close()


def test_nobody_listens_and_a_connection_that_breaks() -> None:
    nobody = deliver_one(next(some(f"http://127.0.0.1:{free_port()}", 1)), Pace(PATIENCE))
    assert nobody.problem == "nothing listens there"
    server = socket.create_server(("127.0.0.1", 0))

    def hang_up() -> None:
        connection, _ = server.accept()
        connection.recv(65536)
        connection.close()

    thread = threading.Thread(target=hang_up, daemon=True)
    thread.start()
    broken = deliver_one(next(some(f"http://127.0.0.1:{server.getsockname()[1]}", 1)), Pace(PATIENCE))
    thread.join(PATIENCE)
    server.close()
    assert broken.problem.startswith("the connection broke: ")


def test_a_delivery_that_cannot_be_built_is_its_own_error() -> None:
    def broken() -> Iterator[Delivery]:
        raise DevkitError("does not fit")
        yield

    with pytest.raises(DevkitError, match="does not fit"):
        deliver(broken(), Pace(PATIENCE, concurrency=3))


def test_the_proxy_of_the_shell_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    with http_receiver() as receiver:
        assert deliver_one(next(some(receiver.url, 1)), Pace(PATIENCE)).accepted


def test_percentiles_are_of_the_values_themselves() -> None:
    values = [float(n) for n in range(1, 101)]
    assert [percentile(values, p) for p in (50, 90, 99, 100)] == [50, 90, 99, 100]
    assert percentile([3.0], 50) == 3.0
    assert percentile([], 99) == 0.0
    assert Summary().total == 0
