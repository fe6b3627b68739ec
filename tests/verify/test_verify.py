"""`devkit verify` on a small platform, with real servers and processes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from devkit.checks import Problem
from devkit.engines.local.site import local_site
from devkit.verify import sync
from devkit.verify.sync import check_sync

from tests.support.demo import Demo, until
from tests.support.polling import PATIENCE, looks
from tests.support.processes import commands_below
from tests.support.terminal import terminal
from tests.verify.scene import another_program, results, verify

LOOKS = {
    "forwards.postgres": "ok", "forwards.redis": "ok", "forwards.hello": "ok", "forwards.hello.debug": "ok",
    "forwards.other": "ok", "forwards.other.debug": "ok", "dns.hello": "skipped", "dns.other": "skipped",
}  # fmt: skip
CHANGES = {"sync.hello": "ok", "sync.other": "ok", "restart.hello": "ok", "restart.other": "ok"}


def pids(platform: Demo) -> tuple[int, int]:
    return platform.get("hello")["pid"], platform.get("other")["pid"]


def test_all_is_well_and_sources_are_as_before(running: Demo) -> None:
    source = running.source("hello")
    before = (source.read_bytes(), source.stat().st_mtime_ns)
    found = verify(running)
    assert results(found) == LOOKS | CHANGES, "order or outcome differs"
    assert list(found) == [*LOOKS, *CHANGES]
    assert found["forwards.postgres"]["detail"].startswith("Postgres 16.")
    assert found["forwards.postgres"]["detail"].endswith("database demo")
    assert found["forwards.redis"]["detail"].startswith("Redis 6.")
    assert re.fullmatch(r"new code answers after [\d.]+ s; put back", found["sync.hello"]["detail"])
    assert re.match(r"ready again after [\d.]+ s; .* requests meanwhile", found["restart.hello"]["detail"])
    assert (source.read_bytes(), source.stat().st_mtime_ns) == before


def test_a_restart_leaves_no_debugger_behind_and_looking_does(running: Demo) -> None:
    verify(running, "--only", "forwards.other.debug")
    assert debuggers(running) == {"other"}
    verify(running, "--only", "restart.other")
    until(lambda: debuggers(running) == set())


def debuggers(platform: Demo) -> set[str]:
    """The services whose debug port a process with a debugger answers. docs/verify.md speaks of it."""
    titles = [" ".join(command) for command in commands_below(platform.run_state()["pid"]).values()]
    return {title.rpartition("debugger of ")[2].strip() for title in titles if "debugger of " in title}


def test_looking_alone_restarts_nothing(running: Demo) -> None:
    before = pids(running)
    assert results(verify(running, "--read-only")) == LOOKS
    assert pids(running) == before


def test_some_checks_by_id_group_and_beginning(running: Demo) -> None:
    assert list(verify(running, "--only", "sync.other")) == ["sync.other"]
    assert list(verify(running, "--only", "forwards.hello")) == ["forwards.hello", "forwards.hello.debug"]
    left = verify(running, "--skip", "sync", "--skip", "restart", "--skip", "forwards.hello.debug")
    assert set(left) == set(LOOKS) - {"forwards.hello.debug"}
    wrong = running.devkit("verify", "--only", "forward", check=False)
    assert (wrong.returncode, "did you mean 'forwards'?" in wrong.stderr) == (2, True)


def test_each_check_is_told_once(running: Demo) -> None:
    done = running.devkit("verify", "--only", "forwards.redis")
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0].startswith("ok       forwards.redis  Redis")
    assert re.fullmatch(r"1 passed in \d+\.\d s, engine local", lines[-1])
    programs = running.devkit("verify", "--only", "forwards.redis", "--json")
    assert programs.stderr.startswith("forwards.redis ok: Redis"), "progress in the log of a CI job"
    with terminal(running.environment(), columns=150) as shell:
        shell.run(running.command("verify", "--only", "forwards"))
        ended = until(
            lambda: next((line for line in shell.screen() if " passed" in line), ""), what="the summary"
        )
        assert ended.startswith("6 passed"), "\n".join(shell.screen())
        told = [line.split()[1] for line in shell.screen() if line.startswith("ok ")]
        assert sorted(told) == sorted(set(told)), "each once"
        assert len(told) == 6


@contextmanager
def broken(platform: Demo, service: str) -> Iterator[None]:
    """Its code does not load; its port is closed."""
    platform.edit(service, r"app = FastAPI\(\)", "app = FastAPI(\nraise RuntimeError")
    until(lambda: platform.statuses()[service]["state"] == "crashed", what="the crash")
    try:
        yield
    finally:
        platform.edit(service, r"app = FastAPI\(\nraise RuntimeError", "app = FastAPI()")
        until(lambda: platform.statuses()[service]["state"] == "ready", what="the recovery")


def test_a_service_that_is_down_and_others_in_its_place(running: Demo) -> None:
    port = running.ports["hello"]
    with broken(running, "hello"):
        # A next try opens the port for a moment; then it is another look that meets nobody.
        for _ in looks():
            found = verify(running, "--skip", "dns", code=1)
            if found["forwards.hello"]["detail"] == f"nothing listens on 127.0.0.1:{port}":
                break
        assert found["forwards.hello"]["detail"] == f"nothing listens on 127.0.0.1:{port}"
        assert found["forwards.hello"]["fix"] == "./devkit status shows it; ./devkit restart hello"
        assert found["sync.hello"]["detail"] == "not checked because forwards.hello failed"
        expected = LOOKS | CHANGES | {"forwards.hello": "failed", "forwards.hello.debug": "failed"}
        expected |= {"sync.hello": "skipped", "restart.hello": "skipped"}
        assert results(found) == {k: v for k, v in expected.items() if not k.startswith("dns")}

        with another_program(port):
            said = verify(running, "--only", "forwards.hello", code=1)["forwards.hello"]
            assert "does not answer with JSON (the page 'Notes'" in said["detail"]
            assert f"(pid {os.getpid()})" in said["detail"]
            assert said["fix"] == "stop it, or move the platform's ports (./devkit up --port-offset 100)"
        with another_program(port, '{"status": "ok", "service": "other"}', "application/json"):
            said = verify(running, "--only", "forwards.hello", code=1)["forwards.hello"]
            assert "other answers there, not hello" in said["detail"]
        for _ in looks():
            human = running.devkit("verify", "--only", "forwards.hello.debug", check=False)
            if re.search(r"^ +→ ./devkit status shows it", human.stdout, re.M):
                break
        assert human.returncode == 1
        assert re.search(r"^ +→ ./devkit status shows it", human.stdout, re.M)
    assert results(verify(running, "--read-only")) == LOOKS


def test_a_change_that_cannot_be_loaded_fails_and_is_put_back(
    running: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = running.source("other")
    guard = '\nif "devkit-" + "verify" in open(__file__).read():\n    raise RuntimeError("no")\n'
    clean = source.read_bytes()
    source.write_bytes(clean + guard.encode())
    until(lambda: running.statuses()["other"]["state"] == "ready")
    running.devkit("restart", "other")
    before = (source.read_bytes(), source.stat().st_mtime_ns)
    monkeypatch.setattr(sync, "_SECONDS", 8.0)
    with pytest.raises(Problem, match=r"a changed file is not loaded within 8 s: \w"):
        check_sync(local_site(running.root), "other")
    assert (source.read_bytes(), source.stat().st_mtime_ns) == before
    until(lambda: running.statuses()["other"]["state"] == "ready", what="the recovery")
    source.write_bytes(clean)
    running.devkit("restart", "other")


SLOW = """
import os
import time

