"""Requests at a rate that does not wait for answers, from outside a stack: on new connections, on kept ones, and slow ones. All are
POSTs, and none is repeated."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

__all__ = ["CLASSES", "Asked", "asked"]

# Path and requests a second, by class.
CLASSES = {"new": ("/", 15.0), "kept": ("/", 15.0), "slow": ("/slow?2.5", 2.0)}
_TIMEOUT = 20.0
_WORKERS = 96


@dataclass
class Asked:
    """What became of them: requests by class, failures by class and kind, and the builds that answered."""

    sent: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    builds: set[str] = field(default_factory=set)
    stop: threading.Event = field(default_factory=threading.Event)

    def enough(self) -> None:
        """Sends no more once those that are due now have gone."""
        time.sleep(2)
        self.stop.set()


@contextmanager
def asked(
    port: int, host: str, seconds: float, classes: dict[str, tuple[str, float]] = CLASSES
) -> Iterator[Asked]:
    """Asks the proxy at a port of loopback, for as long as `seconds` at most. All answers are in at the end."""
    found, lock, idle = Asked(), threading.Lock(), SimpleQueue[http.client.HTTPConnection]()

    def one(kind: str, path: str) -> None:
        made = None
        try:
            if kind == "kept":
                with suppress(Empty):
                    made = idle.get_nowait()
            made = made or http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
            made.request("POST", path, b"x", {"Host": host})
            answer = made.getresponse()
            body = answer.read().decode()
            with lock:
                found.sent[kind] += 1
                if answer.status == 200:
                    found.builds.add(body.split()[0])
                else:
                    found.failed[f"{kind}: {answer.status} {body.strip()[:60]}"] += 1
            if kind == "kept" and made.sock is not None:
                idle.put(made)
            else:
                made.close()
        except (OSError, http.client.HTTPException) as problem:
            with lock:
                found.sent[kind] += 1
                found.failed[f"{kind}: {type(problem).__name__} {problem}"] += 1
            if made is not None:
                made.close()

    def drive(kind: str, path: str, rate: float) -> None:
        due, end = time.monotonic(), time.monotonic() + seconds
        while due < end and not found.stop.is_set():
            pool.submit(one, kind, path)
            due += 1 / rate
            time.sleep(max(0.0, due - time.monotonic()))

    with ThreadPoolExecutor(_WORKERS) as pool:
        drivers = [threading.Thread(target=drive, args=(kind, *how)) for kind, how in classes.items()]
        for driver in drivers:
            driver.start()
        try:
            yield found
        finally:
            found.stop.set()
            for driver in drivers:
                driver.join()
    while not idle.empty():
        idle.get().close()
