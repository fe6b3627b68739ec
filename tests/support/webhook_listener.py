"""`devkit webhook listen` while a test sends to it."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Queue
from threading import Thread
from typing import IO

from tests.support.demo import Demo
from tests.support.polling import PATIENCE

__all__ = ["Listener", "listening"]


@dataclass
class Listener:
    url: str
    lines: Queue[str]
    said: str

    def next(self) -> str:
        return self.lines.get(timeout=PATIENCE)


def _read(out: IO[str], lines: Queue[str]) -> None:
    for line in out:
        lines.put(line)


@contextmanager
def listening(clone: Demo, *arguments: str, stdin: str = "", **environment: str) -> Iterator[Listener]:
    command = clone.command("webhook", "listen", "--port", "0", *arguments)
    with subprocess.Popen(
        command,
        env=clone.environment(**environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(stdin)
        process.stdin.close()
        assert process.stdout is not None
        assert process.stderr is not None
        said = ""
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", said)):
            line = process.stderr.readline()
            assert line, said
            said += line
        lines: Queue[str] = Queue()
        reader = Thread(target=_read, args=(process.stdout, lines), daemon=True)
        reader.start()
        try:
            yield Listener(found[0], lines, said)
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(PATIENCE)
            assert code == 130, (code, process.stderr.read())
