"""Settings of order-service."""

from __future__ import annotations

from common.settings import OwnerSettings

__all__ = ["Settings"]


class Settings(OwnerSettings):
    """No more than every owner of webhooks has."""
