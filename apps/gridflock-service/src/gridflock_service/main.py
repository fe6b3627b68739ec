"""The ASGI application `gridflock_service.main:app`. Importing it reads the environment."""

from gridflock_service.application import create

__all__ = ["app"]

app = create()
