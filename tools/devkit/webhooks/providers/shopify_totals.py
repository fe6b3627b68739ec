"""An order whose lines people changed, with the sums that follow from them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from devkit.webhooks.provider import Payload

__all__ = ["follow_lines"]

_CENT = Decimal("0.01")
_OF_GOODS = (
    "subtotal_price",
    "total_line_items_price",
    "total_price",
    "current_subtotal_price",
    "current_total_price",
)
_OF_TAX = ("total_tax", "current_total_tax")
_Sums = tuple[Decimal, Decimal, int]


def follow_lines(before: Payload, after: Payload) -> Payload:
    """Quantities, prices, and lines that came or went are followed by the line's tax and the order's totals, except for those
    that were set as well. An order with something in it that cannot be reckoned with stays as it is."""
    if before.get("line_items") == after.get("line_items") or "total_price" not in after:
        return after
    reckoned = copy.deepcopy(after)
    try:
        _follow(before, reckoned)
    except (InvalidOperation, TypeError, ValueError, KeyError, AttributeError):
        return after
    return reckoned


def _follow(before: Payload, after: Payload) -> None:
    old_lines, lines = before.get("line_items"), after.get("line_items")
    was = _sums(old_lines)
    if isinstance(lines, list) and isinstance(old_lines, list) and len(lines) == len(old_lines):
        for old, line in zip(old_lines, lines, strict=True):
            _follow_line(old, line)
    _follow_totals(before, after, was, _sums(lines))


def _sums(lines: Any) -> _Sums:
    """What the lines cost, the tax on them, what they weigh."""
    goods, tax, weight = Decimal(0), Decimal(0), 0
    for line in lines:
        quantity = _count(line.get("quantity", 1))
        goods += _amount(line.get("price", "0")) * quantity
        tax += sum((Decimal(each["price"]) for each in line.get("tax_lines", ())), Decimal(0))
        weight += _count(line.get("grams", 0)) * quantity
    return goods, tax, weight


def _amount(value: object) -> Decimal:
    return Decimal(str(value))


def _count(value: object) -> int:
    if type(value) is not int:
        raise ValueError(value)
    return value


def _follow_line(old: dict[str, Any], line: dict[str, Any]) -> None:
    if old == line:
        return
    more = _count(line["quantity"]) - _count(old["quantity"])
    shipped = line.get("fulfillment_status") == "fulfilled"
    for key in ("current_quantity", *(() if shipped else ("fulfillable_quantity",))):
        if more and line.get(key) == old.get(key) is not None:
            line[key] += more
    _money(line, "price", _amount(line["price"]))
    worth = _amount(line["price"]) * line["quantity"]
    changed = worth != _amount(old["price"]) * old["quantity"]
    for tax in line.get("tax_lines", ()) if changed and line.get("tax_lines") == old.get("tax_lines") else ():
        rate = Decimal(str(tax["rate"]))
        _money(tax, "price", worth * rate / (1 + rate))


def _follow_totals(before: Payload, after: Payload, was: _Sums, now: _Sums) -> None:
    goods, tax, weight = now[0] - was[0], now[1] - was[1], now[2] - was[2]
    added = Decimal(0) if after.get("taxes_included") else tax
    for key in (*_OF_GOODS, *_OF_TAX):
        more = tax if key in _OF_TAX else goods + (added if key.endswith("total_price") else 0)
        if isinstance(after.get(key), str) and after[key] == before.get(key):
            _money(after, key, Decimal(str(after[key])) + more)
    taxes = after.get("tax_lines")
    if isinstance(taxes, list) and len(taxes) == 1 and taxes == before.get("tax_lines"):
        _money(taxes[0], "price", Decimal(taxes[0]["price"]) + tax)
    total_weight = after.get("total_weight")
    if type(total_weight) is int and total_weight == before.get("total_weight"):
        after["total_weight"] = total_weight + weight


def _money(item: dict[str, Any], key: str, amount: Decimal) -> None:
    """An amount, and the same in its `…_set`."""
    if isinstance(item[key], str):
        item[key] = str(amount.quantize(_CENT))
    amounts = item.get(f"{key}_set")
    if isinstance(amounts, Mapping):
        for money in amounts.values():
            money["amount"] = str(amount.quantize(_CENT))
