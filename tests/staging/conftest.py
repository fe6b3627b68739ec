"""The stack in deployment/staging, started once for all files here that ask for it; who stops it comes last."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.images import needs_images
from tests.support.registry import registry
from tests.support.stack import BUILT, Stack, needs_stack, publish, stack


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry with two builds of everything: the second differs from the first in its tag alone."""
    needs_images()
    needs_stack()
    with registry(tmp_path_factory.mktemp("registry")) as address:
        for tag in ("git-0000001", "git-0000002"):
            publish(address, tag, *BUILT)
        yield address


@pytest.fixture(scope="session")
def running(images: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Up and healthy. Who changes it puts it back."""
    with stack(tmp_path_factory.mktemp("stack"), images, "git-0000001") as made:
        yield made
