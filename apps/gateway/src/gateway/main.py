"""The ASGI application `gateway.main:app`. Importing it reads the environment."""

from gateway.application import create

__all__ = ["app"]

app = create()
