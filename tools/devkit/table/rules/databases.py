"""The database and the queue: one of each, because there is one DATABASE_URL and one REDIS_URL."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.findings.model import Finding
from devkit.table.model import ServiceType
from devkit.table.rules.context import Context, Rule
from devkit.table.spots import error

__all__ = ["RULES"]


def one_of_each(context: Context) -> Iterator[Finding]:
    for kind, variable in ((ServiceType.POSTGRES, "DATABASE_URL"), (ServiceType.REDIS, "REDIS_URL")):
        first, *more = context.table.of_type(kind) or (None,)
        for service in more:
            assert first is not None
            message = f"there is already a service of type {kind.value}, `{first.name}`, for {variable}"
            place = context.spots.value("services", service.name, "type")
            yield error("second-database", message, place, "keep one; services can share it")


def usable_password(context: Context) -> Iterator[Finding]:
    for service in context.table.of_type(ServiceType.POSTGRES):
        secret = context.table.secrets.get(service.password or "")
        if secret is not None and secret.optional:
            message = f"`{secret.name}` may stay empty, and the database needs a password"
            place = context.spots.value("services", service.name, "password")
            yield error("optional-password", message, place, "give the secret `generate` or `default`")


RULES: tuple[Rule, ...] = (one_of_each, usable_password)