while "devkit-" + "verify" in open(__file__).read() and not os.path.exists({!r}):
    time.sleep(0.05)
"""


@contextmanager
def slow_to_load(platform: Demo) -> Iterator[Path]:
    """`hello` does not load while a check has changed it, unless there is a file `go-on`."""
    source = platform.source("hello")
    clean = source.read_bytes()
    source.write_bytes(clean + SLOW.format(str(platform.root / "go-on")).encode())
    platform.devkit("restart", "hello")
    try:
        yield source
    finally:
        source.write_bytes(clean)
        platform.devkit("restart", "hello")
        (platform.root / "go-on").unlink(missing_ok=True)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_file_is_put_back_when_the_check_is_interrupted(running: Demo, how: signal.Signals) -> None:
    with slow_to_load(running) as source:
        before = (source.read_bytes(), source.stat().st_mtime_ns)
        with checking(running, "sync.hello") as process:
            until(lambda: source.read_bytes() != before[0], what="the change")
            process.send_signal(how)
            assert process.wait(PATIENCE) == 130
        assert (source.read_bytes(), source.stat().st_mtime_ns) == before


def test_what_a_killed_check_left_is_taken_away_by_the_next(running: Demo) -> None:
    with slow_to_load(running) as source:
        before = source.read_bytes()
        with checking(running, "sync.hello") as process:
            until(lambda: source.read_bytes() != before, what="the change")
            process.kill()
            process.wait(PATIENCE)
        left = source.read_bytes().removeprefix(before)
        assert left.startswith(b"# devkit-verify-")
        source.write_bytes(before.partition(b"\nimport os\nimport time\n")[0] + left)
        verify(running, "--only", "sync.hello")
        assert b"devkit-verify" not in source.read_bytes()


@contextmanager
def checking(platform: Demo, name: str) -> Iterator[subprocess.Popen[bytes]]:
    command = platform.command("verify", "--only", name)
    with subprocess.Popen(command, env=platform.environment(), stderr=subprocess.DEVNULL) as process:
        yield process


def test_what_is_saved_meanwhile_stays(running: Demo) -> None:
    with slow_to_load(running) as source:
        before = source.read_bytes()
        with checking(running, "sync.hello") as process:
            until(lambda: source.read_bytes() != before, what="the change")
            saved = source.read_bytes() + b"\nSAVED = 1\n"
            source.write_bytes(saved)
            (running.root / "go-on").touch()
            assert process.wait(PATIENCE) == 0
        assert source.read_bytes() == saved


def test_checks_of_the_repository(running: Demo) -> None:
    folder = running.root / "dev/verify"
    folder.mkdir()
    (folder / "greeting.py").write_text(
        '"""It greets."""\n\n\ndef check(platform):\n'
        "    import urllib.request\n\n"
        '    platform.wait("greeted", lambda: urllib.request.urlopen(platform.url("hello")).read(), 60)\n'
    )
    (folder / "wrong.py").write_text(
        'CHANGES = False\n\n\ndef check(platform):\n    assert False, "greets nobody"\n'
    )
    (folder / "_shared.py").write_text("raise RuntimeError\n")
    listed = running.devkit("verify", "--list").stdout
    assert "greeting              yes      It greets" in listed
    found = verify(running, "--only", "greeting", "--only", "wrong", code=1)
    assert re.match(r"greeted \d+\.\d", found["greeting"]["detail"])
    assert found["wrong"]["detail"] == "greets nobody"
    assert "greeting" not in results(verify(running, "--read-only", code=1))
    for name, text, said in (
        ("sync.py", "def check(platform): pass\n", "sync cannot be a name"),
        ("broken.py", "import nothing_such\n", "dev/verify/broken.py:1 cannot be loaded: No module named"),
        ("empty.py", "", "dev/verify/empty.py has no function check(platform)"),
    ):
        (folder / name).write_text(text)
        done = running.devkit("verify", "--list", check=False)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
        (folder / name).unlink()
