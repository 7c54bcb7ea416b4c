"""Quantities: integers of a declared unit; nothing is ever sold in fractions of its step."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from highstreet.kit.errors import Malformed

MOST = 1_000_000_000
UNITS = ("piece", "gram", "millilitre", "metre", "minute", "day", "night", "kilometre", "seat", "page")


def check_quantity(value: object, field: str = "quantity") -> int:
    """A whole number of steps from 1 to a billion, or a clear refusal; True, NaN, fractions and text are refused."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed(field, "must be a whole number", "必须是整数")
    if value < 1:
        raise Malformed(field, "must be at least 1", "至少为 1")
    if value > MOST:
        raise Malformed(field, "is too large", "数量过大")
    return value


def parse_quantity(text: str, field: str = "quantity") -> int:
    """A quantity that a person or a file wrote."""
    try:
        value = Decimal(text.strip() if "_" not in text else "no number")
    except InvalidOperation:
        raise Malformed(field, f"“{text.strip()}” is not a number", f"“{text.strip()}”不是数字") from None
    if not value.is_finite() or value != value.to_integral_value():
        raise Malformed(field, "must be a whole number", "必须是整数")
    return check_quantity(int(value), field)
