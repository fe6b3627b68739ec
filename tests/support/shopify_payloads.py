"""What Shopify's payloads must agree in, each subject by its own rules."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tests.support.trees import objects, same, shown, total

__all__ = ["of_topic"]


def of_topic(topic: str, payload: dict[str, Any]) -> Iterator[str]:
    """What does not agree in a payload of this topic."""
    subject = topic.partition("/")[0]
    if "total_price" in payload:
        yield from _totals(payload)
    if subject == "orders" and "financial_status" in payload:
        yield from _order(payload)
    elif subject == "fulfillments":
        yield from _fulfillment(payload, payload)
    elif subject == "refunds":
        yield from _refund(payload, payload["order_id"])
    elif subject == "products" and "variants" in payload:
        yield from _product(payload)
    elif subject == "customers" and payload.get("default_address"):
        if payload["default_address"]["customer_id"] != payload["id"]:
            yield "the address is another customer's"
        if payload["default_address"] not in payload["addresses"]:
            yield "the default address is none of the addresses"
    elif subject == "carts":
        for line in payload["line_items"]:
            if Decimal(line["line_price"]) != Decimal(line["price"]) * line["quantity"]:
                yield f"the line of {line['sku']}: {line['line_price']}"


def _totals(payload: dict[str, Any]) -> Iterator[str]:
    """Lines − discounts + shipping (+ tax where it is not in the prices) = total."""
    lines = payload["line_items"]
    goods = total(str(Decimal(line["price"]) * line["quantity"]) for line in lines)
    off = Decimal((payload.get("applied_discount") or {}).get("amount", payload.get("total_discounts", "0")))
    shipping_lines = payload["shipping_lines"] if "shipping_lines" in payload else [payload["shipping_line"]]
    shipping = total(line.get("discounted_price", line["price"]) for line in shipping_lines)
    tax = total(line["price"] for line in payload["tax_lines"])
    yield from same("subtotal_price", payload["subtotal_price"], goods - off)
    added = Decimal(0) if payload["taxes_included"] else tax
    yield from same("total_price", payload["total_price"], goods - off + shipping + added)
    yield from same("total_tax", payload["total_tax"], tax)
    if "total_line_items_price" in payload:
        yield from same("total_line_items_price", payload["total_line_items_price"], goods)
    if "total_weight" in payload and payload["total_weight"] != sum(
        line["grams"] * line["quantity"] for line in lines
    ):
        yield f"total_weight: {payload['total_weight']}"
    detailed = [tax_line["price"] for line in lines for tax_line in line["tax_lines"]]
    detailed += [tax_line["price"] for line in shipping_lines for tax_line in line.get("tax_lines", ())]
    if "shipping_lines" in payload:
        yield from same("total_tax", payload["total_tax"], total(iter(detailed)))


def _order(order: dict[str, Any]) -> Iterator[str]:
    lines = {line["id"]: line for line in order["line_items"]}
    refunded = total(each["amount"] for refund in order["refunds"] for each in refund["transactions"])
    left = total(str(Decimal(line["price"]) * line["current_quantity"]) for line in lines.values())
    yield from same("current_subtotal_price", order["current_subtotal_price"], left)
    yield from same(
        "current_total_price", order["current_total_price"], Decimal(order["total_price"]) - refunded
    )
    returned_tax = total(
        item["total_tax"] for refund in order["refunds"] for item in refund["refund_line_items"]
    ) + total(
        line["tax_amount_set"]["shop_money"]["amount"]
        for refund in order["refunds"]
        for line in refund["refund_shipping_lines"]
    )
    yield from same(
        "current_total_tax", order["current_total_tax"], Decimal(order["total_tax"]) - returned_tax
    )
    if order["name"] != f"#{order['order_number']}" or order["number"] != order["order_number"] - 1000:
        yield f"it is called {order['name']}, {order['order_number']}, {order['number']}"
    if (order["cancelled_at"] is None) != (order["cancel_reason"] is None):
        yield "cancelled, or not?"
    for fulfillment in order["fulfillments"]:
        yield from _fulfillment(fulfillment, order)
        for line in fulfillment["line_items"]:
            if line["id"] not in lines or line["sku"] != lines[line["id"]]["sku"]:
                yield f"it ships {line['id']}, which is not the order's"
    for refund in order["refunds"]:
        yield from _refund(refund, order["id"])
        for item in refund["refund_line_items"]:
            if item["line_item_id"] not in lines:
                yield f"it refunds {item['line_item_id']}, which is not the order's"
    shipped = {line["id"] for each in order["fulfillments"] for line in each["line_items"]}
    for line in lines.values():
        if (line["fulfillment_status"] == "fulfilled") != (line["id"] in shipped):
            yield f"the line {line['id']} is shipped, or not?"
        if line["fulfillable_quantity"] != (0 if line["id"] in shipped else line["current_quantity"]):
            yield f"the line {line['id']} has {line['fulfillable_quantity']} to ship"
    state = None if not shipped else "fulfilled" if shipped == set(lines) else "partial"
    if order["fulfillment_status"] != state:
        yield f"fulfillment_status: {order['fulfillment_status']}, but it is {state}"


def _fulfillment(fulfillment: dict[str, Any], order: dict[str, Any]) -> Iterator[str]:
    if order is not fulfillment and fulfillment["order_id"] != order["id"]:
        yield f"the fulfilment is of {fulfillment['order_id']}"
    if order is not fulfillment and not fulfillment["name"].startswith(f"{order['name']}."):
        yield f"the fulfilment is called {fulfillment['name']}"
    if fulfillment["tracking_numbers"] != [fulfillment["tracking_number"]]:
        yield "tracking_numbers"
    if fulfillment["tracking_number"] not in fulfillment["tracking_url"]:
        yield "tracking_url"


def _refund(refund: dict[str, Any], order_id: int) -> Iterator[str]:
    paid_back = total(each["amount"] for each in refund["transactions"])
    for_goods = total(item["subtotal"] for item in refund["refund_line_items"])
    for_shipping = total(
        line["subtotal_amount_set"]["shop_money"]["amount"] for line in refund["refund_shipping_lines"]
    )
    yield from same("the refund's transactions", str(paid_back), for_goods + for_shipping)
    for named in (refund, *refund["transactions"]):
        if named["order_id"] != order_id:
            yield f"the refund is of {named['order_id']}"
    for item in refund["refund_line_items"]:
        if item["line_item_id"] != item["line_item"]["id"]:
            yield f"line_item_id: {item['line_item_id']}"
        yield from same("subtotal", item["subtotal"], Decimal(item["line_item"]["price"]) * item["quantity"])


def _product(product: dict[str, Any]) -> Iterator[str]:
    for path, item in objects(product):
        if item.get("product_id", product["id"]) != product["id"]:
            yield f"{shown(path)} is another product's"
    if product["image"] not in product["images"]:
        yield "the image is none of the images"
    names = [variant["admin_graphql_api_id"] for variant in product["variants"]]
    if names != [each["admin_graphql_api_id"] for each in product["variant_gids"]]:
        yield "variant_gids"
