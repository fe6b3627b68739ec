"""Proxies that can be asked to which copies they send."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from devkit.compose.traefik_api import TraefikApi

__all__ = ["TraefikProxy"]


class TraefikProxy:
    """Traefik, by its API."""

    def __init__(self, api: TraefikApi) -> None:
        self._api = api

    def leading(self, routes: Sequence[str], addresses: Iterable[str]) -> set[str]:
        """Those of Traefik's services (by the names that labels give them) that send requests to one of the addresses."""
        wanted = set(addresses)
        return {
            service.short_name
            for service in self._api.services()
            if service.short_name in routes and wanted & {urlsplit(url).hostname for url in service.up()}
        }
