"""Kinds of work that a service's processor time goes to, by the library whose code ran."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

__all__ = ["KINDS", "kinds_of"]

_OWN, _REST = "own code", "uvicorn, event loop"
_PARTS = {
    "/sqlalchemy/": "SQLAlchemy",
    "/psycopg/": "psycopg",
    "/psycopg_pool/": "psycopg",
    "/procrastinate/": "Procrastinate",
    "/fastapi/": "FastAPI",
    "/starlette/": "FastAPI",
    "/pydantic/": "FastAPI",
    "/uvicorn/": _REST,
    "/httpx/": "HTTP client",
    "/httpcore/": "HTTP client",
    "/h11/": "HTTP client",
    "/anyio/": "HTTP client",
    "/stamina/": "HTTP client",
    "/tenacity/": "HTTP client",
    "/redis/": "Redis, Socket.IO",
    "/socketio/": "Redis, Socket.IO",
    "/limits/": "Redis, Socket.IO",
    "/logging/": "logs",
    "/common/logs.py": "logs",
    "/common/redaction.py": "logs",
    "/libs/": _OWN,
    "/apps/": _OWN,
}
KINDS = (
    "SQLAlchemy",
    "psycopg",
    "Procrastinate",
    "FastAPI",
    "HTTP client",
    "Redis, Socket.IO",
    "logs",
    _OWN,
    _REST,
)
"""In the order of the table."""


def kinds_of(stacks: Mapping[tuple[str, ...], int]) -> Counter[str]:
    """How often each kind was met: what the innermost function that is part of any belongs to."""
    found: Counter[str] = Counter()
    for stack, times in stacks.items():
        found[_kind(stack)] += times
    return found


def _kind(stack: tuple[str, ...]) -> str:
    for where in stack:
        for part, kind in _PARTS.items():
            if part in where:
                return kind
    return _REST
