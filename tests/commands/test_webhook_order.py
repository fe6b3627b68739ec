"""`webhook --order`: a webhook about an order that the platform has, found in its database by the table's query."""

from __future__ import annotations

import json
import signal
import subprocess
from urllib.parse import urlsplit

import psycopg
import pytest
import yaml

from tests.commands.test_webhook import Receiver
from tests.commands.test_webhook import clone as clone
from tests.commands.test_webhook import receiver as receiver
from tests.support.demo import Demo, until
from tests.support.storage import Postgres

_ORDER = """
    insert into orders (id, shopify_order_id, number, customer, email, currency, total, shipping_address, status)
    values (gen_random_uuid(), '9007199254740993', '#90744', 'x', 'x', 'EUR', 1, '{}', 'paid') returning id
"""
_PRINT = """
    insert into print_jobs (id, order_id, title, sku, quantity, status, attempt, version, simplyprint_id)
    values (gen_random_uuid(), %s, 'x', 'x', 1, %s, 1, 1, %s)
"""
_PARCEL = """
    insert into parcels (id, order_id, sendcloud_id, status, status_at, version, tracking_number, tracking_url, carrier)
    values (gen_random_uuid(), %s, '4711', 'announced', 0, 1, '', '', '')
"""


@pytest.fixture(scope="module", autouse=True)
def database(clone: Demo, database_url: str, postgres_server: Postgres) -> str:
    """The clone's own database, with an order, its print jobs and its parcel."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        row = connection.execute(_ORDER).fetchone()
        assert row is not None
        for status, number in (("done", "81"), ("printing", "82"), ("queued", None)):
            connection.execute(_PRINT, (row[0], status, number))
        connection.execute(_PARCEL, (row[0],))
    clone.devkit("secrets", "set", "DATABASE_URL", stdin=database_url)
    return database_url


def sent(clone: Demo, receiver: Receiver, *words: str) -> dict[str, object]:
    done = clone.devkit("webhook", *words)
    found: dict[str, object] = json.loads(receiver.got[-1][2])
    assert " in " in done.stderr
    return found


def test_a_print_job_of_the_order_that_is_not_done(clone: Demo, receiver: Receiver) -> None:
    job = sent(clone, receiver, "simplyprint", "job.failed", "--order", "#90744")["data"]["job"]  # type: ignore[index]
    assert job["id"] == 82


def test_the_order_itself_with_its_number(clone: Demo, receiver: Receiver) -> None:
    order = sent(clone, receiver, "shopify", "orders/cancelled", "--order", "#90744")
    assert (order["id"], order["name"]) == (9007199254740993, "#90744")
    said = clone.devkit("webhook", "shopify", "orders/cancelled", "--order", "#90744").stderr
    assert said.rstrip().endswith(", order #90744")


def test_its_parcel_and_a_change_on_top(clone: Demo, receiver: Receiver) -> None:
    words = ("sendcloud", "parcel_status_changed", "--order", "#90744", "--set", "parcel.carrier.code=x")
    parcel = sent(clone, receiver, *words)["parcel"]
    assert (parcel["id"], parcel["carrier"]["code"]) == (4711, "x")  # type: ignore[index]


def test_a_new_orders_number_is_told(clone: Demo, receiver: Receiver) -> None:
    done = clone.devkit("webhook", "shopify", "orders/create")
    number = json.loads(receiver.got[-1][2])["name"]
    assert done.stderr.rstrip().endswith(f", order {number}")


@pytest.mark.parametrize("number", ["#1", "", "'; drop table orders; --"])
def test_an_order_that_there_is_not(clone: Demo, receiver: Receiver, number: str) -> None:
    before = len(receiver.got)
    done = clone.devkit("webhook", "simplyprint", "job.failed", "--order", number, check=False)
    assert (done.returncode, len(receiver.got)) == (5, before)
    assert f"there is nothing of simplyprint for the order {number} (yet)" in done.stderr


def test_a_table_without_the_query_and_one_with_a_wrong_one(clone: Demo, database: str) -> None:
    file = clone.root / "dev" / "services.yaml"
    before = file.read_text()
    table = yaml.safe_load(before)
    hooks = table["services"]["gateway"]["webhooks"]
    try:
        hooks["simplyprint"]["order"]["query"] = "update orders set number = %(order)s returning 1"
        file.write_text(yaml.safe_dump(table))
        wrong = clone.devkit("webhook", "simplyprint", "job.failed", "--order", "1", check=False)
        del hooks["simplyprint"]["order"]
        file.write_text(yaml.safe_dump(table))
        none = clone.devkit("webhook", "simplyprint", "job.failed", "--order", "1", check=False)
    finally:
        file.write_text(before)
    assert (wrong.returncode, none.returncode) == (5, 2)
    assert "services.gateway.webhooks.simplyprint.order.query: cannot execute UPDATE" in wrong.stderr
    assert str(urlsplit(database).password) not in wrong.stderr or not urlsplit(database).password
    assert "webhooks: {simplyprint: {order: {set: PATH, query: SQL}}}" in none.stderr


def test_a_refusal_names_what_tells_why(clone: Demo, receiver: Receiver) -> None:
    receiver.status = 401
    try:
        refused = clone.devkit("webhook", "shopify", "orders/create", check=False).stderr
        wanted = clone.devkit("webhook", "shopify", "orders/create", "--tamper", "body", check=False).stderr
    finally:
        receiver.status = 200
    assert "./devkit webhook verify last tells why" in refused
    assert ", order" not in refused
    assert "webhook verify" not in wanted


def test_interrupted_it_tells_what_was_sent(clone: Demo, receiver: Receiver) -> None:
    words = ("webhook", "shopify", "orders/create", "--times", "1000000")
    before = len(receiver.got)
    running = subprocess.Popen(
        clone.command(*words),
        env=clone.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with running:
        until(lambda: len(receiver.got) > before + 3, what="some deliveries")
        running.send_signal(signal.SIGINT)
        out, said = running.communicate()
    assert running.returncode == 130
    assert " of 1000000\n" in said
    assert " accepted in " in said
    assert "200 " in out
    assert "Traceback" not in said
