"""Kubernetes quantities."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest
from devkit.table.quantity import parse_quantity
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", "0"),
        ("1", "1"),
        ("250m", "0.25"),
        ("0.5", "0.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1Ki", "1024"),
        ("1.5Gi", "1610612736"),
        ("256Mi", "268435456"),
        ("1k", "1000"),
        ("1M", "1000000"),
        ("1G", "1000000000"),
        ("1E", "1000000000000000000"),
        ("1e3", "1000"),
        ("1E3", "1000"),
        ("12e-3", "0.012"),
        ("100n", "0.0000001"),
        ("100u", "0.0001"),
        ("-1", "-1"),
        ("+1", "1"),
    ],
)
def test_good(text: str, amount: str) -> None:
    assert parse_quantity(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    ["", "Mi", "1K", "1MB", "1mi", "1 Mi", "1Mi ", "1,5", "1e", "1e3Mi", "٣", "0x10", "1_000", "nan", "1KiB"],
)
def test_bad(text: str) -> None:
    with pytest.raises(ValueError):
        parse_quantity(text)


@given(st.text(max_size=50))
def test_any_text_is_a_quantity_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        parse_quantity(text)


@given(st.integers(0, 10**6), st.sampled_from(["m", "k", "M", "G", "Ki", "Mi", "Gi", ""]))
def test_the_order_is_kept(number: int, suffix: str) -> None:
    assert parse_quantity(f"{number}{suffix}") < parse_quantity(f"{number + 1}{suffix}")
