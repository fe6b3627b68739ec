"""What tests of `devkit db cohabit` share: a small platform in a git repository, whose code and schema are changed, and the
findings as data."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from tests.support.demo import write_files
from tests.support.private import report_of

__all__ = ["MAIN", "cohabit", "commit", "git", "migration", "notebook", "rewrite"]

MAIN = "apps/desk/src/desk/main.py"
_TABLE = """\
version: 1
name: notebook
namespace: notebook-dev
image_prefix: notebook
secrets:
  POSTGRES_PASSWORD: {default: notebook, about: Password of the development database.}
services:
  postgres:
    type: postgres
    about: Data.
    image: postgres:16-alpine
    port: 4620
    database: notebook
    user: notebook
    password: POSTGRES_PASSWORD
    storage: 1Gi
    migrations: migrations
    resources: &amounts
      requests: {cpu: 50m, memory: 64Mi}
      limits: {cpu: 100m, memory: 128Mi}
  desk:
    type: python
    about: Takes notes.
    port: 4621
    debug_port: 4622
    probes: {live: /live, ready: /live}
    needs: [postgres]
    resources: *amounts
"""
_ENV = """\
import os

from alembic import context
from sqlalchemy import create_engine

url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")
with create_engine(url).connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""
_MAIN = '''\
"""Takes notes, and another process of the service may be the one that lists them."""

from __future__ import annotations

import os
from typing import Any

import psycopg
from fastapi import FastAPI

app = FastAPI()
READ = "select id, text, mood from notes order by id desc limit 50"
WRITE = "insert into notes (text, mood) values (%s, 'calm')"


def ask(query: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        found = connection.execute(query, values)
        return found.fetchall() if found.description else []


@app.get("/live")
def live() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/notes")
def write(note: dict[str, str]) -> dict[str, str]:
    ask(WRITE, note["text"])
    return {}


@app.get("/notes")
def read() -> list[str]:
    return [row[1] for row in ask(READ)]
'''
_FLOW = '''\
"""A note is taken and read again."""

import uuid
from typing import Any

import httpx


def check(platform: Any) -> None:
    text = uuid.uuid4().hex
    with httpx.Client(base_url=platform.url("desk"), timeout=60, trust_env=False) as page:
        assert page.post("/notes", json={"text": text}).status_code == 200, "the note is not taken"
        platform.step("taken")
        for _ in range(3):
            notes = page.get("/notes")
            assert notes.status_code == 200, f"the notes are answered with {notes.status_code}"
            assert text in notes.json(), "the note is not among them"
'''
_BASE = """\
    op.execute("create type mood as enum ('calm', 'busy')")
    op.execute(
        "create table notes (id bigint generated always as identity primary key, text text not null, mood mood not null,"
        " lines integer, constraint ck_notes_lines check (lines >= 0))"
    )
"""


def git(root: Path, *words: str) -> str:
    """What git answers, of a repository that knows nothing of whoever runs the tests."""
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(root), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
    }  # fmt: skip
    who = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", *who, *words], cwd=root, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(root: Path, words: str) -> str:
    """Commits everything; the commit."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", words)
    return git(root, "rev-parse", "HEAD")


def notebook(root: Path, changes: dict[str, str] | None = None) -> str:
    """A platform of one service with a table of notes, all of it in git; `root` is made. `changes` are made in the service's
    code before. The commit."""
    write_files(
        root,
        {
            "dev/services.yaml": _TABLE,
            "dev/verify/note.py": _FLOW,
            MAIN: _MAIN,
            "apps/desk/src/desk/__init__.py": "",
            "migrations/alembic.ini": "[alembic]\nscript_location = %(here)s\npath_separator = os\n",
            "migrations/env.py": _ENV,
            "tilt_config.json": "{}\n",
            ".gitignore": ".devkit\n__pycache__\nk8s/dev/secret.yaml\n",
        },
    )
    migration(root, "0001_notes", None, _BASE)
    rewrite(root, changes or {})
    git(root, "init", "--quiet")
    return commit(root, "Notes")


def migration(root: Path, name: str, after: str | None, body: str) -> str:
    """A migration whose revision is the first four letters of its file's name; `body` is that of upgrade(). Its path."""
    file = f"migrations/versions/{name}.py"
    text = (
        f'"""{name}"""\nfrom alembic import op\nimport sqlalchemy as sa\n'
        f"revision, down_revision = {name[:4]!r}, {after!r}\ndef upgrade() -> None:\n{body.rstrip()}\n"
    )
    write_files(root, {file: text})
    return file


def rewrite(root: Path, changes: dict[str, str], file: str = MAIN) -> None:
    """Replaces parts of a file, each of which is there."""
    text = (root / file).read_text()
    for old, new in changes.items():
        assert old in text, f"{old} is not in {file}"
        text = text.replace(old, new)
    (root / file).write_text(text)


def cohabit(root: Path, *arguments: str, code: int, **environment: str) -> dict[str, Any]:
    """The report of `db cohabit --json`, after its exit code and shape were looked at."""
    return report_of("db", "cohabit", "--json", *arguments, root=root, code=code, **environment)
