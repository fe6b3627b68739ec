"""order-service without its process: Shopify's webhooks go in; what it keeps and what it sends to others comes out."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID, uuid4

from common.database import Database
from common.leases import QueuedJob
from common.messages import PrintJobChanged
from common.receipts import Webhook, WebhookReceipt
from common.redis_client import Redis, connect
from common.service import ServiceContext
from order_service import flow, intake
from order_service.context import OrderContext, with_events
from order_service.models import Order
from order_service.views import OrderView, view
from sqlalchemy import select

__all__ = ["Desk", "desk", "pieces", "prints", "taken", "waits"]

T = TypeVar("T")


class Desk:
    """Everything on one event loop, with a real Postgres and a real Redis."""

    def __init__(self, runner: asyncio.Runner, context: OrderContext) -> None:
        self._runner = runner
        self.context = context
        self._ids = itertools.count()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def take(
        self,
        topic: str,
        body: dict[str, Any] | bytes,
        *,
        triggered_at: str = "",
        webhook_id: str | None = None,
        shop: str = "a.myshopify.com",
    ) -> str:
        """One webhook; returns its outcome."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        known = webhook_id or f"desk-{uuid4()}"
        webhook = Webhook(webhook_id=known, topic=topic, triggered_at=triggered_at, account=shop, body=raw)
        return self.run(intake.take(self.context, webhook)).status

    def order(self, shopify_id: object) -> OrderView:
        """The order as the page sees it."""

        async def ask() -> OrderView:
            async with self.context.database.transaction() as session:
                found = await session.scalars(select(Order).where(Order.shopify_order_id == str(shopify_id)))
                return view(found.one())

        return self.run(ask())

    def receipts(self, *where: Any) -> list[WebhookReceipt]:
        """Stored webhooks, the oldest first."""

        async def ask() -> list[WebhookReceipt]:
            async with self.context.database.transaction() as session:
                wanted = select(WebhookReceipt).where(*where).order_by(WebhookReceipt.received_at)
                return list(await session.scalars(wanted))

        return self.run(ask())

    def sent(self, order_id: UUID) -> list[tuple[str, dict[str, Any]]]:
        """Job and content of every message about an order, in order."""

        async def ask() -> list[tuple[str, dict[str, Any]]]:
            about = QueuedJob.args["subject"].astext == str(order_id)
            async with self.context.database.transaction() as session:
                found = await session.scalars(select(QueuedJob).where(about).order_by(QueuedJob.id))
                return [(job.task_name, job.args["payload"]) for job in found]

        return self.run(ask())

    def asked(self, order_id: UUID) -> Counter[str]:
        """Pieces of each print job that are asked for and not called off again."""
        quantities = {str(item.print_job.id): item.quantity for item in self.by_id(order_id).items}
        asked: Counter[str] = Counter()
        for job, content in self.sent(order_id):
            if job in ("create_print_job", "make_baseplate"):
                asked[content["print_job_id"]] = content.get("quantity", quantities[content["print_job_id"]])
            elif job == "cancel_print_job":
                del asked[content["print_job_id"]]
        return asked

    def lines(self, order_id: UUID) -> dict[str, str]:
        """The line of each print job."""

        async def ask() -> dict[str, str]:
            async with self.context.database.transaction() as session:
                order = await session.get_one(Order, order_id)
                return {str(item.print_job_id): item.line for item in order.items}

        return self.run(ask())

    def by_id(self, order_id: UUID) -> OrderView:
        async def ask() -> OrderView:
            async with self.context.database.transaction() as session:
                return view(await session.get_one(Order, order_id))

        return self.run(ask())

    def tell(self, order: OrderView, status: str, *, of: int | None = None) -> None:
        """print-service tells of an order's begun print jobs, or of the item at one position."""
        for position, item in enumerate(order.items):
            if of in (None, position) and item.print_job.status not in ("none", "held", status):
                message = PrintJobChanged(
                    print_job_id=item.print_job.id, order_id=order.id, attempt=1, version=next(self._ids) + 1,
                    status=status, simplyprint_id="1", error=None,
                )  # fmt: skip
                self.run(flow.print_job_changed(self.context, message))


def taken(shopify: Desk, body: dict[str, Any], topic: str = "orders/create") -> OrderView:
    """The order, once that was stored."""
    assert shopify.take(topic, body) == "stored"
    return shopify.order(body["id"])


def pieces(shopify: Desk, found: OrderView) -> int:
    """How many are asked for at the printers, and not called off."""
    return sum(shopify.asked(found.id).values())


def waits(found: OrderView) -> tuple[str, str]:
    """What it waits for: the code, and the sentence."""
    assert found.waits is not None
    return found.waits.code, found.waits.because


def prints(found: OrderView) -> list[str]:
    """The states of its print jobs."""
    return [item.print_job.status for item in found.items]


@contextmanager
def desk(database_url: str, redis_url: str) -> Iterator[Desk]:
    """A desk; what it opened is closed afterwards."""
    with asyncio.Runner() as runner:
        redis: Redis = runner.run(_connected(redis_url))
        database = Database(database_url, "order-service")
        context = with_events(
            ServiceContext(service="order-service", database=database, redis=redis), redis_url
        )
        try:
            yield Desk(runner, context)
        finally:
            runner.run(context.events.close())
            runner.run(database.close())
            runner.run(redis.aclose())


async def _connected(redis_url: str) -> Redis:
    return connect(redis_url)
