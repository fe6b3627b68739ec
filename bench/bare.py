"""What an order would cost at least: a bare FastAPI service that does one order's inserts in one transaction.

Its rows are those that taking an order leaves: the webhook, the order, its lines, the messages that they cause and the journal.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel

__all__ = ["TABLES", "app"]

TABLES = """
DROP SCHEMA IF EXISTS bare CASCADE;
CREATE SCHEMA bare;
CREATE TABLE bare.webhook_receipts (LIKE public.webhook_receipts INCLUDING ALL);
CREATE TABLE bare.orders (LIKE public.orders INCLUDING ALL);
CREATE TABLE bare.order_items (LIKE public.order_items INCLUDING ALL);
CREATE TABLE bare.procrastinate_jobs (LIKE public.procrastinate_jobs INCLUDING ALL);
CREATE TABLE bare.journal (LIKE public.journal INCLUDING ALL);
"""
"""Copies of the platform's tables, with their indexes."""

_RECEIPT = """
INSERT INTO bare.webhook_receipts (id, provider, webhook_id, topic, subject, triggered_at, account, body, outcome)
VALUES (%s, 'shopify', %s, 'orders/create', %s, '', '', %s, 'stored')
"""
_ORDER = """
INSERT INTO bare.orders (id, shopify_order_id, number, customer, email, currency, total, shipping_address, status, payment)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 'received', %s)
"""
_ITEM = """
INSERT INTO bare.order_items (id, order_id, position, title, sku, quantity, print_job_id, print_status, print_attempt, print_version)
VALUES (%s, %s, %s, %s, %s, %s, %s, 'waiting', 1, 0)
"""
_MESSAGE = "INSERT INTO bare.procrastinate_jobs (queue_name, task_name, args) VALUES ('print-service', 'create_print_job', %s)"
_LINE = "INSERT INTO bare.journal (service, order_id, what) VALUES ('order-service', %s, %s)"


class _Customer(BaseModel):
    first_name: str
    last_name: str


class _Item(BaseModel):
    title: str
    sku: str
    quantity: int


class _Order(BaseModel):
    id: int
    name: str
    email: str
    currency: str
    total_price: str
    financial_status: str
    customer: _Customer
    shipping_address: dict[str, object]
    line_items: list[_Item]


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with AsyncConnectionPool(os.environ["DATABASE_URL"], min_size=4, max_size=8, open=False) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=_lifespan)


@app.post("/orders")
async def take(order: _Order) -> dict[str, str]:
    """Stores one order."""
    number, key = str(order.id), uuid.uuid4()
    who = f"{order.customer.first_name} {order.customer.last_name}"
    items = [
        (uuid.uuid4(), key, place, item.title, item.sku, item.quantity, uuid.uuid4())
        for place, item in enumerate(order.line_items)
    ]
    messages = [
        (Jsonb({"payload": {"sku": item.sku, "quantity": item.quantity}, "subject": str(key)}),)
        for item in order.line_items
    ]
    lines = [(key, what) for what in ("webhook taken", "order received", *("print asked for" for _ in items))]
    address = Jsonb(order.shipping_address)
    about = (
        key,
        number,
        order.name,
        who,
        order.email,
        order.currency,
        order.total_price,
        address,
        order.financial_status,
    )
    async with app.state.pool.connection() as connection, connection.cursor() as cursor:
        await cursor.execute(_RECEIPT, (uuid.uuid4(), number, number, order.model_dump_json().encode()))
        await cursor.execute(_ORDER, about)
        await cursor.executemany(_ITEM, items)
        await cursor.executemany(_MESSAGE, messages)
        await cursor.executemany(_LINE, lines)
    return {"id": str(key)}
