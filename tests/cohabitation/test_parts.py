"""The parts of `devkit db cohabit`: which commit, its files, the balancer, the server's log, the steps of migrations."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
from devkit.cohabitation.balancer import Balancer, kind_of
from devkit.cohabitation.reference import choose_reference, differs, export
from devkit.cohabitation.sql import SqlError, as_user, parse
from devkit.cohabitation.steps import new_steps
from devkit.database.migrating import migrate
from devkit.instance.places import free_ports

from tests.cohabitation.scene import commit, git, migration, notebook, rewrite
from tests.support.storage import Postgres

_GREETS = {'return {"status": "ok"}': 'return {"status": "fine"}'}


def test_by_default_the_code_where_the_branch_left_main(tmp_path: Path) -> None:
    root = tmp_path / "notebook"
    left = notebook(root)
    git(root, "checkout", "--quiet", "-b", "greeting")
    rewrite(root, _GREETS)
    for _ in range(2):  # whether it is committed, or not even known to git
        found = choose_reference(root, None, "migrations")
        assert (found.commit, str(found), found.why) == (left, left[:8], "where this branch left main")
        commit(root, "Greets")
        (root / "new.txt").write_text("")


def test_on_main_the_code_before_the_last_migration(tmp_path: Path) -> None:
    root = tmp_path / "notebook"
    before = notebook(root)
    migration(root, "0002_it", "0001", "    op.execute('select 1')")
    commit(root, "It")
    rewrite(root, _GREETS)
    commit(root, "Greets")
    found = choose_reference(root, None, "migrations")
    assert (found.commit, found.why) == (before, "the commit before the last one that changed migrations/")
    (root / "new.txt").write_text("")  # an uncommitted file: main is what runs
    assert choose_reference(root, None, "migrations").why == "where this branch left main"


def test_a_named_one_is_that_very_commit(tmp_path: Path) -> None:
    """Not where the branches parted: it is what runs."""
    root = tmp_path / "notebook"
    notebook(root)
    git(root, "checkout", "--quiet", "-b", "other")
    rewrite(root, _GREETS)
    other = commit(root, "Other")
    git(root, "checkout", "--quiet", "main")
    found = choose_reference(root, "other", "migrations")
    assert (found.commit, str(found)) == (other, f"other ({other[:8]})")
    assert differs(root, other)
    assert not differs(root, "HEAD")


def test_the_files_of_a_part_of_a_repository(tmp_path: Path) -> None:
    """Git's index stays as it is: what is staged there is not written out."""
    root = tmp_path / "notebook"
    notebook(root)
    git(tmp_path, "init", "--quiet")
    (tmp_path / "other.txt").write_text("")
    (root / ".git").rename(tmp_path / "unused")
    whole = commit(tmp_path, "All")
    rewrite(root, _GREETS)
    git(tmp_path, "add", "--all")
    code = export(root, whole, tmp_path / "code")
    assert code == tmp_path / "code" / "notebook"
    assert '"ok"' in (code / "apps/desk/src/desk/main.py").read_text()
    assert git(tmp_path, "diff", "--cached", "--name-only") == "notebook/apps/desk/src/desk/main.py"


def test_each_request_goes_to_either() -> None:
    """Of two of a kind in a row each copy gets one; what asks for health is not counted; none is taken while it is shut."""
    front, first, second = free_ports(3)

    async def copy(port: int) -> asyncio.Server:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            body = str(port).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            await writer.drain()
            writer.close()

        return await asyncio.start_server(answer, "127.0.0.1", port)

    async def ask() -> tuple[list[int], int, str]:
        copies = [await copy(first), await copy(second)]
        balancer = Balancer([front], ["/live"])
        await balancer.open()
        balancer.lead_to([first, second])
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{front}", trust_env=False) as page:
            got = []
            for number in range(20):
                got.append(int((await page.get(f"/api/v1/notes/{number}")).text))
                await page.post("/api/v1/notes")
            await page.get("/live?at=once")
            served = sum(balancer.served.values())
            balancer.shut = True
            try:
                refused = (await page.get("/notes")).text
            except httpx.RemoteProtocolError as problem:
                refused = type(problem).__name__
        await balancer.close()
        for each in copies:
            each.close()
        return got, served, refused

    got, served, refused = asyncio.run(ask())
    assert all(set(got[at : at + 2]) == {first, second} for at in range(0, 20, 2)), got
    assert (served, refused) == (40, "RemoteProtocolError")


def test_a_kind_of_request() -> None:
    assert (
        kind_of(b"GET /api/v1/orders/7f1e/journal?after=3 HTTP/1.1\r\nHost: a\r\n\r\n")
        == "GET /api/v1/orders/*/journal"
    )
    assert kind_of(b"POST /api/v1/orders HTTP/1.1\r\n\r\n") == "POST /api/v1/orders"


_LOG = """\
|00000|LOG:  database system is ready to accept connections
desk.old|42703|ERROR:  column "text" does not exist at character 12
desk.old|42703|HINT:  Perhaps you meant to reference the column "notes.body".
desk.old|42703|STATEMENT:  select id, text
\tfrom notes
\twhere id = $1
desk.new|23505|ERROR:  duplicate key value violates unique constraint "uq_notes"
desk.new|23505|DETAIL:  Key (text)=(secret) already exists.
desk.new|23505|STATEMENT:  insert into notes (text) values ($1)
owner|00000|LOG:  devkit-mark
"""


def test_the_servers_log_says_who_was_refused_what() -> None:
    """Without what stands in the rows."""
    assert list(parse(_LOG)) == [
        SqlError("desk.old", "42703", 'column "text" does not exist', "select id, text from notes where id = $1"),
        SqlError(
            "desk.new", "23505", 'duplicate key value violates unique constraint "uq_notes"',
            "insert into notes (text) values ($1)",
        ),
    ]  # fmt: skip


def test_a_service_is_a_user_of_its_own() -> None:
    url = "postgresql://owner:p%40ss@127.0.0.1:5432/notebook"
    assert as_user({"DATABASE_URL": url, "A": "b"}, url, "order-service.old") == {
        "DATABASE_URL": "postgresql://order-service.old:p%40ss@127.0.0.1:5432/notebook",
        "A": "b",
    }


def test_what_two_branches_added_is_one_step(tmp_path: Path, postgres_server: Postgres) -> None:
    root = tmp_path / "notebook"
    notebook(root)
    migration(root, "0002_here", "0001", "    op.execute('select 1')")
    url, folder = postgres_server.create(), root / "migrations"
    migrate(url, folder, to="0002")
    migration(root, "0003_after", "0002", "    op.execute('select 1')")
    migration(root, "002b_there", "0001", "    op.execute('select 1')")
    migration(root, "0004_both", None, "    op.execute('select 1')")
    rewrite(
        root,
        {"down_revision = '0004', None": "down_revision = '0004', ('0003', '002b')"},
        "migrations/versions/0004_both.py",
    )
    migration(root, "0005_more", "0004", "    op.execute('select 1')")
    steps = new_steps(root, folder, url, "the old code")
    names = [{revision.id for revision in step.revisions} for step in steps]
    assert names[-1] == {"0005"}
    assert set.union(*names) == {"0003", "002b", "0004", "0005"}
    for step in steps:
        step.apply(url)
    assert new_steps(root, folder, url, "the old code") == []
