"""Migrations: they make what the models say, take any spelling of the URL, and can be taken back."""

from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from common.database import Base, driver_url
from common.jobs import has_a_model
from sqlalchemy import create_engine, inspect

from tests.conftest import migrate
from tests.support.platform import ROOT, table
from tests.support.polling import PATIENCE
from tests.support.storage import Postgres


def models() -> None:
    """Imports every service's models."""
    for name, service in table()["services"].items():
        if service["type"] == "python" and "postgres" in service["needs"]:
            module = f"{name.replace('-', '_')}.models"
            if importlib.util.find_spec(module):  # one that has come just now may have none yet
                importlib.import_module(module)
    for module in ("carry_over", "files", "journal", "receipts"):
        importlib.import_module(f"common.{module}")


def test_the_migrated_database_is_what_the_models_say(database_url: str) -> None:
    models()
    engine = create_engine(driver_url(database_url))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": has_a_model}
        )
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()
    assert differences == [], "add a migration under migrations/versions"


@pytest.mark.parametrize("query", ["", "?schema=public", "?schema=public&connect_timeout=5"])
def test_up_and_down_with_any_spelling_of_the_url(postgres_server: Postgres, query: str) -> None:
    url = postgres_server.create()
    migrate(url + query)
    engine = create_engine(driver_url(url + query))
    assert "orders" in inspect(engine).get_table_names()
    migrate(url + query, "base", "downgrade")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_twice_is_as_once(postgres_server: Postgres) -> None:
    url = postgres_server.create(postgres_server.template)
    migrate(url)
    engine = create_engine(driver_url(url))
    assert "orders" in inspect(engine).get_table_names()
    engine.dispose()


def test_two_at_once_take_turns(postgres_server: Postgres) -> None:
    url = postgres_server.create()
    command = [sys.executable, "-m", "alembic", "-c", str(ROOT / "migrations/alembic.ini"), "upgrade", "head"]
    both = [subprocess.Popen(command, env={"PATH": os.defpath, "DATABASE_URL": url}) for _ in range(2)]
    assert [process.wait(PATIENCE) for process in both] == [0, 0]


def test_without_a_database_url_nothing_is_touched() -> None:
    command = [sys.executable, "-m", "alembic", "-c", str(ROOT / "migrations/alembic.ini"), "upgrade", "head"]
    answer = subprocess.run(command, env={"PATH": os.defpath}, capture_output=True, text=True)
    assert answer.returncode != 0
    assert answer.stderr.strip() == "DATABASE_URL is missing or malformed: expected a postgresql:// URL"
