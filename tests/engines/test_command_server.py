"""Daily commands as the running platform's command server runs them: like themselves, with their caller's everything."""

from __future__ import annotations

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from tests.support.demo import Demo, demo, until
from tests.support.platform import ROOT
from tests.support.polling import PATIENCE
from tests.support.processes import commands_below

_TOOLS = Path(ROOT) / "tools"
# As tools/__main__.py, but for what happens when nobody takes it.
_HANDED_OVER = (
    "import sys; tools, installation = sys.argv[1:3]; sys.path.insert(0, tools); from handover import hand_over; "
    "code = hand_over(sys.argv[3:], installation); sys.exit(99 if code is None else code)"
)
NOBODY = 99
pytestmark = pytest.mark.fork


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    # A folder as deep as a socket's path is not.
    with demo(tmp_path_factory.mktemp("served") / ("deep-" * 12) / ("down-" * 12)) as made:
        made.up()
        is_served(made)
        yield made


def command(*arguments: str, installation: Path = Path(ROOT)) -> list[str]:
    return [
        sys.executable,
        "-E",
        "-s",
        "-c",
        _HANDED_OVER,
        str(installation / "tools"),
        str(installation),
        *arguments,
    ]


def served(platform: Demo, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Runs a command by the command server alone."""
    given: dict[str, Any] = {"env": platform.environment(), "stdin": subprocess.DEVNULL, "timeout": PATIENCE}
    return subprocess.run(command(*arguments), capture_output=True, text=True, **(given | options))


def is_served(platform: Demo) -> None:
    """Asks until there is a server: it is started when somebody asks for the first time."""
    platform.devkit("status")
    until(lambda: served(platform, "logs").returncode != NOBODY, what="the command server")


def children(platform: Demo) -> list[psutil.Process]:
    """The command server and what it runs."""
    below = commands_below(platform.run_state()["pid"])
    return [process for process, command in below.items() if command[:1] == ["devkit: commands"]]


@pytest.mark.parametrize(
    "words",
    [
        ("status", "--json"), ("logs", "hello"), ("db", "status"), ("db", "status", "--json"), ("db", "migrate"),
        ("logs", "nobody"), ("db", "migrat"), ("status", "--engine", "docker"), ("webhook", "shopify", "orders/create"),
        ("status", "--help"), ("debug", "--status"), ("stop", "nobody"), ("webhook", "list", "shopify"),
    ],
)  # fmt: skip
def test_it_is_the_same_command(platform: Demo, words: tuple[str, ...]) -> None:
    here = platform.devkit(*words, check=False, DEVKIT_DIRECT="1")
    there = served(platform, *words)
    # The figure that is measured at each call.
    outputs = [re.sub(r'"memory": \d+', '"memory": 1', done.stdout) for done in (there, here)]
    assert (there.returncode, outputs[0], there.stderr) == (here.returncode, outputs[1], here.stderr)


def test_every_command_goes_there_by_itself(platform: Demo) -> None:
    before = {process.pid for process in children(platform)}
    listing = "import os, sys; os.execv(sys.argv[1], sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", listing, *platform.command("logs", "hello")], env=platform.environment(LOG="x"),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "hello  | " in done.stdout
    loaded = subprocess.run(
        [sys.executable, "-E", "-s", "-v", str(_TOOLS), "logs", "hello"], env=platform.environment(),
        capture_output=True, text=True, check=True,
    ).stderr  # fmt: skip
    assert "import 'typer'" not in loaded
    assert {process.pid for process in children(platform)} == before


def test_what_follows_or_listens_does_not(platform: Demo) -> None:
    for words in (
        ["logs", "-f"],
        ["webhook", "listen"],
        ["debug", "hello", "--wait"],
        ["up"],
        ["down"],
        ["stop"],
        [],
    ):
        assert served(platform, *words).returncode == NOBODY, words
    assert served(platform, "status", env=platform.environment(DEVKIT_DIRECT="1")).returncode == NOBODY


def test_it_has_its_callers_folder_environment_and_umask(platform: Demo, tmp_path: Path) -> None:
    environment = {name: value for name, value in platform.environment().items() if name != "DEVKIT_ROOT"}
    below = platform.root / "apps" / "hello"
    assert "hello  | " in served(platform, "logs", "hello", env=environment, cwd=below).stdout
    before = os.umask(0o027)
    try:
        made = served(platform, "db", "revision", "a mode").stdout.strip()
    finally:
        os.umask(before)
    file = platform.root / made
    assert file.stat().st_mode & 0o777 == 0o640
    file.unlink()
    elsewhere = served(platform, "logs", env=environment | {"DEVKIT_ROOT": str(tmp_path)})
    assert elsewhere.returncode == NOBODY


def test_pipes_that_close_and_files_as_output(platform: Demo, tmp_path: Path) -> None:
    shell = f'"{sys.executable}" -E -s "{_TOOLS}" logs hello | head -n 1; echo ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", shell], env=platform.environment(), capture_output=True, text=True)
    assert (done.stdout.count("\n"), done.stdout.splitlines()[-1], done.stderr) == (2, "0", "")
    with (tmp_path / "out").open("w") as out:
        subprocess.run(platform.command("logs", "hello"), env=platform.environment(), stdout=out, check=True)
    assert "hello  | " in (tmp_path / "out").read_text()
    closed = subprocess.run(
        ["bash", "-c", f'"{sys.executable}" -E -s "{_TOOLS}" logs hello >&-'], env=platform.environment(),
        capture_output=True, text=True,
    )  # fmt: skip
    assert (closed.returncode, closed.stderr) == (0, "")


def test_a_terminal_is_seen(platform: Demo) -> None:
    ours, theirs = pty.openpty()
    environment = platform.environment(TERM="xterm")
    with subprocess.Popen(
        command("status"), env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    ) as running:
        os.close(theirs)
        said = b""
        try:
            while part := os.read(ours, 65536):
                said += part
        except OSError:
            pass  # the other side has closed
        assert running.wait(PATIENCE) == 0
    os.close(ours)
    assert b"\x1b[1m" in said


# Before a command: it ignores these signals, as under nohup or in the background of a script.
_IGNORING = (
    sys.executable, "-I", "-c",
    "import os, signal, sys; [signal.signal(int(each), signal.SIG_IGN) for each in sys.argv[1].split(',')]; "
    "os.execv(sys.argv[2], sys.argv[2:])",
)  # fmt: skip


@pytest.mark.parametrize(
    ("number", "code", "ignored"),
    [
        (signal.SIGINT, 130, ()),
        (signal.SIGTERM, 1, ()),
        (signal.SIGKILL, -9, ()),
        (signal.SIGKILL, -9, (signal.SIGHUP,)),
        (signal.SIGKILL, -9, (signal.SIGHUP, signal.SIGTERM)),
    ],
)
def test_signals_reach_it(
    platform: Demo, number: signal.Signals, code: int, ignored: tuple[signal.Signals, ...]
) -> None:
    """A migration waits for the lock that this test holds, until its caller is told to end."""
    server = children(platform)[0]
    with psycopg.connect(platform.database_url().rpartition("/")[0] + "/postgres", autocommit=True) as holder:
        holder.execute("select pg_advisory_lock(x'6465766B6974'::bigint)")
        before = (*_IGNORING, ",".join(str(int(each)) for each in ignored)) if ignored else ()
        running = subprocess.Popen(
            [*before, *command("db", "migrate")],
            env=platform.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with running:
            until(server.children, what="the command in the server")
            until(lambda: waiting(holder), what="its wait for the lock")
            running.send_signal(number)
            said = running.communicate(timeout=PATIENCE)[1]
            assert running.returncode == code, said
            until(lambda: not server.children(), what="the end of the command")
    assert "Traceback" not in said
    assert (code == 1) == ("was ended before it was done" in said)


def waiting(connection: psycopg.Connection) -> bool:
    """Whether another devkit is connected."""
    query = "select count(*) from pg_stat_activity where application_name like 'devkit%' and pid <> pg_backend_pid()"
    row = connection.execute(query).fetchone()
    return bool(row and row[0])


def test_many_at_once(platform: Demo) -> None:
    running = [
        subprocess.Popen(
            command("logs", "hello"), env=platform.environment(), stdout=subprocess.PIPE, text=True
        )
        for _ in range(20)
    ]
    said = {process.communicate(timeout=PATIENCE)[0] for process in running}
    codes = {process.returncode for process in running}
    assert codes <= {0, NOBODY}, "a server that has much to do leaves some to themselves"
    assert 0 in codes
    assert len(said - {""}) == 1


def test_a_caller_that_leaves_before_it_has_asked_runs_nothing(platform: Demo) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as channel:
        before = Path.cwd()
        os.chdir(platform.root / ".devkit")
        try:
            channel.connect("commands.sock")
        finally:
            os.chdir(before)
        assert channel.recv(4096).startswith(b"ready /")
        channel.sendall(b"\x00\x00\xff\xff{")
    assert served(platform, "logs", "hello").returncode == 0
    assert not children(platform)[0].children()


def test_another_devkit_is_not_served(platform: Demo, tmp_path: Path) -> None:
    shutil.copytree(_TOOLS, tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        command("logs", "hello", installation=tmp_path),
        env=platform.environment(),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (NOBODY, "")


def test_it_ends_with_the_platform_and_after_a_change_of_devkit(tmp_path: Path) -> None:
    installation = tmp_path / "devkit"
    for name in ("tools", "libs"):
        shutil.copytree(Path(ROOT) / name, installation / name, ignore=shutil.ignore_patterns("__pycache__"))
    (installation / "requirements").mkdir()

    class Other(Demo):
        def command(self, *arguments: str) -> list[str]:
            return [sys.executable, "-E", "-s", str(installation / "tools"), *arguments]

    with demo(tmp_path / "clone") as made:
        platform = Other(made.root, made.ports)

        def code() -> int:
            return subprocess.run(
                command("logs", "other", installation=installation),
                env=platform.environment(),
                capture_output=True,
            ).returncode

        platform.up("other")
        platform.devkit("status")
        until(lambda: code() == 0, what="the command server")
        server = children(platform)[0]
        changed = installation / "tools" / "devkit" / "commands" / "logs.py"
        changed.write_text(changed.read_text() + "\nraise SystemExit(77)\n")
        assert platform.program("logs", "other").returncode == 77, "the code of now, not of then"
        until(lambda: not server.is_running(), what="the end of the old server")
        changed.write_text((_TOOLS / "devkit" / "commands" / "logs.py").read_text())
        until(lambda: code() == 0, what="the new command server")
        server = children(platform)[0]
        platform.devkit("down")
        assert not server.is_running()
        assert code() == NOBODY
        assert (
            "nothing runs"
            in platform.devkit("status", check=False).stdout.lower()
            + platform.devkit("status", check=False).stderr.lower()
        )
