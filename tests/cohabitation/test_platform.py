"""This repository's platform beside itself with another schema, its orders driven through both."""

from __future__ import annotations

from pathlib import Path

import pytest
from devkit.base.paths import table_file
from devkit.database.history import History
from devkit.instance.copy import copy_repository
from devkit.table.load import read_table

from tests.cohabitation.scene import cohabit, commit, git, migration, rewrite
from tests.support.platform import ROOT

pytestmark = pytest.mark.faults
_MODELS = "apps/order-service/src/order_service/models.py"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The repository as it is, in a git repository of its own."""
    root = tmp_path / "clone"
    copy_repository(ROOT, read_table(table_file(ROOT)), root)
    git(root, "init", "--quiet")
    commit(root, "As it is")
    return root


def next_migration(root: Path, body: str) -> str:
    """The path of one after the newest."""
    return migration(root, "9999_next", History(root / "migrations").head, body)


def test_a_column_more(clone: Path) -> None:
    next_migration(clone, '    op.add_column("orders", sa.Column("gift", sa.Text()))')
    rewrite(
        clone,
        {
            "    redacted_at:": "    gift: Mapped[str | None] = mapped_column(default='none')\n    redacted_at:"
        },
        _MODELS,
    )
    report = cohabit(clone, code=0)
    assert {check["id"]: check["result"] for check in report["checks"]} == dict.fromkeys(
        [f"cohabit.{state}" for state in ("before", "migrating", "together", "after", "back")], "ok"
    )
    (shared,) = [check["detail"] for check in report["checks"] if check["id"] == "cohabit.together"]
    assert "gateway " in shared
    assert "order-service " in shared


def test_a_renamed_column(clone: Path) -> None:
    file = next_migration(clone, '    op.alter_column("orders", "customer", new_column_name="buyer")')
    rewrite(
        clone,
        {"    customer: Mapped[str]\n": '    customer: Mapped[str] = mapped_column("buyer")\n'},
        _MODELS,
    )
    report = cohabit(clone, code=1)
    found = [f for f in report["findings"] if f["id"] == "cohabit.migrating"]
    assert {f["place"]["file"] for f in found} == {file}
    assert any(
        "order-service of " in f["message"] and "customer does not exist" in f["message"] for f in found
    )
