"""Requests that nobody should send: each is answered or cut off, none is a failure of ours, none leaves a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.bench import Bench
from tests.support.malformed import KNOWN, mutants
from tests.support.platform import ServiceProcess
from tests.support.raw import exchange, exchanges, statuses
from tests.support.storage import RedisServer

SEED, COUNT = 20261127, 1000
# Seconds: after some of them a connection is kept, and what follows on it is not read (an upgrade that nobody offers).
QUIET = 3.0

# Ends whatever the request before it left open, so that nothing waits for a limit of seconds.
LAST = b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def gateway(
    tmp_path_factory: pytest.TempPathFactory, database_url: str, redis: RedisServer
) -> Iterator[ServiceProcess]:
    """Outside development, where nothing is let through; no service is behind it."""
    folder: Path = tmp_path_factory.mktemp("malformed")
    with Bench(folder, database_url, redis.url).run("gateway", NODE_ENV="production") as gateway:
        yield gateway


def healthy(gateway: ServiceProcess) -> None:
    """It still answers, and has not failed meanwhile."""
    assert statuses(exchange(gateway.port, LAST)) == [200]
    log = gateway.output()
    assert "Traceback" not in log, log[log.index("Traceback") - 500 :][:6000]
    assert '" 500' not in log


@pytest.mark.parametrize("kind", KNOWN)
def test_a_malformed_request_is_answered_or_cut_off(gateway: ServiceProcess, kind: str) -> None:
    answers = statuses(exchange(gateway.port, KNOWN[kind] + LAST, QUIET))
    assert not [code for code in answers if code >= 500], (kind, answers)
    healthy(gateway)


@pytest.mark.parametrize("kind", [kind for kind in KNOWN if "WebSocket" in kind])
def test_a_websocket_that_is_none_is_refused(gateway: ServiceProcess, kind: str) -> None:
    """It was never answered, and left a traceback."""
    assert statuses(exchange(gateway.port, KNOWN[kind])) in ([400], [431])


@pytest.mark.faults
def test_a_thousand_changed_requests_fail_nothing(gateway: ServiceProcess) -> None:
    requests = list(mutants(SEED, COUNT))
    answers = exchanges(gateway.port, [request + LAST for request in requests], at_once=50, quiet=QUIET)
    failed = [
        (request, answer[:80])
        for request, answer in zip(requests, answers, strict=True)
        if any(code >= 500 for code in statuses(answer))
    ]
    assert not failed, failed[:3]
    healthy(gateway)
