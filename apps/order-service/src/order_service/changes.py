"""What Shopify tells of an order's lines beside the order itself: edits and refunds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from common.lenient import Count, Identifier, Moment, NotUnderstood, Object
from pydantic import BaseModel, Field

from order_service.shopify import Objects, order_id

__all__ = ["Change", "edit", "refund"]


@dataclass(frozen=True)
class Change:
    """So many pieces of each line of an order are not wanted any more, since `at`."""

    order_id: str
    at: datetime | None
    pieces: Counter[str]


class _Removal(BaseModel):
    id: Identifier = None
    line_item_id: Identifier = None
    delta: Count = None
    quantity: Count = None


class _EditedLines(BaseModel):
    removals: Annotated[list[_Removal], Objects] = Field(default_factory=list)


class _Edit(BaseModel):
    created_at: Moment = None
    committed_at: Moment = None
    line_items: Annotated[_EditedLines, Object] = Field(default_factory=_EditedLines)


class _Refund(BaseModel):
    created_at: Moment = None
    refund_line_items: Annotated[list[_Removal], Objects] = Field(default_factory=list)


def edit(payload: dict[str, Any]) -> Change:
    """`orders/edited`: what was removed. What was added comes with `orders/updated`, which knows its SKU.

    Raises NotUnderstood.
    """
    told = payload.get("order_edit")
    if not isinstance(told, dict):
        raise NotUnderstood("order_edit is no object")
    read = _Edit.model_validate(told)
    pieces = _pieces((line.id, line.delta) for line in read.line_items.removals)
    return Change(order_id(told, "order_id"), read.committed_at or read.created_at, pieces)


def refund(payload: dict[str, Any]) -> Change:
    """`refunds/create`: what is paid back is not wanted. Raises NotUnderstood."""
    read = _Refund.model_validate(payload)
    pieces = _pieces((line.line_item_id, line.quantity) for line in read.refund_line_items)
    return Change(order_id(payload, "order_id"), read.created_at, pieces)


def _pieces(lines: Any) -> Counter[str]:
    found: Counter[str] = Counter()
    for line, pieces in lines:
        if line is not None:
            found[line] += max(pieces or 0, 0)
    return found
