"""The board with many orders, an order's page, and what a person does there: with a mouse, by keyboard, and looked at by axe."""

from __future__ import annotations

import json
import re
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.clone import Clone, running_clone
from tests.browser.visitor import CHROMIUM, Visitor, visiting
from tests.support.demo import until
from tests.support.platform import ROOT

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"),
    pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node.js 20 or newer, with npm"),
]

MANY = 230
_MANY = """
INSERT INTO orders (id, shopify_order_id, number, customer, email, currency, total, shipping_address, status, lane, payment,
                    parcel_requested_at, created_at, updated_at)
SELECT gen_random_uuid(), 'many-' || n, '#M' || n, 'Customer ' || n, '', 'EUR', n, '{}', 'delivered', 'delivered', 'paid',
       now(), now() - make_interval(mins => n), now() - make_interval(mins => n)
FROM generate_series(1, %s) AS n
"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    with running_clone(tmp_path_factory.mktemp("board") / "clone") as made:
        made.steer("clock", paused=True)
        made.execute(_MANY, MANY)
        yield made


def held(clone: Clone, number: str) -> str:
    """An order without an address; returns its id."""
    clone.buy(number, "shipping_address=null")
    return str(clone.order(number)["id"])


def order_page(visitor: Visitor, number: str) -> Locator:
    return visitor.page.get_by_role("region", name=f"Order {number}")


def test_counts_are_the_databases_and_a_lane_loads_as_one_scrolls(watcher: Visitor) -> None:
    lane = watcher.lane("Delivered")
    expect(lane.locator(".lane-count")).to_have_text(str(MANY))
    expect(lane.get_by_role("article")).to_have_count(15)
    height = watcher.page.evaluate("document.documentElement.scrollHeight")
    assert height < 3000, "lanes scroll, not the page"
    lane.get_by_role("button", name="More of Delivered").scroll_into_view_if_needed()
    expect(lane.get_by_role("article")).to_have_count(30)
    expect(lane.get_by_role("article").last).to_have_accessible_name("Order #M30")


def test_orders_are_found_and_filtered(clone: Clone, watcher: Visitor) -> None:
    held(clone, "#B1")
    expect(watcher.lane("Needs a person").filter(has=watcher.card("#B1"))).to_be_visible()
    search = watcher.page.get_by_role("searchbox", name="Search orders")
    search.fill("customer 17")
    expect(watcher.page.get_by_text("11 orders", exact=True)).to_be_visible()
    expect(watcher.page.get_by_role("article")).to_have_count(11)
    search.fill("gf-4x3")
    expect(watcher.card("#B1")).to_be_visible()
    search.fill("nobody at all")
    expect(watcher.page.get_by_role("heading", name="No order is like that")).to_be_visible()
    watcher.page.get_by_role("button", name="Show all orders").click()
    watcher.page.get_by_label("Status").select_option("waiting")
    expect(watcher.card("#B1")).to_be_visible()
    expect(watcher.lane("Delivered").get_by_role("article")).to_have_count(0)


def test_an_order_has_a_page_that_can_be_shared(clone: Clone, browser: Browser, watcher: Visitor) -> None:
    order_id = held(clone, "#B2")
    watcher.card("#B2").get_by_role("link", name="#B2").click()
    page = order_page(watcher, "#B2")
    expect(page).to_contain_text("No address to ship to: there is none.")
    assert f"order={order_id}" in watcher.page.url
    page.get_by_role("button", name="Body of shopify orders/create").click()
    expect(page.locator("pre")).to_contain_text('"shipping_address":null')
    watcher.page.go_back()
    expect(watcher.card("#B2")).to_be_visible()
    watcher.expect_no_reload()
    with visiting(browser, clone.gateway) as other:
        other.open(clone.url("web", f"/?order={order_id}"))
        other.sign_in()
        expect(order_page(other, "#B2")).to_be_visible()
        other.page.get_by_role("button", name="All orders").click()
        expect(other.card("#B2")).to_be_visible()


def test_an_address_is_given_by_keyboard_and_the_order_goes_on(clone: Clone, watcher: Visitor) -> None:
    held(clone, "#B3")
    watcher.card("#B3").get_by_role("link", name="#B3").press("Enter")
    page = order_page(watcher, "#B3")
    expect(page.get_by_role("heading", name="Order #B3")).to_be_focused()
    fields = ("Ada", "Meir", "1", "2000", "Antwerpen", "be")
    page.get_by_label("Name").focus()
    for value in fields:
        watcher.page.keyboard.insert_text(value)
        watcher.page.keyboard.press("Tab")
    watcher.page.keyboard.press("Enter")
    expect(page.get_by_text("Ada, Meir 1, 2000 Antwerpen, BE")).to_be_visible()
    prints = page.get_by_role("region", name="Lines and prints")
    expect(prints.get_by_text("queued")).to_have_count(2)
    expect(page).not_to_contain_text("No address")


def test_a_person_cancels_after_a_second_thought(clone: Clone, watcher: Visitor) -> None:
    held(clone, "#B4")
    watcher.card("#B4").get_by_role("link", name="#B4").click()
    page = order_page(watcher, "#B4")
    page.get_by_role("button", name="Cancel order…").click()
    page.get_by_role("button", name="Keep it").click()
    page.get_by_role("button", name="Cancel order…").click()
    page.get_by_role("button", name="Cancel it").click()
    expect(page.get_by_text("cancelled", exact=True)).to_have_count(3)
    expect(page.get_by_role("button", name="Cancel order…")).to_have_count(0)


def test_the_simulator_is_steered_from_the_page(clone: Clone, watcher: Visitor) -> None:
    bar = watcher.page.get_by_role("region", name="Simulator")
    bar.get_by_label("Seed").fill("7")
    bar.get_by_role("button", name="Send a test order").click()
    said = bar.get_by_role("status")
    expect(said).to_contain_text("was placed (seed 7)")
    number = re.findall(r"#\d+", said.inner_text())[0]
    watcher.card(number).get_by_role("link").click()
    page = order_page(watcher, number)
    page.get_by_role("button", name=re.compile("^Let .* fail$")).first.click()
    expect(page).to_contain_text("The print came off the bed.")
    bar.get_by_label("Speed of simulated time").select_option("100")
    expect(said).to_have_text("Time stands still.")
    bar.get_by_role("button", name="Let time go on").click()
    expect(said).to_have_text("Time runs 100 times as fast.")
    bar.get_by_role("button", name="Stop time").click()
    expect(said).to_have_text("Time stands still.")
    assert clone.http.get(f"{clone.simulator}/sim/clock").json()["paused"] is True


def test_the_strip_says_what_is_down_and_since_when(clone: Clone, watcher: Visitor) -> None:
    strip = watcher.page.get_by_role("region", name="Platform health")
    expect(strip).to_contain_text("All up")
    clone.devkit("stop", "provider-sim")
    try:
        expect(strip).to_contain_text("Degraded")
        row = strip.get_by_role("listitem").filter(has_text="provider-sim")
        expect(row).to_have_text(re.compile(r"^provider-simdowndoes not run, for \d+ (sec|min)"))
    finally:
        clone.devkit("up", "provider-sim")
    expect(strip).to_contain_text("All up")


def test_what_changed_while_redis_was_away_is_shown_when_it_is_back(clone: Clone, watcher: Visitor) -> None:
    """Events go through Redis; those that nobody could send are made up for, without a reload."""
    number = f"#B10-{uuid.uuid4().hex[:4]}"
    with watcher.without_a_part():
        clone.devkit("stop", "redis")
        try:
            clone.buy(number, "shipping_address=null")
            expect(watcher.card(number)).to_have_count(0)
        finally:
            clone.devkit("up", "redis")
        expect(watcher.card(number)).to_be_visible()
    watcher.expect_no_reload()


def test_a_webhook_that_was_not_understood_is_shown(clone: Clone, watcher: Visitor, tmp_path: Path) -> None:
    payload = tmp_path / "odd.json"
    payload.write_text('{"id": "no number"}')
    clone.devkit("webhook", "shopify", "orders/create", "--payload", str(payload))
    watcher.page.reload()
    watcher.page.get_by_text("1 webhook was not understood").click()
    watcher.page.get_by_role("button", name="Show the body of shopify orders/create").click()
    expect(watcher.page.locator(".unread pre")).to_contain_text("no number")
    clone.execute("DELETE FROM webhook_receipts WHERE problem IS NOT NULL")


def test_a_job_that_failed_for_good_is_done_again_from_the_page(clone: Clone, watcher: Visitor) -> None:
    clone.execute("SELECT operations.pause('print-service')")
    clone.buy("#B8", 'line_items=[{"id": 1, "title": "Vase", "sku": "VASE-1", "quantity": 1}]')
    clone.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE queue_name = 'print-service'")
    watcher.page.reload()
    watcher.page.get_by_text("1 job failed for good").click()
    watcher.page.locator(".unread").get_by_role("link", name="#B8").click()
    page = order_page(watcher, "#B8")
    timeline = page.get_by_role("region", name="Timeline")
    expect(timeline.get_by_text("print asked for")).to_be_visible()
    timeline.get_by_role("button", name=re.compile("^Try create print job")).click()
    expect(timeline.get_by_text("job asked for again")).to_be_visible()
    expect(timeline.get_by_text("create print job is paused in print-service")).to_be_visible()
    clone.execute("SELECT operations.resume('print-service')")
    expect(timeline.get_by_text("queued at SimplyPrint")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_a_walk_by_keyboard_in_which_axe_finds_nothing_and_nothing_is_too_wide(
    clone: Clone, browser: Browser, width: int
) -> None:
    until(lambda: clone.unit("provider-sim")["state"] == "ready", what="the simulator")
    if not any(order["number"] == "#B9" for order in clone.orders()):
        held(clone, "#B9")
    with visiting(browser, clone.gateway, width=width) as visitor:
        visitor.open(clone.url("web"))
        sign_in = visitor.page.get_by_role("button", name="Sign in as dev@forma3d.local")
        expect(sign_in).to_be_visible()
        assert violations(visitor) == [], "signing in"
        sign_in.press("Enter")
        visitor.expect_live()
        expect(visitor.card("#B9")).to_be_visible()
        visitor.expect_no_overflow()
        assert violations(visitor) == [], "the board"
        first = visitor.page.locator(".lane").first
        expect(first).to_have_accessible_name(re.compile("^Needs a person"))
        visitor.page.get_by_role("searchbox", name="Search orders").press_sequentially("#B9")
        expect(visitor.page.get_by_role("article")).to_have_count(1)
        visitor.card("#B9").get_by_role("link", name="#B9").press("Enter")
        page = order_page(visitor, "#B9")
        page.get_by_role("button", name="Body of shopify orders/create").press("Enter")
        expect(page.locator("pre")).to_be_visible()
        page.get_by_role("button", name="Cancel order…").press("Enter")
        expect(page.get_by_role("button", name="Cancel it")).to_be_focused()
        visitor.expect_no_overflow()
        assert violations(visitor) == [], "an order"
        visitor.page.keyboard.press("Tab")
        visitor.page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Cancel order…")).to_be_visible()
        visitor.page.get_by_role("button", name="All orders").press("Enter")
        expect(visitor.card("#B9")).to_be_visible()


def violations(visitor: Visitor) -> list[str]:
    """What axe finds in light and in dark: its rule, and the places."""
    visitor.page.evaluate((Path(ROOT) / "apps/web/node_modules/axe-core/axe.min.js").read_text("utf-8"))
    told = []
    for scheme in ("light", "dark"):
        visitor.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = visitor.page.evaluate("axe.run()")["violations"]
        told += [
            f"{scheme}, {one['id']}: {json.dumps([node['target'] for node in one['nodes']])}" for one in found
        ]
    return told
