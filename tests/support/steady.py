"""Steady load and watching pages, as a program for a pod of its own: it uses what a service's image has, and nothing of ours.

`STEADY` (JSON) says what to do. It goes on until there is a file /tmp/end; then one line of JSON tells how it went.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import random
import ssl
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

END = "/tmp/end"
_AT_ONCE = 400
_WANTED: dict[str, Any] = json.loads(os.environ.get("STEADY", "{}"))
# Where no certificate is one that anybody trusts.
_ANY = bool(_WANTED.get("any_certificate"))
_PATIENCE = 60.0


async def ended() -> None:
    """Waits for the end."""
    while not Path(END).exists():
        await asyncio.sleep(0.2)


def _context(url: str) -> ssl.SSLContext | None:
    """What a WebSocket trusts; None where there is no TLS."""
    if not url.startswith("wss:"):
        return None
    context = ssl.create_default_context()
    if _ANY:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class Requests:
    """A stream of requests at a rate that waits for nobody: each is sent once, at its time."""

    def __init__(self, kind: dict[str, Any]) -> None:
        self.kind = kind
        self.answered: Counter[int] = Counter()
        self.failed: list[str] = []
        self._under_way: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled; what is under way then is finished."""
        kept = None if self.kind["kept"] else 0
        limits = httpx.Limits(max_keepalive_connections=kept, keepalive_expiry=3)
        async with httpx.AsyncClient(limits=limits, timeout=30, verify=not _ANY) as http:
            began = time.monotonic()
            try:
                for number in itertools.count():
                    await asyncio.sleep(began + number * self.kind["every"] - time.monotonic())
                    if len(self._under_way) < _AT_ONCE:
                        task = asyncio.create_task(self._send(http))
                        self._under_way.add(task)
                        task.add_done_callback(self._under_way.discard)
                    else:
                        self.failed.append("too many wait for an answer")
            finally:
                await asyncio.gather(*self._under_way)

    async def _send(self, http: httpx.AsyncClient) -> None:
        kind, at = self.kind, time.strftime("%T")
        headers = kind.get("headers", {}) | ({} if kind["kept"] else {"Connection": "close"})
        try:
            answer = await http.request(
                kind["method"], kind["url"], headers=headers, content=kind.get("body")
            )
        except httpx.HTTPError as problem:
            self.failed.append(f"{at} {problem!r}")
            return
        self.answered[answer.status_code] += 1
        if not answer.is_success:
            self.failed.append(f"{at} {answer.status_code} {answer.text[:200]}")

    def told(self) -> dict[str, Any]:
        """How it went."""
        return {
            "name": self.kind["name"],
            "answered": dict(self.answered),
            "failed": len(self.failed),
            "why": self.failed[:10],
        }


