"""What of an exception may be logged: its traceback, without the bodies, rows and credentials that texts of libraries quote."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import TypeAlias

import httpx
import psycopg
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

__all__ = ["told", "without_credentials"]

_Raised: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

# SQLSTATE's class of data exceptions.
_QUOTES_VALUES = "22"
_CREDENTIALS = re.compile(r"(?<=://)[^\s/?#\"']*@")


def without_credentials(text: str) -> str:
    """The text with `***@` for the user and password of each URL in it."""
    return _CREDENTIALS.sub("***@", text)


def told(raised: _Raised) -> str:
    """The traceback, with its causes. Of what quotes what was sent or stored, the text is left out."""
    if raised[1] is None:
        return ""
    written = "".join(traceback.format_exception(raised[1])).rstrip("\n")
    for problem in _all(raised[1], set()):
        safe, text = _safe(problem), str(problem).strip()
        if safe is None or not text:
            continue
        if text in written:
            written = written.replace(text, safe)
            continue
        # Within a group each line is indented by itself.
        first, *more = text.splitlines()
        written = written.replace(first, safe)
        for line in filter(str.strip, more):
            written = written.replace(line, "")
    return written


def _safe(problem: BaseException) -> str | None:
    """What to say instead of the exception's text; None where that can be shown."""
    if isinstance(problem, ValidationError):
        places = (
            f"{'.'.join(map(str, error['loc']))}: {error['type']}"
            for error in problem.errors(include_url=False, include_context=False, include_input=False)
        )
        return f"{problem.title}: {', '.join(places)}"
    if isinstance(problem, DBAPIError) and (said := _of_postgres(problem.orig)):
        return f"{said} [SQL: {problem.statement}]"
    if isinstance(problem, httpx.HTTPStatusError):
        return f"HTTP {problem.response.status_code}"
    return _of_postgres(problem)


def _of_postgres(problem: object) -> str | None:
    """Postgres' main message without DETAIL and CONTEXT, which quote rows; none at all where it quotes a value."""
    if not isinstance(problem, psycopg.Error) or not problem.sqlstate:
        return None
    message = "" if problem.sqlstate.startswith(_QUOTES_VALUES) else problem.diag.message_primary
    return f"{message or 'refused'} (SQLSTATE {problem.sqlstate})"


def _all(problem: BaseException | None, seen: set[int]) -> Iterator[BaseException]:
    if problem is None or id(problem) in seen:
        return
    seen.add(id(problem))
    yield problem
    for other in (problem.__cause__, problem.__context__, *getattr(problem, "exceptions", ())):
        if isinstance(other, BaseException):
            yield from _all(other, seen)
