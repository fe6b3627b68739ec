"""Structured logs on stdout: `key=value` lines in development, JSON everywhere else."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

from common.redaction import told, without_credentials
from common.settings import PlatformSettings
from common.trace import request_id, trace_id

__all__ = ["configure"]

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {
    "message",
    "asctime",
    "color_message",
    "taskName",
}
# These tell of their inner life at info; here that is debug.
_CHATTY = (
    "httpx",
    "httpcore",
    "sqlalchemy.engine",
    "asyncio",
    "socketio",
    "engineio",
    "redis",
    "psycopg.pool",
)
# They write arguments and texts of exceptions, and people's addresses are among them; who uses them tells what happened.
_SILENT = ("procrastinate", "stamina")


class _Structured(logging.Formatter):
    """Writes no query strings, no bodies and no credentials of URLs."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def fields(self, record: logging.LogRecord) -> dict[str, str]:
        extra = {k: str(v) for k, v in record.__dict__.items() if k not in _STANDARD}
        if record.exc_info:
            extra["error"] = told(record.exc_info)
        return extra

    def work(self) -> dict[str, str]:
        """What the line belongs to: `trace`, and `request` where the caller gave it a name. Read in the context that logs."""
        return {k: v for k, v in (("trace", trace_id()), ("request", request_id())) if v}

    def format(self, record: logging.LogRecord) -> str:
        return without_credentials(self.line(record))

    def line(self, record: logging.LogRecord) -> str:
        raise NotImplementedError


class _Json(_Structured):
    def line(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        return json.dumps(line | self.fields(record) | self.work(), ensure_ascii=False)


class _Text(_Structured):
    """For people: most lines do not name their trace, but those that somebody looks for do, as the answer's header has it."""

    def line(self, record: logging.LogRecord) -> str:
        fields = self.fields(record)
        if record.levelno >= logging.WARNING or logging.getLogger().isEnabledFor(logging.DEBUG):
            fields |= self.work()
        error = fields.pop("error", "")
        time = datetime.fromtimestamp(record.created).strftime("%H:%M:%S.%f")[:-3]
        pairs = "".join(f" {k}={json.dumps(v) if ' ' in v or not v else v}" for k, v in fields.items())
        line = f"{time} {record.levelname:<7} {record.name}: {record.getMessage()}{pairs}"
        return f"{line}\n{error}" if error else line


# What comes every few seconds for as long as somebody looks: told at debug alone.
_POLLS = ("/health/", "/socket.io/")
_SOCKETS = frozenset({"connection open", "connection closed"})


def _not_a_poll(record: logging.LogRecord) -> bool:
    """Whether it is more than a health probe, a page's poll for events or its socket's coming and going."""
    if record.levelno > logging.INFO:
        return True
    message = record.getMessage()
    if message.endswith(" 403"):
        return True
    return message not in _SOCKETS and not any(path in message for path in _POLLS)


def _without_query(record: logging.LogRecord) -> bool:
    """Keeps the line without the query of its URL: that may be a search for somebody, or a token."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            arg.split("?", 1)[0] if isinstance(arg, str) and arg.startswith("/") else arg
            for arg in record.args
        )
    return True


def configure(service: str, settings: PlatformSettings, stream: TextIO | None = None) -> None:
    """Sends everything that is logged, uvicorn's lines included, through one handler at LOG_LEVEL."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(_Text(service) if settings.development else _Json(service))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(level)
        logger.removeFilter(_not_a_poll)
        logger.addFilter(_without_query)
        if level > logging.DEBUG:
            logger.addFilter(_not_a_poll)
