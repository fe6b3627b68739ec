"""Requests drawn from what each service says of its own API: none is a failure of ours, none hangs, none leaves a traceback."""

from __future__ import annotations

from collections import Counter

import httpx
import pytest
from devkit.base.loopback import loopback
from hypothesis import HealthCheck, given

from tests.support.described import Description, Operation, Sent
from tests.support.drawn import drawn
from tests.support.platform import SECRETS, Platform, python_services
from tests.support.polling import PATIENCE
from tests.support.shop import Shop, rows

SIM_SPEED = "1"  # what is ordered is still printed when requests about it come

EXAMPLES = 10  # an operation

# What lets a request in is not drawn: without it, each would be refused before it is looked at.
WITHHELD = frozenset({"x-internal-api-key", "x-api-key"})
HEADERS = {"X-Internal-Api-Key": SECRETS["INTERNAL_API_KEY"], "X-Api-Key": SECRETS["SIMPLYPRINT_API_KEY"]}
SENDCLOUD = (SECRETS["SENDCLOUD_PUBLIC_KEY"], SECRETS["SENDCLOUD_SECRET_KEY"])


@pytest.fixture(scope="module")
def known(platform: Platform) -> tuple[str, ...]:
    """The UUIDs of an order, its prints and its webhook."""
    shop = Shop(platform["gateway"].url)
    shop.sign_in()
    order = shop.wait_for(shop.buy("BIN-2x1", "GF-2x2"), "printing")
    prints = rows(platform.database_url, "SELECT print_job_id FROM order_items ORDER BY position")
    receipts = rows(platform.database_url, "SELECT id FROM webhook_receipts WHERE provider = 'shopify'")
    return (str(order["id"]), *(str(row[0]) for row in prints + receipts))


@pytest.mark.parametrize("service", python_services())
def test_nothing_that_is_drawn_fails_a_service(
    platform: Platform, known: tuple[str, ...], service: str
) -> None:
    url = platform[service].url
    document = httpx.get(f"{url}/openapi.json", timeout=PATIENCE).raise_for_status().json()
    problems: list[str] = []
    for operation in Description(document, WITHHELD, known).operations():
        with loopback(PATIENCE) as client:
            client.base_url, client.auth = httpx.URL(url), httpx.BasicAuth(*SENDCLOUD)
            client.headers.update(HEADERS)
            if service == "gateway":  # anew, since one of the operations signs out
                client.post("/api/v1/auth/dev-login").raise_for_status()
            answers: Counter[int] = Counter()
            try:
                call(client, operation, answers)
            except Exception as problem:
                notes = getattr(problem, "__notes__", [])
                problems.append("\n".join([f"{operation.method} {operation.path}: {problem!r}", *notes]))
            print(operation.method, operation.path, dict(answers))  # which is shown when it fails
    assert not problems, "\n".join(problems)


def call(client: httpx.Client, operation: Operation, answers: Counter[int]) -> None:
    """Sends what is drawn. All services run, so that not even a 503 is right."""

    @drawn(EXAMPLES, HealthCheck.filter_too_much)
    @given(operation.requests())
    def send(sent: Sent) -> None:
        headers = {b"Content-Type": b"application/json", **sent.headers}
        answer = client.request(
            operation.method, sent.path, params=sent.query, headers=headers, content=sent.body
        )
        answers[answer.status_code] += 1
        assert answer.status_code < 500, (answer.status_code, answer.text)
        if answer.is_success:
            assert operation.mismatch(answer.status_code, answer.content) is None

    send()


def test_no_log_has_a_traceback(platform: Platform) -> None:
    """A failure of a service that the gateway told of as 503 has one too."""
    for name, service in platform.services.items():
        service.wait_until("/health/live")
        log = service.output()
        assert "Traceback" not in log, (name, log[log.index("Traceback") - 500 :][:6000])
        assert '" 500' not in log, name
