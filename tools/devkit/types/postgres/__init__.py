"""Type postgres: Postgres, embedded on the local engine; on Kubernetes on a volume that outlives `tilt down`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from devserve.process import Process

from devkit.model import (
    Card,
    Connection,
    Container,
    Environment,
    Keys,
    LocalSite,
    Mistake,
    Service,
    ServiceType,
    Table,
    Verification,
    VerifySite,
)
from devkit.types.postgres.cluster import NewCluster
from devkit.types.ready import PostgresReady

__all__ = ["POSTGRES"]

_SPECIFIC: Mapping[str, Mapping[str, Any]] = {
    "database": {
        "title": "Database",
        "description": "The database that services share.",
        "$ref": "#/$defs/sqlName",
    },
    "user": {"title": "Database user", "description": "Owns the database.", "$ref": "#/$defs/sqlName"},
    "password": {"title": "Password", "description": "Name of the secret that holds it.", "type": "string"},
    "storage": {
        "title": "Storage",
        "description": "Size of the volume: `1Gi`.",
        "type": ["string", "number"],
    },
}


def _rules(service: Service, table: Table) -> Iterator[Mistake]:
    secret = table.secrets.get(str(service.options["password"]))
    if secret is not None and secret.optional:
        message = f"`{secret.name}` may stay empty, and the database needs a password"
        yield Mistake("optional-password", message, "give the secret `generate` or `default`", ("password",))


def _url(service: Service, netloc: str, secrets: Mapping[str, str]) -> str | None:
    options = service.options
    password = secrets.get(str(options["password"]))
    if password is None:
        return None
    return f"postgresql://{options['user']}:{quote(password, safe='')}@{netloc}/{options['database']}"


def _values(service: Service) -> Mapping[str, object]:
    options = service.options
    ready = ["pg_isready", "-h", "127.0.0.1", "-U", options["user"], "-d", options["database"]]
    return {"ready_command": ready}


def _local(_service: Service, site: LocalSite) -> Process:
    from devkit.types.postgres.server import postgres_command

    return Process(
        start=postgres_command(site.root, site.port, site.name, site.clients),
        ready=PostgresReady(),
        prepare=NewCluster(site.root, site.url),
        store=True,
        patient=True,
    )


def _ask(site: VerifySite, service: Service) -> str:
    from devkit.types.postgres.ask import ask_postgres

    return ask_postgres(site, service)


POSTGRES = ServiceType(
    name="postgres",
    about="Postgres",
    group="infra",
    card=Card.STORE,
    folder=Path(__file__).parent,
    keys=Keys(
        takes=("image", "migrations", "seed"),
        required=("image", "database", "user", "password", "storage"),
        specific=_SPECIFIC,
        secrets=("password",),
        quantities=("storage",),
        rules=_rules,
    ),
    speaks_http=False,
    environment=Environment(
        connection=Connection(
            variable="DATABASE_URL", about="The database.", url=_url, external="a database of your own"
        ),
    ),
    container=Container(
        manifest="manifest.yaml.j2", values=_values, port_name="postgres", port=5432, volume=True
    ),
    local=_local,
    verification=Verification(speaks="signing in to the database", ask=_ask),
    runs_on=("postgres",),
    one_copy="its data is in one volume, and one server alone may write there",
)
