"""The board's lanes, addresses that a person corrected, and parcels that are asked for again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_LANES = """
UPDATE orders SET lane = CASE
  WHEN status = 'failed' THEN 'person'
  WHEN status IN ('printed', 'shipping') THEN 'shipping'
  WHEN status IN ('cancelled', 'closed') THEN 'stopped'
  WHEN status IN ('printing', 'delivered') THEN status
  ELSE 'received' END
"""


def upgrade() -> None:
    # db: allow held: released and applied: it must not change
    op.add_column("orders", sa.Column("lane", sa.Text(), server_default="received", nullable=False))
    # db: allow backfill: released and applied: it must not change
    op.execute(_LANES)
    op.add_column("orders", sa.Column("told_address", postgresql.JSONB()))
    # db: allow create-index: released and applied: it must not change
    op.create_index("ix_orders_lane", "orders", ["lane", sa.text("created_at DESC"), "id"])
    attempt = sa.Column("parcel_attempt", sa.Integer(), server_default="0", nullable=False)
    op.add_column("orders", attempt)
    # db: allow backfill: released and applied: it must not change
    op.execute("UPDATE orders SET parcel_attempt = 1 WHERE parcel_requested_at IS NOT NULL")
    op.add_column("order_parcels", sa.Column("sendcloud_id", sa.Text()))
    op.add_column("parcels", sa.Column("attempt", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    op.drop_column("parcels", "attempt")
    op.drop_column("order_parcels", "sendcloud_id")
    op.drop_index("ix_orders_lane", "orders")
    for column in ("lane", "told_address", "parcel_attempt"):
        op.drop_column("orders", column)
