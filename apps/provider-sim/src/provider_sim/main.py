"""The ASGI application `provider_sim.main:app`. Importing it reads the environment."""

from provider_sim.application import create

__all__ = ["app"]

app = create()
