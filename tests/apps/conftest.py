"""Makes the services importable, and starts them as processes for the modules that ask for them."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.support.platform import ROOT, Platform, python_services
from tests.support.shop import Shop
from tests.support.storage import RedisServer

for _service in python_services():
    sys.path.insert(0, str(ROOT / "apps" / _service / "src"))

from tests.support.orders import Desk, desk  # noqa: E402 - it imports a service


@pytest.fixture(scope="module")
def platform(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    database_url: str,
    redis: RedisServer,
) -> Iterator[Platform]:
    """All services, started. A module may name another SIM_SPEED than 1000."""
    speed: str = getattr(request.module, "SIM_SPEED", "1000")
    folder = tmp_path_factory.mktemp("platform")
    with Platform.prepared(folder, database_url, redis.url, {"SIM_SPEED": speed}) as prepared:
        prepared.start()
        yield prepared


@pytest.fixture
def shop(platform: Platform) -> Shop:
    """A signed-in visitor who can also buy."""
    shop = Shop(platform["gateway"].url)
    shop.sign_in()
    return shop


@pytest.fixture(scope="module")
def shopify(database_url: str, redis: RedisServer) -> Iterator[Desk]:
    """order-service without its process."""
    with desk(database_url, redis.url) as made:
        yield made
