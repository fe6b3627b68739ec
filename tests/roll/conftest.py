"""One small stack for the tests of a file, put back to its first build before each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.compose import real
from tests.support.images import needs_image, needs_images
from tests.support.quiet import network_changes
from tests.support.registry import registry
from tests.support.rolled import BASE, Rolled, build_images, rolled


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry that has every build."""
    if not real.is_there():
        pytest.skip(real.MISSING)
    needs_images()
    for name in (BASE, "traefik:v3"):
        needs_image(name)
    with registry(tmp_path_factory.mktemp("registry")) as address:
        build_images(address, tmp_path_factory.mktemp("images"))
        yield address


@pytest.fixture(scope="module")
def stack(images: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rolled]:
    with ExitStack() as end:
        with network_changes(tmp_path_factory):
            made = end.enter_context(rolled(tmp_path_factory.mktemp("stack"), images))
        yield made
        with network_changes(tmp_path_factory):
            end.close()


@pytest.fixture
def running(stack: Rolled, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rolled]:
    """The stack as it is at the beginning."""
    with network_changes(tmp_path_factory):
        stack.put_back()
        yield stack
