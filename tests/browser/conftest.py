"""A browser, and somebody who has the page of the module's clone open in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.clone import Clone
from tests.browser.visitor import Visitor, chromium, visiting


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


@pytest.fixture
def visitor(clone: Clone, browser: Browser) -> Iterator[Visitor]:
    """Somebody who has the page open and is not signed in yet."""
    with visiting(browser, clone.gateway) as made:
        made.open(clone.url("web"))
        yield made


@pytest.fixture
def watcher(visitor: Visitor) -> Visitor:
    """Somebody who looks at the board."""
    visitor.sign_in()
    return visitor
