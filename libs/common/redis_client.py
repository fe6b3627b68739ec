"""The one place that imports redis-py, without the OpenTelemetry metrics SDK it would pull in."""

from __future__ import annotations

import sys
from typing import Any

# redis-py imports the metrics SDK whenever it is installed, used or not: 40 ms and several MB a process.
# An import that fails is what it is prepared for; its tracing comes from the instrumentation library.
_CONNECT_SECONDS, _ANSWER_SECONDS = 3, 1.5
_ABSENT = "opentelemetry.sdk"
_hidden = "redis" not in sys.modules and _ABSENT not in sys.modules
if _hidden:
    sys.modules[_ABSENT] = None  # type: ignore[assignment]
try:
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import ExponentialBackoff
    from redis.exceptions import ConnectionError as RedisConnectionError
    from redis.exceptions import RedisError
finally:
    if _hidden:
        del sys.modules[_ABSENT]

__all__ = ["Redis", "RedisError", "connect", "options"]


def options() -> dict[str, Any]:
    """How every client of ours connects: an answer has 1.5 s, so that a Redis that hangs holds nobody up. A connection that was
    closed is tried twice more, 0.05 and 0.1 s later: a Redis that was restarted has closed every one of the pool, and each
    shows that only when it is used."""
    again = Retry(ExponentialBackoff(cap=0.5, base=0.05), 2, supported_errors=(RedisConnectionError,))
    return {
        "socket_timeout": _ANSWER_SECONDS,
        "socket_connect_timeout": _CONNECT_SECONDS,
        "socket_keepalive": True,
        "health_check_interval": 30,
        "retry": again,
    }


def connect(url: str) -> Redis:
    """A client for `url`; it connects at its first command. Answers are bytes."""
    return Redis.from_url(url, **options())
