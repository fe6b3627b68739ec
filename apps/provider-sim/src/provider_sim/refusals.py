"""Each provider refuses in its own shape, whatever the reason: a wrong key, no such thing, a database that is away."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from provider_sim.store import Unavailable

__all__ = ["install"]

_SIMPLYPRINT, _SENDCLOUD = "/simplyprint/", "/sendcloud/"

logger = logging.getLogger(__name__)


def install(app: FastAPI) -> None:
    """Makes `app` answer so."""
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(Unavailable, _unavailable)
    for problem in (DataError, UnicodeEncodeError):
        app.add_exception_handler(problem, _unstorable)


async def _refused(request: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, HTTPException)
    return _answer(request, problem.status_code, str(problem.detail), dict(problem.headers or {}))


async def _not_understood(request: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, RequestValidationError)
    wrong = ", ".join(f"{each['loc'][-1]}: {each['msg']}" for each in problem.errors())
    return _answer(request, 400 if request.url.path.startswith((_SIMPLYPRINT, _SENDCLOUD)) else 422, wrong)


async def _unavailable(request: Request, problem: Exception) -> JSONResponse:
    reason = f"provider-sim waits for its database ({problem})"
    return _answer(request, 503, reason, {"Retry-After": "1"})


async def _unstorable(request: Request, _: Exception) -> JSONResponse:
    logger.warning("refused what cannot be stored", extra={"path": request.url.path})
    return _answer(request, 400, "a value cannot be stored")


def _answer(request: Request, code: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    path = request.url.path
    body: dict[str, object] = {"detail": message}
    if path.startswith(_SIMPLYPRINT):
        body = {"status": False, "message": message}
    elif path.startswith(_SENDCLOUD):
        body = {
            "error": {"code": code, "request": path.removeprefix(_SENDCLOUD).rstrip("/"), "message": message}
        }
    return JSONResponse(body, code, headers)
