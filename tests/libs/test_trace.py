"""The trace in every answer and every line of a request, in real uvicorn."""

from __future__ import annotations

import io
import json
import logging
import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
from common import logs
from common.application import base_app
from common.settings import PlatformSettings
from common.trace import continued
from fastapi import FastAPI

from tests.support.in_thread import as_it_was, serving

TRACE = "8c18b9b9d5c5a7f7f82295c6c19ca569"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@asynccontextmanager
async def _nothing(_: FastAPI) -> AsyncIterator[None]:
    yield


# uvicorn closes a connection after an answer 500, and kept ones after a while: a request on one might meet that.
_EACH_ITS_OWN = httpx.Limits(max_keepalive_connections=0)


@pytest.fixture(scope="module")
def stream() -> Iterator[io.StringIO]:
    with as_it_was():
        yield io.StringIO()


@pytest.fixture(scope="module")
def http(stream: io.StringIO) -> Iterator[httpx.Client]:
    given = {"node_env": "staging", "log_level": "info", "breakpoint_seconds": 0}
    settings = PlatformSettings.model_validate(given)
    app = base_app("some-service", settings, _nothing)
    logs.configure("some-service", settings, stream)

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("broken")

    with serving(app) as url, httpx.Client(base_url=url, limits=_EACH_ITS_OWN) as client:
        yield client


def lines(
    stream: io.StringIO, http: httpx.Client, path: str, **headers: str
) -> tuple[httpx.Response, list[dict[str, str]]]:
    """The answer, and the lines that the request left."""
    stream.seek(0)
    stream.truncate()
    answer = http.get(path, headers=headers)
    http.get("/end")  # the first request's lines are written by then
    written = [json.loads(line) for line in stream.getvalue().splitlines()]
    # What the server itself has to say is of no request.
    return answer, [line for line in written if "trace" in line and "/end" not in line["message"]]


def test_an_answer_and_its_lines_name_the_trace_that_began(stream: io.StringIO, http: httpx.Client) -> None:
    answer, (access,) = lines(stream, http, "/nothing")
    assert answer.status_code == 404
    trace = answer.headers["X-Request-Id"]
    assert re.fullmatch("[0-9a-f]{32}", trace)
    assert answer.headers["traceresponse"].split("-")[1] == trace
    assert answer.headers["X-Served-By"] == socket.gethostname()
    assert (access["logger"], access["trace"]) == ("uvicorn.access", trace)
    assert "request" not in access


def test_a_failure_is_found_by_what_its_answer_names(stream: io.StringIO, http: httpx.Client) -> None:
    """Both are Starlette's and uvicorn's own, outside of all middleware."""
    answer, (access, failed) = lines(stream, http, "/broken")
    assert answer.status_code == 500
    assert "RuntimeError: broken" in failed["error"]
    assert answer.headers["X-Request-Id"] == access["trace"] == failed["trace"]


def test_the_caller_names_both(stream: io.StringIO, http: httpx.Client) -> None:
    answer, (access,) = lines(stream, http, "/nothing", traceparent=PARENT, **{"X-Request-Id": "shop:41/a"})
    assert answer.headers["X-Request-Id"] == access["request"] == "shop:41/a"
    assert access["trace"] == TRACE
    assert TRACE in answer.headers["traceresponse"]


@pytest.mark.parametrize("name", ["a" * 65, "two words", 'a"b', "<script>", "{}"])
def test_a_name_that_is_none(stream: io.StringIO, http: httpx.Client, name: str) -> None:
    answer, (access,) = lines(stream, http, "/nothing", **{"X-Request-Id": name})
    assert answer.headers["X-Request-Id"] == access["trace"]
    assert "request" not in access


def test_a_query_is_not_logged(stream: io.StringIO, http: httpx.Client) -> None:
    _, (access,) = lines(stream, http, "/nothing?token=s3cret&q=jane@example.com")
    assert '"GET /nothing HTTP/1.1" 404' in access["message"]
    assert "s3cret" not in stream.getvalue()


@pytest.mark.parametrize(
    ("level", "named"), [("info", ["a warning"]), ("debug", ["details", "a line", "a warning"])]
)
def test_a_job_s_lines_for_people_name_it_where_they_are_looked_for(level: str, named: list[str]) -> None:
    given = {"node_env": "development", "log_level": level, "breakpoint_seconds": 0}
    written = io.StringIO()
    with as_it_was():
        logs.configure("some-service", PlatformSettings.model_validate(given), written)
        logger = logging.getLogger("some.module")
        with continued(PARENT, "job"):
            logger.debug("details")
            logger.info("a line")
            logger.warning("a warning")
        logger.warning("afterwards")
    with_trace = [line for line in written.getvalue().splitlines() if f"trace={TRACE}" in line]
    assert [line.split(": ")[1].split(" trace=")[0] for line in with_trace] == named
