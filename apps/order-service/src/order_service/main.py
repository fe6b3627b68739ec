"""The ASGI application `order_service.main:app`. Importing it reads the environment."""

from order_service.application import create

__all__ = ["app"]

app = create()
