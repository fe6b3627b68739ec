"""Passes a webhook that came in on to another URL: its method, its headers as they came, and its very bytes."""

from __future__ import annotations

import time

import httpx

from devkit.base.loopback import no_authorities
from devkit.webhooks.capture import OF_THE_CONNECTION, Capture
from devkit.webhooks.deliver import NOBODY, DeliveryResult

__all__ = ["Forwarder"]

_PATIENCE = 30.0  # seconds for an answer


class Forwarder:
    """Posts what came in to `url`. May be used from several threads at once."""

    def __init__(self, url: str) -> None:
        self.url = url
        verify = no_authorities() if url.startswith("http:") else True
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.Client(timeout=_PATIENCE, limits=limits, trust_env=False, verify=verify)

    def forward(self, capture: Capture) -> DeliveryResult:
        """What came of it. Never raises for a receiver that does not answer."""
        headers = [
            (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
            for name, value in capture.headers
            if name.lower() not in OF_THE_CONNECTION
        ]
        began = time.monotonic()
        try:
            # A request of one's own has no headers but these: a client would add some.
            sent = httpx.Request(capture.method, self.url, headers=headers, content=capture.body)
            reply = self._client.send(sent)
        except httpx.ConnectError:
            return DeliveryResult(None, "", time.monotonic() - began, problem=NOBODY)
        except httpx.TimeoutException:
            return DeliveryResult(None, "", _PATIENCE, problem=f"no answer within {_PATIENCE:g} s")
        except (httpx.HTTPError, ValueError) as problem:  # ValueError: a header that no client sends
            reason = str(problem).strip() or type(problem).__name__
            return DeliveryResult(None, "", time.monotonic() - began, problem=f"not passed on: {reason}")
        return DeliveryResult(reply.status_code, reply.text, time.monotonic() - began)
