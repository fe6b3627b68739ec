"""A Node.js service's debug port: does an inspector answer there."""

from __future__ import annotations

import json

from devkit.checks import Problem, Skipped
from devkit.model import Service, VerifySite
from devkit.types.answers import get

__all__ = ["ask_inspector"]


def ask_inspector(site: VerifySite, service: Service) -> str:
    """Asks for the inspector's version, as an editor does before it attaches; nothing is stopped.

    Raises Problem for any other answer, Skipped without a debug port.
    """
    port = site.debug_port(service.name)
    if port is None:
        raise Skipped("debug is false in tilt_config.json")
    reply = get(f"http://127.0.0.1:{port}/json/version")
    try:
        browser = reply.json()["Browser"]
    except (json.JSONDecodeError, KeyError, TypeError):
        raise Problem(f"what answers is not a Node.js inspector (HTTP {reply.status_code})") from None
    return f"the inspector of {browser} answers"
