"""Signed deliveries a second, and what verification costs the gateway."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx
import yaml
from devkit.webhooks.batch import Batch, deliveries
from devkit.webhooks.deliver import Pace, deliver
from devkit.webhooks.payload import load_example
from devkit.webhooks.providers import provider

from bench.clone import ROOT, Clone, clone
from bench.report import Section, median, spread

__all__ = ["measure"]

DELIVERIES, ROUNDS, ROUND = 2000, 12, 60
_PORT, _PATH = 3000, "/api/v1/webhooks/shopify"


@contextmanager
def _one_core() -> Iterator[None]:
    """Keeps this process on one processor, where the system can."""
    if sys.platform != "linux":
        yield
        return
    pinned = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(pinned)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, pinned)


def measure() -> list[Section]:
    """One section."""
    with _receiver() as url, _one_core():
        built = _batch(url, "s", DELIVERIES)
        began = time.perf_counter()
        for _ in deliveries(built):
            pass
        signing = DELIVERIES / (time.perf_counter() - began)
        sent = deliver(deliveries(built), Pace(5, concurrency=8))
    assert sent.accepted == DELIVERIES, dict(sent.results)
    verified, unverified = _gateways()
    ratios = [one / other for one, other in zip(verified, unverified, strict=True)]
    return [
        Section(
            "Webhooks",
            ("measure", "result"),
            (
                ("orders built and signed a second, one core", f"{signing:.0f}"),
                ("orders built, signed and delivered a second, one core, 8 at once", f"{DELIVERIES / sent.seconds:.0f}"),
                (f"a webhook at the gateway, {ROUNDS} rounds of {ROUND}", spread([each * 1000 for each in verified], "ms")),
                ("the same without verification", spread([each * 1000 for each in unverified], "ms")),
                ("**ratio**", f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"),
            ),
            ("The webhook is of a topic that order-service ignores, so that the way through the gateway is what is measured.",),
        )
    ]  # fmt: skip


def _batch(url: str, secret: str, times: int) -> Batch:
    example = load_example(ROOT / "dev" / "webhooks" / "shopify", "orders/create", ())
    return Batch(provider("shopify"), "orders/create", example, url, secret, times=times)


class _receiver:
    """A receiver in a process of its own that answers 200 and does nothing else."""

    def __enter__(self) -> str:
        ours, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(
            target=_serve, args=(theirs,), daemon=True
        )
        self._process.start()
        return f"http://127.0.0.1:{ours.recv()}/"

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()


def _serve(told: object) -> None:
    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):  # the client has sent all
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.lower().split(b"\r\n")
                length = next(line for line in lines if line.startswith(b"content-length:"))
                await reader.readexactly(int(length.split(b":")[1]))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async def main() -> None:
        server = await asyncio.start_server(take, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])  # type: ignore[attr-defined]
        await server.serve_forever()

    asyncio.run(main())


def _gateways() -> tuple[list[float], list[float]]:
    """Median seconds of a webhook in each round, at a gateway that verifies and at one that does not."""
    with clone() as strict:
        strict.up("gateway", "order-service")  # before the other looks for free ports
        with clone() as lax:
            table = lax.root / "dev" / "services.yaml"
            content = yaml.safe_load(table.read_text())
            content["services"]["gateway"]["env"]["WEBHOOK_SKIP_VERIFICATION"]["default"] = "true"
            table.write_text(yaml.safe_dump(content, sort_keys=False))
            lax.up("gateway", "order-service")
            rounds = [(_round(strict), _round(lax)) for _ in range(ROUNDS)]
    return [one for one, _ in rounds], [other for _, other in rounds]


def _round(made: Clone) -> float:
    batch = replace(
        _batch(f"http://127.0.0.1:{_PORT + made.offset}{_PATH}", _secret(made), ROUND),
        topic="orders/devkit_bench",
    )
    took = []
    with httpx.Client(trust_env=False) as client:
        for delivery in deliveries(batch):
            began = time.perf_counter()
            answer = client.post(delivery.url, content=delivery.body, headers=delivery.all_headers)
            took.append(time.perf_counter() - began)
            assert answer.is_success, answer.text
    return median(took)


def _secret(made: Clone) -> str:
    content = yaml.safe_load((made.root / "k8s" / "dev" / "secret.yaml").read_text())
    return str(content["stringData"]["SHOPIFY_CLIENT_SECRET"])
