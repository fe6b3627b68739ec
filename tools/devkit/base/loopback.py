"""HTTP to a port of this machine."""

from __future__ import annotations

import ssl

import httpx

__all__ = ["loopback"]


def loopback(seconds: float) -> httpx.Client:
    """A client for `http://127.0.0.1:PORT` alone, that waits `seconds` for an answer.

    It bypasses every proxy that the shell names, and trusts no certificate authority: loading them takes 20 ms of
    CPU per client, which a polling loop would spend every time.
    """
    return httpx.Client(timeout=seconds, trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