class Board:
    """A page: it asks for the orders whenever it has connected, and applies what it is told in between."""

    def __init__(self, about: dict[str, Any], fetch: Callable[[], Awaitable[list[dict[str, Any]]]]) -> None:
        self._about, self._fetch = about, fetch
        self.orders: dict[str, tuple[str, str]] = {}
        self.connected, self.refused = 0, 0
        self._later: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Connects, again and again."""
        while True:
            try:
                async with connect(
                    self._about["socket"],
                    additional_headers={"Cookie": self._about["cookie"]},
                    ssl=_context(self._about["socket"]),
                ) as socket:
                    await self._listen(socket)
            except (WebSocketException, OSError, httpx.HTTPError):
                self.refused += 1
            await asyncio.sleep(random.uniform(0.5, 1.5))

    async def _listen(self, socket: Any) -> None:
        async for packet in socket:
            if answer := await self._take(packet):
                await socket.send(answer)

    async def _take(self, packet: str) -> str:
        """Does what a packet of the gateway asks for. Returns the packet to answer with, if there is one."""
        if packet.startswith("0"):
            return "40"
        if packet == "2":
            return "3"
        if packet.startswith("40"):
            self.connected += 1
            await self._ask()
        elif packet.startswith("42"):
            name, content = json.loads(packet[2:])
            if name == "orders.missed":
                self._later = asyncio.create_task(self._ask_later())
            else:
                self._apply(content)
        return ""

    async def _ask_later(self) -> None:
        """All pages hear of it at once, and do not ask all at once."""
        await asyncio.sleep(random.uniform(0, 2))
        with contextlib.suppress(httpx.HTTPError):
            await self._ask()

    async def _ask(self) -> None:
        for order in await self._fetch():
            self._apply(order)

    def _apply(self, order: dict[str, Any]) -> None:
        known = self.orders.get(order["id"])
        if known is None or known[0] <= order["updated_at"]:
            self.orders[order["id"]] = order["updated_at"], order["status"]


class PollingBoard(Board):
    """A page whose browser polls: one gateway knows its session, and a cookie of the proxy's keeps it there."""

    async def run(self) -> None:
        """Opens sessions, again and again."""
        name, _, value = self._about["cookie"].partition("=")
        while True:
            try:
                async with httpx.AsyncClient(timeout=60, cookies={name: value}, verify=not _ANY) as http:
                    await self._poll(http)
            except httpx.HTTPError:
                self.refused += 1
            await asyncio.sleep(random.uniform(0.5, 1.5))

    async def _poll(self, http: httpx.AsyncClient) -> None:
        url = self._about["polling"]
        while True:
            answer = await http.get(url)
            answer.raise_for_status()
            if self._about.get("forgetful"):
                http.cookies.delete(self._about["forgetful"])
            for packet in answer.text.split("\x1e"):
                if packet.startswith("0"):
                    url = f"{self._about['polling']}&sid={json.loads(packet[1:])['sid']}"
                if packet == "1":
                    return
                if reply := await self._take(packet):
                    (await http.post(url, content=reply)).raise_for_status()


async def main() -> None:
    """Does all of it."""
    streams = [Requests(kind) for kind in _WANTED.get("streams", ())]
    about = _WANTED.get("pages", {})
    async with httpx.AsyncClient(
        timeout=30, headers={"Cookie": about.get("cookie", "")}, verify=not _ANY
    ) as http:

        async def fetch() -> list[dict[str, Any]]:
            answer = await http.get(about["orders"])
            answer.raise_for_status()
            found: list[dict[str, Any]] = answer.json()["orders"]
            return found

        kind = PollingBoard if "polling" in about else Board
        boards = [kind(about, fetch) for _ in range(about.get("count", 0))]
        sending = [asyncio.create_task(each.run()) for each in streams]
        watching = [asyncio.create_task(each.run()) for each in boards]
        print("begun", flush=True)
        await ended()
        for task in sending:
            task.cancel()
        await asyncio.gather(*sending, return_exceptions=True)
        wrong = await _wrong(boards, fetch) if watching else []
        print(
            json.dumps({
                "streams": [each.told() for each in streams],
                "pages": len(boards),
                "connected": sum(each.connected for each in boards),
                "refused": sum(each.refused for each in boards),
                "wrong": wrong,
            }),
            flush=True,
        )  # fmt: skip
        os._exit(0)


async def _wrong(
    boards: list[Board], fetch: Callable[[], Awaitable[list[dict[str, Any]]]]
) -> list[dict[str, Any]]:
    """Which pages show something else than the API tells; they have a while to agree."""
    wrong: list[dict[str, Any]] = []
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        right = {order["id"]: (order["updated_at"], order["status"]) for order in await fetch()}
        wrong = [
            {key: (board.orders.get(key), value) for key, value in right.items() if board.orders.get(key) != value}
            for board in boards
        ]  # fmt: skip
        wrong = [each for each in wrong if each]
        if not wrong:
            break
        await asyncio.sleep(1)
    return wrong[:3]


if __name__ == "__main__":
    asyncio.run(main())
