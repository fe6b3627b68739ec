"""A browser that looks at the page and notes whatever goes wrong in it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    Route,
    WebSocketRoute,
    expect,
    sync_playwright,
)

from tests.support.polling import PATIENCE

__all__ = ["CHROMIUM", "Visitor", "chromium", "visiting"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_LIVE = re.compile("/socket.io/")
# Who is signed in is found out by asking; the browser notes the answer 401 as an error.
_NOT_SIGNED_IN = re.compile(r"/api/v1/auth/(me|login)$")


@dataclass
class Visitor:
    """One page, in a context of its own, and what went wrong in it."""

    page: Page
    api: str
    problems: list[str] = field(default_factory=list)
    missing: bool = False  # a part of the platform is away, on purpose

    @contextmanager
    def without_a_part(self) -> Iterator[None]:
        """While it lasts the page may be told 503: what it asks for at intervals needs what is away."""
        self.missing = True
        try:
            yield
        finally:
            self.missing = False

    def open(self, url: str) -> None:
        """Goes to the page and marks the document, so that a reload would show."""
        self.page.goto(url)
        self.page.evaluate("window.sameDocument = true")

    def sign_in(self) -> None:
        """Takes the offer and waits until the board is live."""
        self.page.get_by_role("button", name="Sign in as dev@forma3d.local").click()
        self.expect_live()

    def expect_live(self) -> None:
        """Waits until live updates are on."""
        expect(self.page.get_by_text("Live", exact=True)).to_be_visible()

    def card(self, number: str) -> Locator:
        """An order's card."""
        return self.page.get_by_role("article", name=f"Order {number}", exact=True)

    def lane(self, title: str) -> Locator:
        """A lane of the board."""
        return self.page.get_by_role("region", name=title)

    def expect_no_reload(self) -> None:
        """Fails when the document was loaded again since `open`."""
        assert self.page.evaluate("window.sameDocument") is True

    def expect_no_overflow(self) -> None:
        """Fails when one has to scroll sideways."""
        too_wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert too_wide <= 0, f"{too_wide} px too wide"

    def prepare_to_cut_off(self) -> Event:
        """To be called before `open`. While the event is set no connection for live updates comes about."""
        cut_off = Event()

        def connect(socket: WebSocketRoute) -> None:
            if cut_off.is_set():
                socket.close()
            else:
                socket.connect_to_server()

        def poll(route: Route) -> None:
            if cut_off.is_set():
                route.abort()
            else:
                route.continue_()

        self.page.route_web_socket(_LIVE, connect)
        self.page.route(_LIVE, poll)
        return cut_off

    def note_console(self, message: ConsoleMessage) -> None:
        url = message.location["url"]
        refused, missing = "status of 401" in message.text, "status of 503" in message.text
        expected = (refused and _NOT_SIGNED_IN.search(url)) or (missing and self.missing)
        if message.type in ("error", "warning") and not expected:
            self.problems.append(f"console {message.type}: {message.text} ({url})")

    def note_response(self, response: Response) -> None:
        refused, missing = response.status == 401, response.status == 503
        expected = (refused and _NOT_SIGNED_IN.search(response.url)) or (missing and self.missing)
        if response.status >= 400 and not expected:
            self.problems.append(f"{response.status} {response.request.method} {response.url}")

    def note_failure(self, request: Request) -> None:
        # Leaving a page ends what it was still asking for.
        if request.failure != "net::ERR_ABORTED":
            self.problems.append(f"{request.failure} {request.method} {request.url}")


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE * 1000)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*_ARGUMENTS, *arguments])
        yield browser
        browser.close()


@contextmanager
def visiting(
    browser: Browser,
    api: str,
    *,
    width: int = 1280,
    height: int = 800,
    dark: bool = False,
    any_certificate: bool = False,
) -> Iterator[Visitor]:
    """A visitor; at the end everything must have gone well."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        locale="en-GB",
        ignore_https_errors=any_certificate,
    )
    context.set_default_timeout(PATIENCE * 1000)  # what a click waits for, and a page that is opened
    visitor = Visitor(context.new_page(), api)
    visitor.page.on("console", visitor.note_console)
    visitor.page.on("response", visitor.note_response)
    visitor.page.on("requestfailed", visitor.note_failure)
    visitor.page.on("pageerror", lambda error: visitor.problems.append(f"uncaught: {error}"))
    try:
        yield visitor
    finally:
        context.close()
    assert visitor.problems == [], visitor.problems
