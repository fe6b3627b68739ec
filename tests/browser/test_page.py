"""The page in a real browser, against the whole platform."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.clone import Clone, running_clone
from tests.browser.inspector import Inspector
from tests.browser.scene import fill_board
from tests.browser.visitor import CHROMIUM, Visitor, visiting
from tests.support.platform import ROOT

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"),
    pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node.js 20 or newer, with npm"),
]

_FAST = 150


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    # A name with what Vite, globs and shells would read otherwise.
    with running_clone(tmp_path_factory.mktemp("clone") / "a #1 50% (ü) & [x] {y}") as made:
        yield made


@pytest.fixture
def standing_clock(clone: Clone) -> Iterator[None]:
    """Prints and parcels move by hand only."""
    clone.steer("clock", paused=True)
    yield
    clone.steer("clock", speed=_FAST, paused=False)


def test_a_wrong_password_is_refused_and_the_right_one_lets_in(clone: Clone, visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_label("E-mail address").fill("dev@forma3d.local")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("E-mail address or password is wrong.")
    page.get_by_label("Password").fill(clone.secret("LOGIN_PASSWORD"))
    page.get_by_role("button", name="Sign in", exact=True).click()
    visitor.expect_live()
    expect(page.get_by_text("dev@forma3d.local")).to_be_visible()


def test_vite_serves_the_configuration_as_the_image_does(clone: Clone) -> None:
    answer = httpx.get(f"{clone.url('web')}/config.json")
    assert answer.json()["VITE_API_URL"] == clone.gateway
    assert "no-store" in answer.headers["cache-control"]


def test_the_empty_board_says_how_to_get_an_order(watcher: Visitor) -> None:
    expect(watcher.page.get_by_text("./devkit webhook shopify orders/create")).to_be_visible()


def test_the_session_survives_a_reload_and_ends_with_the_sign_out(watcher: Visitor) -> None:
    watcher.page.reload()
    watcher.expect_live()
    watcher.page.get_by_role("button", name="Sign out").click()
    expect(watcher.page.get_by_role("heading", name="Sign in")).to_be_visible()
    watcher.page.reload()
    expect(watcher.page.get_by_role("heading", name="Sign in")).to_be_visible()
    # What the page asked for while the session ended is refused.
    watcher.problems[:] = [each for each in watcher.problems if "401" not in each]


def test_the_health_strip_names_every_service(watcher: Visitor) -> None:
    strip = watcher.page.get_by_role("region", name="Platform health")
    expect(strip).to_contain_text("All up")
    for name in (
        "gateway",
        "postgres",
        "redis",
        "order-service",
        "print-service",
        "shipping-service",
        "provider-sim",
        "web",
    ):
        row = strip.get_by_role("listitem").filter(has_text=re.compile(f"^{name}"))
        expect(row).to_have_text(re.compile(rf"^{name}up[\d.]+ ms$"))


def test_an_order_moves_over_the_board_by_itself(clone: Clone, watcher: Visitor) -> None:
    clone.steer("clock", speed=_FAST, paused=True)
    clone.buy("#2001")
    card = watcher.card("#2001")
    expect(watcher.lane("Printing").filter(has=card)).to_be_visible()
    expect(card).to_contain_text("Test Customer€70.75")
    expect(card.get_by_role("listitem").first).to_contain_text("1 × Gridfinity baseplate 4 × 3")
    expect(card.get_by_text("queued")).to_have_count(2)
    clone.steer("clock", paused=False)
    expect(card.get_by_text("printing")).not_to_have_count(0)
    expect(watcher.lane("Shipping").filter(has=card)).to_be_visible()
    expect(watcher.lane("Delivered").filter(has=card)).to_be_visible()
    card.get_by_role("link", name="#2001").click()
    page = watcher.page.get_by_role("region", name="Order #2001")
    expect(page.get_by_text("done", exact=True)).to_have_count(2)
    parcel = clone.order("#2001")["parcel"]
    tracking = page.get_by_role("link", name=parcel["tracking_number"])
    expect(tracking).to_have_attribute("href", parcel["tracking_url"])
    expect(page.get_by_text("delivered", exact=True)).to_have_count(2)
    watcher.expect_no_reload()


@pytest.mark.usefixtures("standing_clock")
def test_a_failed_print_says_why_and_can_be_retried(clone: Clone, watcher: Visitor) -> None:
    clone.buy("#2002", "line_items[0].title=Screwdriver rack", "line_items[0].sku=RACK-S12")
    rack, bin_ = clone.queued("#2002")
    clone.steer(f"jobs/{rack}/start")
    clone.steer(f"jobs/{rack}/fail")
    card = watcher.card("#2002")
    expect(watcher.lane("Needs a person").filter(has=card)).to_be_visible()
    expect(card).to_contain_text("The print came off the bed.")
    card.get_by_role("button", name="Retry Screwdriver rack").click()
    expect(watcher.lane("Printing").filter(has=card)).to_be_visible()
    expect(card).not_to_contain_text("came off the bed")
    again = clone.queued("#2002")[0]
    assert again != rack
    for job in (again, bin_):
        clone.steer(f"jobs/{job}/done")
    expect(watcher.lane("Shipping").filter(has=card)).to_be_visible()
    watcher.expect_no_reload()


@pytest.mark.usefixtures("standing_clock")
def test_a_cancelled_order_says_so(clone: Clone, watcher: Visitor) -> None:
    clone.buy("#2003")
    clone.queued("#2003")
    card = watcher.card("#2003")
    expect(watcher.lane("Printing").filter(has=card)).to_be_visible()
    order_id = clone.order("#2003")["shopify_order_id"]
    clone.devkit("webhook", "shopify", "orders/cancelled", "--no-variety", "--set", f"id={order_id}")
    expect(watcher.lane("Stopped").filter(has=card)).to_be_visible()
    # The order and both of its print jobs.
    expect(card.get_by_text("cancelled", exact=True)).to_have_count(3)
    watcher.expect_no_reload()


@pytest.mark.usefixtures("standing_clock")
def test_the_board_looks_as_it_should(clone: Clone, browser: Browser, tmp_path: Path) -> None:
    fill_board(clone)
    sizes: dict[str, tuple[int, int, bool]] = {
        "board": (1280, 800, False),
        "dark": (1280, 800, True),
        "phone": (360, 780, False),
    }
    for name, (width, height, dark) in sizes.items():
        with visiting(browser, clone.gateway, width=width, height=height, dark=dark) as visitor:
            visitor.open(clone.url("web"))
            visitor.expect_no_overflow()
            visitor.sign_in()
            expect(visitor.card("#2104")).to_be_visible()
            expect(visitor.page.get_by_text("All up")).to_be_visible()
            visitor.expect_no_overflow()
            visitor.page.screenshot(path=tmp_path / f"{name}.png")
    if os.environ.get("DEVKIT_SCREENSHOT"):
        images = Path(ROOT) / "docs" / "images"
        images.mkdir(parents=True, exist_ok=True)
        shutil.copy(tmp_path / "board.png", images / "board.png")


def test_a_baseplate_is_made_to_measure(watcher: Visitor, tmp_path: Path) -> None:
    form = watcher.page.get_by_role("region", name="Make a baseplate")
    form.get_by_label("Columns").fill("2")
    form.get_by_label("Rows").fill("3")
    expect(form).to_contain_text("84 × 126 × 5 mm")
    with watcher.page.expect_download() as coming:
        form.get_by_role("button", name="Download STL").click()
    assert coming.value.suggested_filename == "baseplate-2x3.stl"
    expect(form.get_by_role("status")).to_contain_text(
        re.compile(r"It prints in about \d+ min and takes [\d.]+ g\.")
    )
    stl = tmp_path / "plate.stl"
    coming.value.save_as(stl)
    triangles = int.from_bytes(stl.read_bytes()[80:84], "little")
    assert triangles > 0
    assert stl.stat().st_size == 84 + 50 * triangles


def test_a_baseplate_that_is_too_large_is_explained(watcher: Visitor) -> None:
    form = watcher.page.get_by_role("region", name="Make a baseplate")
    form.get_by_label("Columns").fill("30")
    form.get_by_label("Rows").fill("30")
    form.get_by_role("button", name="Download STL").click()
    expect(form.get_by_role("status")).to_contain_text("400")
    assert len(watcher.problems) == 2, watcher.problems
    assert all("422" in problem for problem in watcher.problems)
    watcher.problems.clear()


def test_an_edit_shows_without_a_reload_and_keeps_what_was_typed(clone: Clone, watcher: Visitor) -> None:
    source = clone.root / "apps/web/src/baseplate/BaseplateForm.tsx"
    before = source.read_text()
    watcher.page.get_by_label("Columns").fill("7")
    # As many editors save: no moment at which the file is empty, which is what the watcher may happen to read.
    saved = source.with_name("BaseplateForm.tsx~")
    try:
        saved.write_text(before.replace("Make a baseplate", "Make it flat and square"))
        saved.replace(source)
        expect(watcher.page.get_by_role("heading", name="Make it flat and square")).to_be_visible()
        expect(watcher.page.get_by_label("Columns")).to_have_value("7")
    finally:
        saved.write_text(before)
        saved.replace(source)
    expect(watcher.page.get_by_role("heading", name="Make a baseplate")).to_be_visible()
    expect(watcher.page.get_by_label("Columns")).to_have_value("7")
    watcher.expect_no_reload()


@pytest.mark.usefixtures("standing_clock")
def test_missed_updates_are_fetched_after_the_gateway_was_away(clone: Clone, browser: Browser) -> None:
    with visiting(browser, clone.gateway) as visitor:
        # The page stays cut off when the gateway is back already, so that the order's events are surely missed.
        cut_off = visitor.prepare_to_cut_off()
        visitor.open(clone.url("web"))
        visitor.sign_in()
        banner = visitor.page.get_by_text("Live updates are off.")
        expect(banner).to_be_hidden()
        cut_off.set()
        clone.devkit("restart", "gateway")
        expect(banner).to_be_visible()
        clone.buy("#2006")
        clone.queued("#2006")
        expect(visitor.card("#2006")).to_have_count(0)
        expect(banner).to_be_visible()
        cut_off.clear()
        visitor.expect_live()
        expect(banner).to_be_hidden()
        expect(visitor.lane("Printing").filter(has=visitor.card("#2006"))).to_be_visible()
        visitor.expect_no_reload()
        # A browser notes each connection that fails, here and nowhere else.
        assert all(clone.gateway.split("//")[1] in problem for problem in visitor.problems), visitor.problems
        visitor.problems.clear()


def test_a_breakpoint_in_a_component_holds(clone: Clone, browser: Browser) -> None:
    """Found through the map that Vite serves, in the folder that launch.json calls `webRoot`."""
    entries = json.loads((clone.root / ".vscode/launch.json").read_text())["configurations"]
    (entry,) = [one for one in entries if (one["type"], one["request"]) == ("chrome", "attach")]
    root = Path(entry["webRoot"].replace("${workspaceFolder}", str(clone.root)))
    source = root / "src/App.tsx"
    lines = source.read_text().splitlines()
    (line,) = [number for number, text in enumerate(lines, 1) if "switch (session.state)" in text]
    with visiting(browser, clone.gateway) as visitor:
        inspector = Inspector(visitor.page)
        visitor.open(clone.url("web"))
        assert inspector.sources("/src/App.tsx", root) == [source]
        assert inspector.source_map("/src/App.tsx")["sourcesContent"] == [source.read_text()]
        inspector.break_at("/src/App.tsx", line, root)
        inspector.reload()
        frame = inspector.stopped()
        assert frame["functionName"] == "App"
        assert inspector.evaluate(frame, "session.state") == "asking"
        inspector.go_on()
        expect(visitor.page.get_by_role("button", name="Sign in as dev@forma3d.local")).to_be_visible()
