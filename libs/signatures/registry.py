"""Schemes by name: each module in `signatures/schemes` is one."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import cast

from signatures import schemes
from signatures.protocol import Scheme

__all__ = ["UnknownScheme", "names", "scheme"]


class UnknownScheme(LookupError):
    """No module in `signatures/schemes` has that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"unknown signature scheme {name!r}; known are {', '.join(names())}")


@cache
def names() -> tuple[str, ...]:
    """The names of all schemes, sorted: `("github", "sendcloud", "shopify", …)`."""
    return tuple(sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(schemes.__path__)))


@cache  # state: allow: a scheme is code, the same in every process
def scheme(name: str) -> Scheme:
    """The scheme called `name`. Raises `UnknownScheme`."""
    if name not in names():
        raise UnknownScheme(name)
    module = importlib.import_module(f"{schemes.__name__}.{name.replace('-', '_')}")
    return cast(Scheme, module.SCHEME)
