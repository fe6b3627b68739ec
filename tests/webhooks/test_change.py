"""`--set`, `--add`, `--remove`: what fits is done, what does not is explained, and nothing else changes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from devkit.base.errors import DevkitError, ExitCode
from devkit.webhooks.change import add_value, remove_value, set_value

ORDER: dict[str, Any] = {
    "id": 9007199254740993,
    "total_price": "12.50",
    "note": None,
    "line_items": [{"sku": "A", "quantity": 1}, {"sku": "B", "quantity": 2, "properties": []}],
    "customer": {"email": "a@example.com"},
}


def changed(change: Callable[[dict[str, object], str], None], argument: str) -> dict[str, Any]:
    order = copy.deepcopy(ORDER)
    change(order, argument)
    return order


@pytest.mark.parametrize(
    ("change", "argument", "path", "value"),
    [
        (set_value, "line_items[0].quantity=3", ("line_items", 0, "quantity"), 3),
        (set_value, "id=9007199254740995", ("id",), 9007199254740995),
        (set_value, 'total_price="13.00"', ("total_price",), "13.00"),
        (set_value, "note=a = b", ("note",), "a = b"),
        (set_value, "note=", ("note",), ""),
        (set_value, 'customer={"id": 1}', ("customer",), {"id": 1}),
        (set_value, "line_items[1]=null", ("line_items", 1), None),
        (add_value, "customer.phone=+32 2", ("customer", "phone"), "+32 2"),
        (add_value, 'line_items[]={"sku": "C"}', ("line_items", 2), {"sku": "C"}),
        (add_value, "line_items[1].properties[]=x", ("line_items", 1, "properties", 0), "x"),
    ],
)
def test_a_value_comes_where_it_belongs(
    change: Callable[[dict[str, object], str], None],
    argument: str,
    path: tuple[str | int, ...],
    value: object,
) -> None:
    order: Any = changed(change, argument)
    for step in path:
        order = order[step]
    assert order == value


def test_removing() -> None:
    assert [line["sku"] for line in changed(remove_value, "line_items[0]")["line_items"]] == ["B"]
    assert changed(remove_value, "customer.email")["customer"] == {}
    assert "note" not in changed(remove_value, "note")


@pytest.mark.parametrize(
    ("change", "argument", "message", "fix"),
    [
        (set_value, "nothing", "--set nothing: not PATH=VALUE", "line_items[0].quantity=3"),
        (set_value, "=3", "--set : no path", ""),
        (set_value, "line_items[].sku=3", "--set line_items[].sku: no path", ""),
        (set_value, "line_items[9].sku=1", "the payload has no 9 there", "it is a list of 2"),
        (set_value, "line_items[0].quantty=1", "no 'quantty' there", "did you mean 'quantity'? (--add"),
        (set_value, "custmer.email=x", "no 'custmer' there", "did you mean 'customer'?"),
        (set_value, "note.text=x", "no 'text' there", "there is null"),
        (set_value, "line_items[]=x", "no [] there", "it is a list of 2"),
        (set_value, "zzz=1", "no 'zzz' there", "there is id, total_price, note"),
        (add_value, "note=x", "the payload has 'note' already", "--set changes it"),
        (add_value, "customer[]=x", "no [] there", "there is email"),
        (add_value, "line_items[0]=x", "no 0 there", "[] is its end"),
        (remove_value, "line_items[2]", "no 2 there", "it is a list of 2"),
        (remove_value, "customer.emial", "no 'emial' there", "did you mean 'email'?"),
        (remove_value, "", "--remove : no path", "line_items[1]"),
    ],
)
def test_what_does_not_fit_is_explained(
    change: Callable[[dict[str, object], str], None], argument: str, message: str, fix: str
) -> None:
    order = copy.deepcopy(ORDER)
    with pytest.raises(DevkitError) as caught:
        change(order, argument)
    assert message in caught.value.message
    assert fix in (caught.value.fix or "")
    assert caught.value.exit_code == ExitCode.USAGE
    assert order == ORDER
