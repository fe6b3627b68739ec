"""Every way in which a service can keep something, planted in a small platform: each is found, at its line."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.state.scene import SHELF, add_flow, append, audit, shelf

_LEAKS = "services/shop/code/shop/leaks.py"
_LINES = (SHELF / _LEAKS).read_text().splitlines()
_MARKED = {
    match[1]: number for number, line in enumerate(_LINES, 1) if (match := re.search(r"# leak: (\S+)$", line))
}
# Where Python is not told, the line that started the program is named; or that which hands the work to a library.
_UNMARKED = {"code], check", "/bin/sh", "jobs, app.state.served ="}
_RULES = {
    "temporary": {"state.left", "state.shared"}, "sqlite": {"state.files"}, "sqlite-in-memory": {"state.files"},
    "beside-the-code": {"state.files"}, "home": {"state.files"},
}  # fmt: skip


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the audit's own folder is made."""
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory, temporary: Path) -> tuple[Path, dict[str, Any]]:
    """The platform with all of them, and its report."""
    root = shelf(tmp_path_factory.mktemp("planted") / "shelf")
    shutil.copy(SHELF / _LEAKS, root / _LEAKS)
    append(root, "\n\nfrom shop.leaks import plant  # noqa: E402\n\nplant(app)\n")
    add_flow(
        root, "leak",
        'for path in page.get("/openapi.json").json()["paths"]:\n'
        '    if path not in ("/live", "/total"):\n'
        '        answer = page.post(path.replace("{user}", "someone"))\n'
        "        assert answer.status_code == 200, (path, answer.text)",
    )  # fmt: skip
    return root, audit(root, code=1, TMPDIR=str(temporary))


@pytest.mark.parametrize("kind", _MARKED)
def test_found_at_its_line(kind: str, planted: tuple[Path, dict[str, Any]]) -> None:
    _, report = planted
    here = {
        f["id"]
        for f in report["findings"]
        if f["place"] and (f["place"]["file"], f["place"]["line"]) == (_LEAKS, _MARKED[kind])
    }
    assert here == _RULES.get(kind, {"state.memory"}), f"{_LEAKS}:{_MARKED[kind]} {_LINES[_MARKED[kind] - 1]}"


def test_nothing_else_is_found(planted: tuple[Path, dict[str, Any]]) -> None:
    _, report = planted
    others = [
        f
        for f in report["findings"]
        if f["id"] != "state.hop"
        and (f["place"]["file"] != _LEAKS or f["place"]["line"] not in _MARKED.values())
    ]
    lines = [_LINES[f["place"]["line"] - 1] for f in others if f["place"]["file"] == _LEAKS]
    assert len(lines) == len(others) == 3, others
    assert all(any(part in line for part in _UNMARKED) for line in lines), lines


def test_another_process_has_another_temporary_folder(planted: tuple[Path, dict[str, Any]]) -> None:
    failed = [f["message"] for f in planted[1]["findings"] if f["id"] == "state.hop"]
    assert len(failed) == 1
    assert "('/read/{user}', 'Internal Server Error')" in failed[0]


def test_what_programs_write_counts_for_who_starts_them(planted: tuple[Path, dict[str, Any]]) -> None:
    messages = [f["message"] for f in planted[1]["findings"]]
    assert [m for m in messages if "writes child.txt" in m]
    assert [m for m in messages if "writes native.txt, of which Python is not told: perhaps by sh" in m]


def test_no_value_is_told(planted: tuple[Path, dict[str, Any]]) -> None:
    """Only what was asked for: the path, whose last part the flow chose."""
    told = [f["message"].replace("/someone", "") for f in planted[1]["findings"]]
    assert not [message for message in told if "someone" in message]


def test_nothing_is_left_and_the_repository_is_as_it_was(
    planted: tuple[Path, dict[str, Any]], temporary: Path
) -> None:
    root, _ = planted
    assert list(temporary.iterdir()) == []
    written = {path.name for path in root.rglob("*")} & {
        "users.txt",
        "shop.sqlite",
        "child.txt",
        "native.txt",
        ".devkit",
    }
    assert written == set()


def test_a_service_that_keeps_nothing(tmp_path: Path) -> None:
    """Lazily made objects, a cache without arguments, temporary files that are deleted."""
    report = audit(shelf(tmp_path / "shelf"), code=0)
    assert report["findings"] == []
    assert {check["id"]: check["result"] for check in report["checks"]} == dict.fromkeys(
        [
            "state.flow",
            "state.files",
            "state.left",
            "state.shared",
            "state.memory",
            "state.watched",
            "state.hop",
            "state.allow",
        ],
        "ok",
    )


_SESSION = """

SESSIONS: dict[str, str] = {}  # state: allow: the flow shows that this is not so


@app.post("/sign-in/{user}")
async def sign_in(user: str) -> dict[str, str]:
    SESSIONS["token-of-" + user] = user
    return {"token": "token-of-" + user}


@app.get("/me/{token}")
async def me(token: str) -> dict[str, str | None]:
    return {"user": SESSIONS.get(token)}


UNUSED = {}  # state: allow: nothing changes it
WITHOUT = {}  # state: allow
"""


def test_a_session_in_the_process_fails_by_hopping(tmp_path: Path) -> None:
    root = shelf(tmp_path / "shelf")
    append(root, _SESSION)
    add_flow(
        root, "sign_in",
        'token = page.post("/sign-in/ann").json()["token"]\nfound = page.get(f"/me/{token}").json()["user"]\n'
        'assert found == "ann", f"signed in, and then it is {found}"',
    )  # fmt: skip
    report = audit(root, "sign_in", code=1)
    found = {(f["id"], f["message"]) for f in report["findings"]}
    assert found == {
        (
            "state.hop",
            "sign_in passes with one process of each service, and not when each request and job goes to another: "
            "signed in, and then it is None",
        ),
        ("state.allow", "there is nothing here to allow"),
        ("state.allow", "this comment gives no reason, so it allows nothing"),
    }
    results = {check["id"]: (check["result"], check["detail"]) for check in report["checks"]}
    assert results["state.memory"] == ("ok", "1 services, 1 allowed")
