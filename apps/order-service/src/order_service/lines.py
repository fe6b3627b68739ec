"""What is printed of an order's lines: their items are made to agree with the newest that Shopify told of them."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from common.messages import CancelPrintJob
from sqlalchemy.ext.asyncio import AsyncSession

from order_service.context import OrderContext
from order_service.models import Order, OrderItem
from order_service.shopify import LineItem, ShopifyOrder
from order_service.status import BEGUN, HELD, NOTHING
from order_service.waiting import REFUNDED

__all__ = ["FULFILLED", "Lines", "withdraw"]

FULFILLED = "fulfilled already"
_REMOVED = "removed from the order"
# Which items are given up first: those that failed, then those that waste least. What is done stays done.
_GIVEN_UP = ("failed", "cancelled", "waiting", "modelling", "queued", "printing")


@dataclass(frozen=True)
class _Line:
    """A line as an item shows it. `pieces` is how many there were of it, `elsewhere` how many others fulfilled."""

    key: str
    position: int
    title: str
    sku: str
    pieces: int
    elsewhere: int

    def on(self, item: OrderItem) -> None:
        item.line, item.position = self.key, self.position
        item.title, item.sku, item.fulfilled_elsewhere = self.title, self.sku, self.elsewhere


@dataclass(frozen=True)
class Lines:
    """The items of an order, within the transaction that changes them. Jobs start when the order waits for nothing."""

    context: OrderContext
    session: AsyncSession
    order: Order

    def take_over(self, shopify: ShopifyOrder) -> None:
        """Every line gets items for as many pieces as are left to print of it."""
        known = self._by_line()
        for position, line in enumerate(shopify.line_items):
            items = known.pop(_key(line, position), None) or known.pop(f"@{position}", [])
            if line.unreadable and items:
                continue  # the order is held; what is at work goes on until somebody has looked
            reason = line.not_a_print or ("cannot be read" if line.unreadable else None)
            if reason is None and self.order.payment in REFUNDED:
                reason = self.order.payment
            shown = self._shown(line, position, items)
            wanted = 0 if reason else max(line.ordered - shown.elsewhere, 0)
            self._agree(shown, items, wanted, reason or (FULFILLED if shown.elsewhere else _REMOVED))
        for items in known.values():
            self._agree(_shown_by(items), items, 0, _REMOVED)

    def take_away(self, pieces: Mapping[str, int]) -> None:
        """So many pieces of these lines are not wanted any more."""
        for key, items in self._by_line().items():
            there = sum(item.quantity for item in items if item.print_status != NOTHING)
            if there and (taken := pieces.get(key)):
                self._agree(_shown_by(items), items, max(there - taken, 0), _REMOVED)

    def _by_line(self) -> dict[str, list[OrderItem]]:
        found: dict[str, list[OrderItem]] = defaultdict(list)
        for item in self.order.items:
            found[item.line].append(item)
        return found

    def _shown(self, line: LineItem, position: int, items: Iterable[OrderItem]) -> _Line:
        elsewhere = line.ordered - line.left
        if self.order.parcel_requested_at is not None:
            # From here on it may be our own parcel that is fulfilled.
            elsewhere = max((item.fulfilled_elsewhere for item in items), default=0)
        pieces = max(line.quantity or 0, 0)
        return _Line(_key(line, position), position, line.called, line.sku or "", pieces, elsewhere)

    def _agree(self, line: _Line, items: list[OrderItem], wanted: int, reason: str) -> None:
        begun = [item for item in items if item.print_status in BEGUN]
        missing = wanted - sum(item.quantity for item in begun)
        if self.order.parcel_requested_at is None:
            giving_up = (item for item in begun if item.print_status in _GIVEN_UP)
            for item in sorted(giving_up, key=lambda item: _GIVEN_UP.index(item.print_status)):
                if missing < 0:
                    withdraw(self.context, self.session, item, reason)
                    missing += item.quantity
        spare = next((item for item in items if item.print_attempt == 0), None)
        if missing > 0:
            spare = spare or self._new(items)
            spare.print_status, spare.quantity, spare.reason = HELD, missing, None
        elif spare and begun:
            items.remove(spare)
            self.order.items.remove(spare)
        elif spare or not items:
            spare = spare or self._new(items)
            spare.print_status, spare.quantity, spare.reason = NOTHING, line.pieces, reason
        for item in items:
            line.on(item)

    def _new(self, items: list[OrderItem]) -> OrderItem:
        item = OrderItem(id=uuid.uuid4(), print_job_id=uuid.uuid4(), print_attempt=0, print_version=0)
        items.append(item)
        self.order.items.append(item)
        return item


def withdraw(context: OrderContext, session: AsyncSession, item: OrderItem, reason: str) -> None:
    """Nothing more is printed of an item that had begun; what print-service still tells of it changes nothing."""
    # Of a model print-service has not heard, and of the others nothing is left to stop.
    if item.print_status not in ("modelling", "failed", "cancelled"):
        job, attempt = item.print_job_id, item.print_attempt
        context.publish(session, CancelPrintJob(print_job_id=job, order_id=item.order_id, attempt=attempt))
        asked = CancelPrintJob.queue
    else:
        asked = None
    what = "print not wanted any more"
    context.note(session, item.order_id, what, thread=item.print_job_id, detail=reason, waits_for=asked)
    item.print_status, item.print_error, item.reason = NOTHING, None, reason


def _key(line: LineItem, position: int) -> str:
    return line.id or f"@{position}"


def _shown_by(items: list[OrderItem]) -> _Line:
    first = items[0]
    pieces = sum(item.quantity for item in items if item.print_attempt == 0) or first.quantity
    return _Line(first.line, first.position, first.title, first.sku, pieces, first.fulfilled_elsewhere)
