"""Debugging the platform as an editor does, whatever runs it: the same scenes for both engines."""

from __future__ import annotations

import json
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from signatures import scheme

from tests.support.dap import Debugger, launch_entry
from tests.support.polling import PATIENCE
from tests.support.shop import order

__all__ = ["INTAKE", "PARSED", "Scene"]

INTAKE = "apps/order-service/src/order_service/intake.py"
_ROUTE = "apps/gateway/src/gateway/webhooks.py"
_WORKER = "apps/print-service/src/print_service/prints.py"
PARSED = "shopify = ShopifyOrder.read(payload)"


@dataclass
class Sent:
    """A webhook under way, and what was answered."""

    number: str
    answer: httpx.Response | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Scene:
    """A running platform in the clone `root`. `sync` brings a saved file (path from the root) to where it runs; `port` says
    where a service's debug port is on this machine, if devkit does not know."""

    root: Path
    gateway: str
    secret: str = field(repr=False)
    sync: Callable[[str, str], None]
    port: Callable[[str], int] | None = None

    def attach(self, service: str, marks: Mapping[str, str]) -> Debugger:
        """A debugger with a breakpoint on the line that holds each text, by file; paths are this machine's."""
        places = {str(self.root / path): [self.line(path, text)] for path, text in marks.items()}
        if self.port is None:
            return Debugger.of(launch_entry(self.root, service), places)
        return Debugger.of(launch_entry(self.root, service, asks=False), places, self.port(service))

    def line(self, path: str, text: str) -> int:
        """The number of the one line that holds `text`."""
        lines = (self.root / path).read_text().splitlines()
        (number,) = [n for n, line in enumerate(lines, 1) if text in line]
        return number

    @contextmanager
    def an_order(self) -> Iterator[Sent]:
        """A signed `orders/create`, sent meanwhile; it must be accepted at the end."""
        sent = Sent(f"#{secrets.randbelow(10**9)}")
        body = order("CUP-1", order_id=8_000_000_000_000_000 + secrets.randbelow(10**12)) | {
            "name": sent.number
        }
        raw = json.dumps(body).encode()
        headers = {
            **scheme("shopify").sign(self.secret, raw),
            "X-Shopify-Topic": "orders/create",
            "X-Shopify-Webhook-Id": secrets.token_hex(16),
        }

        def send() -> None:
            started = time.monotonic()
            url = f"{self.gateway}/api/v1/webhooks/shopify"
            sent.answer = httpx.post(url, content=raw, headers=headers, timeout=300)
            sent.seconds = time.monotonic() - started

        thread = threading.Thread(target=send)
        thread.start()
        try:
            yield sent
        finally:
            thread.join(PATIENCE)
        assert sent.answer is not None, "the webhook was not answered"
        assert sent.answer.is_success, f"{sent.answer.status_code} {sent.answer.text}"

    # What must hold on either engine -------------------------------------------------------------------------

    def stops_in_a_request(self, hold: float = 6.0) -> None:
        """Stops, shows, evaluates, steps, goes on; the caller waits as long as it is held, and gets its answer."""
        with self.attach("order-service", {INTAKE: PARSED}) as debugger, self.an_order() as sent:
            thread = debugger.stopped()
            where = debugger.frame(thread)
            assert (where["source"]["path"], where["line"]) == (
                str(self.root / INTAKE), self.line(INTAKE, PARSED)
            )  # fmt: skip
            assert "payload" in debugger.local_variables(thread)
            assert debugger.evaluate(thread, "payload['name']") == repr(sent.number)
            time.sleep(hold)
            debugger.request("next", threadId=thread)
            thread = debugger.stopped()
            assert debugger.frame(thread)["line"] == self.line(INTAKE, PARSED) + 1
            assert sent.number in debugger.evaluate(thread, "shopify.number")
            debugger.request("continue", threadId=thread)
        assert sent.seconds >= hold

    def stops_in_two_services_in_one_request(self) -> None:
        with ExitStack() as stack:
            door = stack.enter_context(self.attach("gateway", {_ROUTE: 'path = f"/internal/webhooks/'}))
            owner = stack.enter_context(self.attach("order-service", {INTAKE: PARSED}))
            with self.an_order() as sent:
                thread = door.stopped()
                # The simulator's webhooks about earlier orders come by here as well.
                while door.evaluate(thread, "route.provider") != "'shopify'":
                    door.request("continue", threadId=thread)
                    thread = door.stopped()
                door.set_breakpoints(str(self.root / _ROUTE), [])
                door.request("continue", threadId=thread)
                thread = owner.stopped()
                assert owner.evaluate(thread, "payload['name']") == repr(sent.number)
                owner.request("continue", threadId=thread)

    def stops_in_a_worker(self) -> None:
        mark = "job, first = await _prepare(session, message)"
        with self.attach("print-service", {_WORKER: mark}) as debugger:
            with self.an_order():
                pass
            thread = debugger.stopped()
            assert debugger.evaluate(thread, "message.sku") == "'CUP-1'"
            assert debugger.frame(thread)["name"] == "create_print_job"
            debugger.set_breakpoints(str(self.root / _WORKER), [])
            debugger.request("continue", threadId=thread)

    def goes_on_after_a_save(self) -> None:
        """Attached once: the edit is synced, the session follows, and the breakpoint holds in the new line."""
        path = self.root / INTAKE
        before = path.read_text()
        sending: list[threading.Thread] = []
        with self.attach("order-service", {INTAKE: PARSED}) as debugger:
            old = debugger.request("evaluate", expression="__import__('os').getpid()")["result"]
            changed = re.sub(rf"( +)({re.escape(PARSED)})", r"\1added = 'by an edit'\n\1\2", before)
            assert changed != before
            try:
                path.write_text(changed)
                self.sync(INTAKE, "order-service")
                debugger.follow()
                debugger.set_breakpoints(str(path), [self.line(INTAKE, PARSED)])
                assert debugger.request("evaluate", expression="__import__('os').getpid()")["result"] != old
                thread = self._stopped_in_new_code(debugger, sending)
                assert debugger.evaluate(thread, "added") == "'by an edit'"
                debugger.request("continue", threadId=thread)
            finally:
                path.write_text(before)
                self.sync(INTAKE, "order-service")
                debugger.follow()
        for each in sending:  # none is under way when the next test ends a process
            each.join(PATIENCE)

    def _stopped_in_new_code(self, debugger: Debugger, sending: list[threading.Thread]) -> int:
        """Sends orders until one meets the new process: the old one answers what reaches it while it goes."""
        for _ in range(20):
            sending.append(threading.Thread(target=self._send_one))
            sending[-1].start()
            try:
                return int(debugger.event("stopped", 5)["threadId"])
            except (AssertionError, TimeoutError):
                continue
        raise AssertionError("no order stopped in the new code")

    def _send_one(self) -> None:
        with self.an_order():
            pass
