"""The ASGI application `shipping_service.main:app`. Importing it reads the environment."""

from shipping_service.application import create

__all__ = ["app"]

app = create()
