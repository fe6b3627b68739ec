"""Raw webhooks, what an order waits for, amounts without a ceiling, and privacy requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


# What jsonb cannot hold was not stored before this revision.
_BODIES_BACK = """
DO $$
DECLARE receipt record;
BEGIN
  FOR receipt IN SELECT id, body FROM webhook_receipts WHERE body IS NOT NULL LOOP
    BEGIN
      UPDATE webhook_receipts SET payload = convert_from(receipt.body, 'UTF8')::jsonb WHERE id = receipt.id;
    EXCEPTION WHEN others THEN NULL;
    END;
  END LOOP;
END $$
"""


def _text(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Text())


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True))


def _flag(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Boolean(), server_default="false", nullable=False)


def _empty(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def upgrade() -> None:
    _webhooks()
    _orders()
    _privacy()


def _webhooks() -> None:
    table = "webhook_receipts"
    for column in (sa.Column("body", sa.LargeBinary()), _empty("account"), _text("person"), _text("problem")):
        op.add_column(table, column)  # db: allow held: released and applied: it must not change
    op.add_column(table, sa.Column("outcome", sa.Text(), server_default="stored", nullable=False))
    # db: allow backfill: released and applied: it must not change
    op.execute("UPDATE webhook_receipts SET body = convert_to(payload::text, 'UTF8')")
    # db: allow drop-column: released and applied: it must not change
    op.drop_column(table, "payload")
    for name in ("account", "outcome"):
        # db: allow required-column: released and applied: it must not change
        op.alter_column(table, name, server_default=None)
    # db: allow create-index: released and applied: it must not change
    op.create_index("ix_webhook_receipts_received_at", table, ["received_at"])
    for name, by in (("person", "person"), ("problem", "received_at")):
        where = sa.text(f"{name} IS NOT NULL")
        # db: allow create-index: released and applied: it must not change
        op.create_index(f"ix_webhook_receipts_{name}", table, [by], postgresql_where=where)


def _orders() -> None:
    op.alter_column(
        "orders", "total", type_=sa.Numeric()
    )  # db: allow held: released and applied: it must not change
    new = [_empty("shop"), _text("customer_id"), _empty("payment"), _flag("on_hold"), _flag("archived")]
    new += [_text("unreadable"), _time("told_at"), _time("triggered_at"), _time("redacted_at")]
    for column in new:
        op.add_column("orders", column)
    # They were printed without being asked for their payment.
    # db: allow backfill: released and applied: it must not change
    op.execute("UPDATE orders SET payment = 'paid'")
    # db: allow create-index: released and applied: it must not change
    op.create_index("ix_orders_customer_id", "orders", ["customer_id"])
    elsewhere = sa.Column("fulfilled_elsewhere", sa.Integer(), server_default="0", nullable=False)
    op.add_column("order_items", elsewhere)  # db: allow held: released and applied: it must not change
    for column in (_empty("line"), _text("reason")):
        op.add_column("order_items", column)
    # db: allow backfill: released and applied: it must not change
    op.execute("UPDATE order_items SET line = '@' || position")


def _privacy() -> None:
    op.create_table(
        "privacy_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        _text("customer_id"),
        sa.Column("order_ids", postgresql.JSONB(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("bodies", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_privacy_requests"),
    )


def downgrade() -> None:
    op.drop_table("privacy_requests")
    for column in ("line", "fulfilled_elsewhere", "reason"):
        op.drop_column("order_items", column)
    op.drop_index("ix_orders_customer_id", "orders")
    for column in (
        "shop", "customer_id", "payment", "on_hold", "archived", "unreadable", "told_at", "triggered_at", "redacted_at",
    ):  # fmt: skip
        op.drop_column("orders", column)
    op.alter_column(
        "orders", "total", type_=sa.Numeric(12, 2), postgresql_using="least(round(total, 2), 9999999999.99)"
    )
    for index in ("received_at", "person", "problem"):
        op.drop_index(f"ix_webhook_receipts_{index}", "webhook_receipts")
    op.add_column(
        "webhook_receipts",
        sa.Column("payload", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
    )
    op.alter_column("webhook_receipts", "payload", server_default=None)
    op.execute(_BODIES_BACK)
    for column in ("body", "account", "person", "problem", "outcome"):
        op.drop_column("webhook_receipts", column)
