"""What libraries quote in the texts of their exceptions is not logged: rows, bodies, credentials."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Awaitable, Callable

import httpx
import pytest
from common import logs
from common.database import Database
from common.settings import PlatformSettings
from pydantic import BaseModel
from sqlalchemy import text

from tests.support.in_thread import as_it_was

SECRET = "jane@example.com"


class Buyer(BaseModel):
    age: int


def logged(problem: Exception, node_env: str = "staging") -> str:
    given = {"node_env": node_env, "log_level": "info", "breakpoint_seconds": 0}
    stream = io.StringIO()
    with as_it_was():
        logs.configure("some-service", PlatformSettings.model_validate(given), stream)
        logging.getLogger("some.module").error("it failed", exc_info=problem)
    return stream.getvalue()


def raised(work: Callable[[], object]) -> Exception:
    with pytest.raises(Exception) as caught:
        work()
    return caught.value


async def refused(url: str, statement: str) -> Exception:
    database = Database(url, "test")

    async def work() -> None:
        async with database.transaction() as session:
            await session.execute(
                text("CREATE TEMPORARY TABLE buyers (email text UNIQUE, age int) ON COMMIT DROP")
            )
            await session.execute(text("INSERT INTO buyers (email) VALUES (:email)"), {"email": SECRET})
            await session.execute(text(statement), {"email": SECRET})

    try:
        return await _raised(work)
    finally:
        await database.close()


async def _raised(work: Callable[[], Awaitable[None]]) -> Exception:
    with pytest.raises(Exception) as caught:
        await work()
    return caught.value


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("INSERT INTO buyers (email) VALUES (:email)", "duplicate key value"),  # DETAIL quotes the key
        (
            "INSERT INTO buyers (age) VALUES (CAST(CAST(:email AS text) AS int))",
            "SQLSTATE 22P02",
        ),  # the message does
    ],
)
def test_a_row_that_postgres_refuses(database_url: str, statement: str, shown: str) -> None:
    problem = asyncio.run(refused(database_url, statement))
    assert SECRET in str(problem)  # so that this can fail
    for node_env in ("staging", "development"):
        line = logged(problem, node_env)
        assert SECRET not in line
        assert shown in line
        assert "INSERT INTO buyers" in line
        assert "test_redaction.py" in line  # the traceback


def test_a_message_that_cannot_be_read() -> None:
    problem = raised(lambda: Buyer.model_validate({"age": SECRET}))
    assert SECRET in str(problem)
    line = json.loads(logged(problem))["error"]
    assert SECRET not in line
    assert line.endswith("ValidationError: Buyer: age: int_parsing")


def test_within_a_group_and_as_a_cause() -> None:
    inner = raised(lambda: Buyer.model_validate({"age": SECRET}))
    group = ExceptionGroup("several", [inner, ValueError("plain")])
    outer = RuntimeError("outer")
    outer.__cause__ = group
    line = logged(outer)
    assert SECRET not in line
    assert all(each in line for each in ("RuntimeError: outer", "int_parsing", "ValueError: plain"))


@pytest.mark.parametrize("node_env", ["staging", "development"])
def test_credentials_in_urls(node_env: str) -> None:
    url = "http://user:p4ssw0rd@printer.example:8080/jobs?token=s3cret"
    request = httpx.Request("GET", url)
    problem = raised(lambda: httpx.Response(401, request=request).raise_for_status())
    assert "p4ssw0rd" in str(problem)
    line = logged(problem, node_env) + logged(ValueError(f"no answer from {url.split('?')[0]}"), node_env)
    assert "p4ssw0rd" not in line
    assert "s3cret" not in line
    assert "HTTP 401" in line
    assert "***@printer.example:8080/jobs" in line
