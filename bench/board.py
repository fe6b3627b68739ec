"""The page with ten orders and with ten thousand: until the first card is there, and until a new order is."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psycopg
from playwright.sync_api import Page, sync_playwright
from signatures import scheme

from bench.clone import Clone, clone
from bench.report import Section, median, spread

__all__ = ["measure"]

FEW, MANY, ROUNDS = 10, 10_000, 15
_GATEWAY, _PAGE, _POSTGRES = 3000, 4200, 5432
_ORDERS = """
INSERT INTO orders (id, shopify_order_id, number, customer, email, currency, total, shipping_address, status, lane, payment,
                    created_at, updated_at)
SELECT gen_random_uuid(), 'bench-' || n, '#N' || n, 'Customer ' || n, '', 'EUR', n, '{}',
       (array['received', 'printing', 'shipping', 'delivered'])[1 + n %% 4],
       (array['received', 'printing', 'shipping', 'delivered'])[1 + n %% 4],
       'paid', now() - make_interval(mins => n), now() - make_interval(mins => n)
FROM generate_series(%s::int, %s::int) AS n
"""


def measure() -> list[Section]:
    """One section."""
    with clone() as copy:
        copy.up()
        try:
            with _page(copy) as (page, secrets):
                _fill(copy, secrets, 1, FEW)
                few = [_round(copy, page, secrets, number) for number in range(ROUNDS)]
                _fill(copy, secrets, FEW + 1, MANY)
                many = [_round(copy, page, secrets, ROUNDS + number) for number in range(ROUNDS)]
        finally:
            copy.devkit("down")
    rows = []
    for index, name in enumerate(("until the first card is there", "until a new order's card is there")):
        ten, thousands = [each[index] for each in few], [each[index] for each in many]
        ratio = median(thousands) / median(ten)
        rows.append((name, spread(ten), spread(thousands), f"**{ratio:.2f}**"))
    return [
        Section(
            "The board",
            ("measure", f"{FEW} orders", f"{MANY:,} orders", "ratio"),
            rows,
            ("In Chromium, from Vite's development server. The first is from opening the page, signed in; the second from posting"
             " the webhook. The goal is a ratio of 1.5 at most.",),
        )
    ]  # fmt: skip


@contextmanager
def _page(copy: Clone) -> Iterator[tuple[Page, str]]:
    """A browser's page that is signed in, and the platform's secrets as they are written."""
    secrets = (copy.root / "k8s/dev/secret.yaml").read_text("utf-8")
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"http://localhost:{_PAGE + copy.offset}")
        page.get_by_role("button", name="Sign in as dev").click()
        page.get_by_text("Live", exact=True).wait_for()
        yield page, secrets
        browser.close()


def _fill(copy: Clone, secrets: str, first: int, last: int) -> None:
    url = re.sub(r"@[^/]+/", f"@127.0.0.1:{_POSTGRES + copy.offset}/", _secret(secrets, "DATABASE_URL"))
    with psycopg.connect(url) as connection:
        connection.execute(_ORDERS, (first, last))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE orders")


def _round(copy: Clone, page: Page, secrets: str, number: int) -> tuple[float, float]:
    """Seconds until the first card, and until that of an order that comes in."""
    began = time.perf_counter()
    page.goto(f"http://localhost:{_PAGE + copy.offset}", wait_until="commit")
    page.locator(".lanes article").first.wait_for()
    first = time.perf_counter() - began
    page.get_by_text("Live", exact=True).wait_for()
    time.sleep(0.5)  # nothing of the start is left to do
    name = f"#BENCH-{number}"
    body = json.dumps(
        {"id": 10**15 + number, "name": name, "financial_status": "pending", "line_items": []}
    ).encode()
    signature = scheme("shopify").sign(_secret(secrets, "SHOPIFY_CLIENT_SECRET"), body)
    began = time.perf_counter()
    answer = httpx.post(
        f"http://localhost:{_GATEWAY + copy.offset}/api/v1/webhooks/shopify",
        content=body,
        headers={"X-Shopify-Topic": "orders/create", "X-Shopify-Webhook-Id": name, **signature},
    )
    assert answer.json() == {"status": "stored"}, answer.text
    page.get_by_role("article", name=f"Order {name}", exact=True).wait_for()
    return first, time.perf_counter() - began


def _secret(secrets: str, name: str) -> str:
    found = re.search(rf"""^ *{name}: *["']?([^"'\n]+)["']?$""", secrets, re.M)
    assert found, name
    return found[1]
