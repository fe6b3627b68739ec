"""What a debugger costs that nobody attached, and how soon one that is attached stops."""

from __future__ import annotations

import threading
import time

import httpx

from bench.clone import Clone, clone
from bench.report import Section, median, spread
from tests.support.dap import Debugger

__all__ = ["measure"]

ROUNDS, ROUND, ATTACHES = 12, 200, 5
_PORT, _DEBUG_PORT = 3001, 9230
_SOURCE = "libs/common/health.py"


def measure() -> list[Section]:
    """One section."""
    with clone() as debugged:
        debugged.up("order-service")
        with clone() as plain:
            table = plain.root / "dev" / "services.yaml"
            table.write_text(table.read_text().replace("\ndebug: true\n", "\ndebug: false\n"))
            plain.up("order-service")
            pairs = [(_round(debugged), _round(plain)) for _ in range(ROUNDS)]
            first = _seconds_to_stop(debugged)
            again = [_seconds_to_stop(debugged) for _ in range(ATTACHES)]
            with Debugger(_DEBUG_PORT + debugged.offset) as client:
                client.attach({})
                attached = [(_round(debugged), _round(plain)) for _ in range(ROUNDS)]
    ratios = [one / other for one, other in pairs]
    heavier = [one / other for one, other in attached]
    return [
        Section(
            "Debugger",
            ("measure", "result"),
            (
                (f"a request with the debug port open and nobody attached, {ROUNDS} rounds of {ROUND}", spread([one * 1000 for one, _ in pairs], "ms")),
                ("the same with `debug: false`", spread([other * 1000 for _, other in pairs], "ms")),
                ("**ratio** (goal: at most 1.1)", f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"),
                ("ratio while a debugger is attached", f"{median(heavier):.2f} ({min(heavier):.2f} to {max(heavier):.2f})"),
                ("attach → stopped at a breakpoint, the first time", f"{first:.2f} s"),
                (f"the same, {ATTACHES} times after that", spread(again)),
            ),
            ("The first attach loads debugpy: into the process that answers the port, and into the service.",),
        )
    ]  # fmt: skip


def _url(made: Clone) -> str:
    return f"http://127.0.0.1:{_PORT + made.offset}/health/live"


def _round(made: Clone) -> float:
    took = []
    with httpx.Client(trust_env=False) as client:
        for _ in range(ROUND):
            began = time.perf_counter()
            client.get(_url(made)).raise_for_status()
            took.append(time.perf_counter() - began)
    return median(took)


def _seconds_to_stop(made: Clone) -> float:
    """From the first byte of an editor to its view of the stopped thread."""
    source = made.root / _SOURCE
    lines = source.read_text().splitlines()
    live = next(number for number, line in enumerate(lines) if '"/live"' in line)
    line = next(n for n, text in enumerate(lines, 1) if n > live and text.lstrip().startswith("return"))
    began = time.perf_counter()
    with Debugger(_DEBUG_PORT + made.offset) as client:
        client.attach({str(source): [line]})
        asking = threading.Thread(target=lambda: httpx.get(_url(made), timeout=30, trust_env=False))
        asking.start()
        thread = client.stopped()
        took = time.perf_counter() - began
        client.request("continue", threadId=thread)
        asking.join()
    return took
