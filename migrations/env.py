"""Runs migrations against DATABASE_URL. Never reads another source, so it cannot hit another database."""

from __future__ import annotations

import os

from alembic import context
from common.database import driver_url
from sqlalchemy import create_engine, pool, text
from sqlalchemy.engine import URL

LOCK = 4_096_271_113  # any number, the same for all: two migrations at once take turns


def database_url() -> URL:
    """DATABASE_URL, as the services take it."""
    value = os.environ.get("DATABASE_URL", "")
    if not value.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        raise SystemExit("DATABASE_URL is missing or malformed: expected a postgresql:// URL")
    return driver_url(value)


def run() -> None:
    """Applies (or prints, with `--sql`) the migrations."""
    if context.is_offline_mode():
        context.configure(url=database_url(), literal_binds=True)
        with context.begin_transaction():
            context.run_migrations()
        return
    engine = create_engine(database_url(), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, transactional_ddl=True)
        with context.begin_transaction():
            connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
            context.run_migrations()


run()
