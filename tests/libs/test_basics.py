"""libs/common: the database URL, and logs as LOG_LEVEL and NODE_ENV want them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
from common import logs
from common.database import driver_url
from common.messages import CreatePrintJob, MakeBaseplate
from common.settings import PlatformSettings
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def written(node_env: str, log_level: str) -> list[str]:
    """The lines that a few log calls leave."""
    given = {"node_env": node_env, "log_level": log_level, "breakpoint_seconds": 0}
    settings = PlatformSettings.model_validate(given)
    stream = io.StringIO()
    logs.configure("some-service", settings, stream)
    logger = logging.getLogger("some.module")
    logger.debug("details")
    logger.info("hello", extra={"order": "42", "note": "two words"})
    try:
        raise ValueError("broken")
    except ValueError:
        logger.exception("it failed")
    logging.getLogger("httpx").info("chatter")
    return stream.getvalue().splitlines()


@pytest.mark.parametrize(
    ("logger", "message", "polls"),
    [
        ("uvicorn.access", '127.0.0.1:1 - "GET /health/ready HTTP/1.1" 200', True),
        ("uvicorn.access", '127.0.0.1:1 - "GET /socket.io/?EIO=4&transport=polling HTTP/1.1" 200', True),
        ("uvicorn.error", '127.0.0.1:1 - "WebSocket /socket.io/?EIO=4" [accepted]', True),
        ("uvicorn.error", "connection open", True),
        ("uvicorn.error", "connection closed", True),
        ("uvicorn.error", '127.0.0.1:1 - "WebSocket /socket.io/?EIO=4" 403', False),
        ("uvicorn.access", '127.0.0.1:1 - "GET /api/v1/orders HTTP/1.1" 200', False),
        ("uvicorn.error", "Application startup complete.", False),
    ],
)
def test_polls_are_told_at_debug_alone(logger: str, message: str, polls: bool) -> None:
    for level in ("info", "debug"):
        stream = io.StringIO()
        given = {"node_env": "development", "log_level": level, "breakpoint_seconds": 0}
        logs.configure("some-service", PlatformSettings.model_validate(given), stream)
        logging.getLogger(logger).info(message)
        assert (message not in stream.getvalue()) == (polls and level == "info")


def test_development_has_readable_lines() -> None:
    lines = written("development", "info")
    assert lines[0].endswith('INFO    some.module: hello order=42 note="two words"')
    assert lines[-1] == "ValueError: broken"


def test_everywhere_else_a_line_is_json() -> None:
    hello, failed = (json.loads(line) for line in written("staging", "info"))
    assert (hello["level"], hello["service"], hello["order"]) == ("info", "some-service", "42")
    assert "ValueError: broken" in failed["error"]


@pytest.mark.parametrize(("level", "count"), [("debug", 3), ("info", 2), ("warning", 1), ("error", 1)])
def test_the_level_decides_what_is_said(level: str, count: int) -> None:
    assert len(written("production", level)) == count


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p@h:5/d", "postgresql+psycopg://u:p@h:5/d"),
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql://u:p@h/d?schema=public", "postgresql+psycopg://u:p@h/d"),
        ("postgresql://h/d?schema=x&sslmode=require", "postgresql+psycopg://h/d?sslmode=require"),
        ("postgresql+psycopg://h/d", "postgresql+psycopg://h/d"),
    ],
)
def test_any_spelling_of_a_database_url(url: str, expected: str) -> None:
    added = [
        "connect_timeout",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout",
    ]
    found = driver_url(url)
    assert set(added) <= set(found.query)
    assert found.difference_update_query(added).render_as_string(hide_password=False) == expected


def test_what_a_database_url_says_of_connecting_counts() -> None:
    assert driver_url("postgresql://h/d?connect_timeout=1").query["connect_timeout"] == "1"


@given(job=st.uuids(), order=st.uuids(), attempt=st.integers(1, 9))
def test_keys_differ_between_kinds_and_attempts(job: object, order: object, attempt: int) -> None:
    base = {"print_job_id": job, "order_id": order, "title": "t", "sku": "s", "quantity": 1}
    first = CreatePrintJob.model_validate({**base, "attempt": attempt})
    again = CreatePrintJob.model_validate({**base, "attempt": attempt + 1})
    model = MakeBaseplate.model_validate({**base, "attempt": attempt, "columns": 1, "rows": 1})
    assert len({first.key, again.key, model.key}) == 3
    assert first.key.startswith("create_print_job:")
