"""The platform's tables: users, orders, print jobs, parcels, baseplates, webhooks and the outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.Uuid(), nullable=False)


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)


def _text(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "users",
        _id(),
        _text("email"),
        _text("password_hash"),
        _time("created_at"),
        _time("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )
    _orders()
    _prints_and_parcels()
    _webhooks_and_outbox()


def _orders() -> None:
    op.create_table(
        "orders",
        _id(),
        _text("shopify_order_id"),
        _text("number"),
        _text("customer"),
        _text("email"),
        _text("currency"),
        sa.Column("total", sa.Numeric(12, 2), nullable=False),
        _json("shipping_address"),
        _text("status"),
        sa.Column("cancelled_at", sa.DateTime(timezone=True)),
        sa.Column("parcel_requested_at", sa.DateTime(timezone=True)),
        _time("created_at"),
        _time("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
        sa.UniqueConstraint("shopify_order_id", name="uq_orders_shopify_order_id"),
    )
    op.create_index("ix_orders_status", "orders", ["status"])
    op.create_index("ix_orders_created_at", "orders", ["created_at"])
    op.create_table(
        "order_items",
        _id(),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        _text("title"),
        _text("sku"),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("print_job_id", sa.Uuid(), nullable=False),
        _text("print_status"),
        sa.Column("print_attempt", sa.Integer(), nullable=False),
        sa.Column("print_version", sa.Integer(), nullable=False),
        _text("print_error", nullable=True),
        _text("simplyprint_id", nullable=True),
        sa.Column("file_id", sa.Uuid()),
        sa.PrimaryKeyConstraint("id", name="pk_order_items"),
        sa.UniqueConstraint("print_job_id", name="uq_order_items_print_job_id"),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name="fk_order_items_order_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_order_items_order_id", "order_items", ["order_id"])
    op.create_table(
        "order_parcels",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("parcel_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _text("status"),
        _text("tracking_number"),
        _text("tracking_url"),
        _text("carrier"),
        _text("error", nullable=True),
        sa.PrimaryKeyConstraint("order_id", name="pk_order_parcels"),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name="fk_order_parcels_order_id", ondelete="CASCADE"
        ),
    )


def _prints_and_parcels() -> None:
    op.create_table(
        "print_jobs",
        _id(),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        _text("title"),
        _text("sku"),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Uuid()),
        _text("status"),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _text("simplyprint_id", nullable=True),
        _text("printer_id", nullable=True),
        _text("error", nullable=True),
        _time("created_at"),
        _time("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_print_jobs"),
        sa.UniqueConstraint("simplyprint_id", name="uq_print_jobs_simplyprint_id"),
    )
    op.create_index("ix_print_jobs_order_id", "print_jobs", ["order_id"])
    op.create_table(
        "parcels",
        _id(),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        _text("sendcloud_id", nullable=True),
        _text("status"),
        sa.Column("status_code", sa.Integer()),
        sa.Column("status_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _text("tracking_number"),
        _text("tracking_url"),
        _text("carrier"),
        _text("error", nullable=True),
        _time("created_at"),
        _time("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_parcels"),
        sa.UniqueConstraint("order_id", name="uq_parcels_order_id"),
        sa.UniqueConstraint("sendcloud_id", name="uq_parcels_sendcloud_id"),
    )
    op.create_table(
        "files",
        _id(),
        _text("name"),
        _text("media_type"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        _time("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_files"),
    )
    op.create_table(
        "baseplates",
        _id(),
        sa.Column("columns", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("height_mm", sa.Numeric(6, 2), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        _time("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_baseplates"),
        sa.UniqueConstraint("columns", "rows", "height_mm", name="uq_baseplates_columns_rows_height_mm"),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_baseplates_file_id"),
    )


def _webhooks_and_outbox() -> None:
    op.create_table(
        "webhook_receipts",
        _id(),
        _text("provider"),
        _text("webhook_id"),
        _text("topic"),
        _text("subject"),
        _text("triggered_at"),
        _json("payload"),
        _time("received_at"),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_receipts"),
        sa.UniqueConstraint("provider", "webhook_id", name="uq_webhook_receipts_provider_webhook_id"),
    )
    op.create_index("ix_webhook_receipts_provider_subject", "webhook_receipts", ["provider", "subject"])
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        _text("service"),
        _text("queue"),
        _text("job"),
        _text("key"),
        _json("payload"),
        _time("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_service_id", "outbox", ["service", "id"])


def downgrade() -> None:
    for table in (
        "outbox",
        "webhook_receipts",
        "baseplates",
        "files",
        "parcels",
        "print_jobs",
        "order_parcels",
        "order_items",
        "orders",
        "users",
    ):
        op.drop_table(table)
