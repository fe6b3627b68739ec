"""The ASGI application `print_service.main:app`. Importing it reads the environment."""

from print_service.application import create

__all__ = ["app"]

app = create()
