"""Staging on Docker Compose, as the table describes it: what `apps.compose.yml` and its `.env.example` need beside the services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from devkit.findings.model import Place

__all__ = ["Route", "Staging", "StagingVariable"]


@dataclass(frozen=True, slots=True)
class StagingVariable:
    """A variable that the stack's own files read from `.env`. `example` stands in `.env.example`; a `secret` has none."""

    name: str
    about: str
    place: Place
    example: str = ""
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """What the proxy sends to a service: requests for one of `hosts` (names of variables that hold host names), all of them
    or those below `path`. `sticky`: a browser stays with one copy, by the service's `sticky_cookie`."""

    name: str
    service: str
    hosts: tuple[str, ...]
    place: Place
    path: str = ""
    sticky: bool = False


@dataclass(frozen=True, slots=True)
class Staging:
    """The Compose project in `folder`. `stores` are the services that run there without being built here; other servers
    that services need are elsewhere, and only their URL is known. `registry` is the variable with the images' registry, `address` the
    one with the public address that its names lead to (empty: none has it)."""

    folder: str
    place: Place
    registry: str
    address: str = ""
    stores: tuple[str, ...] = ()
    variables: Mapping[str, StagingVariable] = field(default_factory=dict)
    routes: Mapping[str, Route] = field(default_factory=dict)
