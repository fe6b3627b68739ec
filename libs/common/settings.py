"""Settings from the environment, and from nowhere else.

A missing or malformed variable stops the service with one line that names it and what is expected,
never its value.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = [
    "EX_CONFIG",
    "DatabaseSettings",
    "HttpUrl",
    "OptionalSecret",
    "OptionalUrl",
    "OwnerSettings",
    "PlatformSettings",
    "PostgresUrl",
    "Secret",
    "ServiceSettings",
]

_FROM_ENVIRONMENT: dict[str, Any] = {}

EX_CONFIG = 78
"""Exit code of a service whose environment is wrong (sysexits.h)."""


def _url(*schemes: str) -> AfterValidator:
    def check(value: str) -> str:
        scheme, separator, rest = value.partition("://")
        if not separator or scheme not in schemes or not rest or any(c.isspace() for c in rest):
            raise ValueError("not a URL of that kind")
        return value.rstrip("/")

    return AfterValidator(check)


HttpUrl = Annotated[str, _url("http", "https")]
"""`http://` or `https://` URL, without a slash at its end."""

PostgresUrl = Annotated[str, _url("postgresql", "postgres", "postgresql+psycopg")]
"""URL of a Postgres database."""


def _not_blank(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().strip():
        raise ValueError("blank")
    return value


def _empty_or_not_blank(value: SecretStr) -> SecretStr:
    return _not_blank(value) if value.get_secret_value() else value


Secret = Annotated[SecretStr, AfterValidator(_not_blank)]
"""A secret that is there; printing it shows stars. White space alone is none."""

OptionalSecret = Annotated[SecretStr, AfterValidator(_empty_or_not_blank)]
"""A secret, or nothing. White space alone is neither."""


def _empty_or_http(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    if value and not (separator and scheme in ("http", "https") and rest):
        raise ValueError("not an http URL")
    return value.rstrip("/")


OptionalUrl = Annotated[str, AfterValidator(_empty_or_http)]
"""`http://` or `https://` URL, without a slash at its end, or nothing."""


def _check_dsn(value: SecretStr) -> SecretStr:
    dsn = value.get_secret_value()
    scheme, separator, rest = dsn.partition("://")
    if dsn and not (separator and scheme in ("http", "https") and "@" in rest and "/" in rest):
        raise ValueError("not a DSN")
    return value


class _Runner(BaseSettings):
    """What devkit tells every process that it starts, beside the table's variables."""

    devkit_clone: str | None = None


class PlatformSettings(BaseSettings):
    """Variables that every service has."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    node_env: Literal["development", "test", "staging", "production"] = Field(
        description="one of development, test, staging, production"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        description="one of debug, info, warning, error"
    )
    otel_exporter_otlp_endpoint: OptionalUrl = Field(default="", description="empty, or an http(s):// URL")
    sentry_dsn: Annotated[SecretStr, AfterValidator(_check_dsn)] = Field(
        default=SecretStr(""), description="empty, or a Sentry DSN (https://KEY@HOST/PROJECT)"
    )
    app_port: int = Field(default=0, ge=0, le=65535, description="a port, 0 to 65535")
    breakpoint_seconds: int = Field(ge=0, le=86_400, description="a whole number of seconds, 0 to 86400")

    @property
    def development(self) -> bool:
        """True in the one environment that allows shortcuts."""
        return self.node_env == "development"

    @property
    def clone(self) -> str | None:
        """Which clone it runs for, in development."""
        return _Runner().devkit_clone if self.development else None

    @property
    def instance(self) -> str | None:
        """The host or pod that it runs on, in development."""
        return socket.gethostname() if self.development else None

    @classmethod
    def load(cls, service: str) -> Self:
        """Reads the environment. What is wrong with it goes to stderr, one line per variable. Raises SystemExit (78) then."""
        try:
            return cls(**_FROM_ENVIRONMENT)
        except ValidationError as problem:
            lines = sorted(_lines(cls, problem))
        for line in lines:
            print(f"{service}: {line}", file=sys.stderr, flush=True)  # noqa: T201 - logging is not set up yet
        raise SystemExit(EX_CONFIG)


class DatabaseSettings(PlatformSettings):
    """A service with Postgres, and how many connections it may have."""

    database_url: PostgresUrl = Field(description="a postgresql:// URL")
    database_connections: int = Field(ge=6, le=100, description="a whole number of connections, 6 to 100")


class ServiceSettings(DatabaseSettings):
    """A service of the platform proper: Postgres, Redis, and the key that the gateway authenticates with."""

    redis_url: Annotated[str, _url("redis", "rediss")] = Field(description="a redis:// or rediss:// URL")
    internal_api_key: Secret = Field(description="a secret, not blank")


class OwnerSettings(ServiceSettings):
    """A service that a provider's webhooks are handed to."""

    webhook_retention_days: int = Field(ge=1, le=3650, description="a whole number of days, 1 to 3650")


def _lines(settings: type[PlatformSettings], problem: ValidationError) -> Iterator[str]:
    for error in problem.errors(include_url=False, include_context=False, include_input=False):
        field = str(error["loc"][0])
        expected = settings.model_fields[field].description or "a value"
        state = "is missing" if error["type"] == "missing" else "is malformed"
        yield f"{field.upper()} {state}: expected {expected}"
