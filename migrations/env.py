"""Runs migrations against DATABASE_URL. Never reads another source, so it cannot hit another database."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

from alembic import context
from common.database import Base, driver_url
from common.jobs import has_a_model
from sqlalchemy import MetaData, create_engine, pool, text
from sqlalchemy.engine import URL

LOCK = 4_096_271_113  # any number, the same for all: two migrations at once take turns
# Whoever comes after one who waits for a lock waits too: rather fail, and be run again. Whoever has set a limit keeps it.
LIMIT = "SELECT set_config('lock_timeout', '5s', false) WHERE current_setting('lock_timeout') = '0'"


def database_url() -> URL:
    """DATABASE_URL, as the services take it."""
    value = os.environ.get("DATABASE_URL", "")
    if not value.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        raise SystemExit("DATABASE_URL is missing or malformed: expected a postgresql:// URL")
    return driver_url(value)


def models() -> MetaData | None:
    """The tables of all services, where a revision is generated from them: a clone has them all, an image does not."""
    if not getattr(context.config.cmd_opts, "autogenerate", False):
        return None
    root = Path(__file__).resolve().parents[1]
    for name in ("carry_over", "files", "journal", "receipts"):
        importlib.import_module(f"common.{name}")
    for file in sorted(root.glob("apps/*/src/*/models.py")):
        sys.path.append(str(file.parents[1]))
        importlib.import_module(f"{file.parent.name}.models")
    return Base.metadata


def run() -> None:
    """Applies (or prints, with `--sql`) the migrations."""
    if context.is_offline_mode():
        context.configure(url=database_url(), literal_binds=True)
        with context.begin_transaction():
            context.execute(LIMIT)
            context.run_migrations()
        return
    engine = create_engine(database_url(), poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"SELECT pg_advisory_lock({LOCK})"))  # until the connection is closed
        connection.execute(text(LIMIT))
        connection.commit()
        # A transaction each: what one locks is free again before the next begins.
        context.configure(
            connection=connection,
            transactional_ddl=True,
            transaction_per_migration=True,
            target_metadata=models(),
            include_name=has_a_model,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
