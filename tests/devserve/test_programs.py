"""Programs that prepare a start: their output, and their end with all that they started."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
from devserve.programs import ProgramEnded, Programs

from tests.support.demo import until
from tests.support.platform import ROOT
from tests.support.polling import PATIENCE


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_output_and_code(tmp_path: Path) -> None:
    done = Programs().run(
        ["sh", "-c", "pwd; echo $WORD >&2; exit 3"], folder=tmp_path, environment={"WORD": "said"}
    )
    assert (done.code, done.output.split()) == (3, [str(tmp_path), "said"])
    with pytest.raises(FileNotFoundError):
        Programs().run(["/nowhere/at/all"])


def test_what_it_leaves_behind_ends_with_it() -> None:
    """It holds the output open as well: nobody waits for that."""
    done = Programs().run(["sh", "-c", "sleep 100000 & echo $!"])
    until(lambda: is_gone(int(done.output)))


@pytest.mark.parametrize(
    "script", ["sleep 100000", "trap '' TERM; sleep 100000 & wait; wait", "kill -STOP $$"]
)
def test_an_end_from_another_thread(script: str, tmp_path: Path) -> None:
    programs, ended = Programs(), threading.Event()

    def run() -> None:
        with pytest.raises(ProgramEnded):
            programs.run(["sh", "-c", f"echo $$ > pid; {script}"], folder=tmp_path)
        ended.set()

    threading.Thread(target=run, daemon=True).start()
    noted = tmp_path / "pid"
    until(lambda: noted.exists() and noted.read_text().strip())
    programs.end(grace=0.2)
    assert ended.wait(PATIENCE)
    assert is_gone(int(noted.read_text()))
    with pytest.raises(ProgramEnded):
        programs.run(["true"])


def test_ctrl_c_in_a_terminal(tmp_path: Path) -> None:
    """The program is in the command's own group, and gone when the command is."""
    code = (
        "from devserve.programs import Programs\n"
        f"Programs(apart=False).run(['sh', '-c', 'echo $$ > {tmp_path}/pid; exec sleep 100000'])\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, cwd=Path(ROOT) / "tools", start_new_session=True, stderr=subprocess.PIPE
    ) as process:
        noted = tmp_path / "pid"
        until(lambda: noted.exists() and noted.read_text().strip())
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGINT
    until(lambda: is_gone(int(noted.read_text())))
