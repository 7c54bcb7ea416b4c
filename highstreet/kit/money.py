"""Money: integer minor units with a currency, and the one rounding rule. Nothing here knows fractions of a minor unit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from highstreet.kit.errors import Malformed

# Largest single amount taken from outside: a billion yuan; sums of many stay far inside bigint.
MOST = 100_000_000_000

_DIGITS = {"CNY": 2, "GBP": 2, "EUR": 2, "USD": 2, "HKD": 2, "JPY": 0, "KRW": 0}


def digits(currency: str) -> int:
    """How many decimal digits the currency's minor unit stands for; a clear refusal for an unknown one."""
    try:
        return _DIGITS[currency]
    except KeyError:
        raise Malformed(
            "currency", f"{currency} is not used in this market", f"本市场不使用 {currency}"
        ) from None


def share(amount: int, part: int, whole: int) -> int:
    """part/whole of an amount, rounded half away from zero: the stored rounding rule (`half_up`) of every price, fee and tax."""
    if whole <= 0 or part < 0:
        raise ValueError("share needs 0 <= part and 0 < whole")
    sign = -1 if amount < 0 else 1
    return sign * ((2 * abs(amount) * part + whole) // (2 * whole))


def share_down(amount: int, part: int, whole: int) -> int:
    """part/whole of a non-negative amount, rounded down: for money of a public purse."""
    return amount * part // whole


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Split an amount by weights so that the parts add up exactly; the largest remainders get the odd minor units, earlier ones first."""
    total = sum(weights)
    if total <= 0:
        return [0] * len(weights)
    sign = -1 if amount < 0 else 1
    size = abs(amount)
    parts = [size * weight // total for weight in weights]
    rest = size - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(size * weights[i] % total), i))
    for i in by_remainder[:rest]:
        parts[i] += 1
    return [sign * part for part in parts]


def tax_within(amount: int, bps: int) -> int:
    """The tax contained in a tax-included amount at a rate in basis points."""
    return share(amount, bps, 10_000 + bps)


def parse_money(text: str, currency: str, field: str = "amount") -> int:
    """Minor units from what a person or a file wrote ("12.50", "¥1,299"); refuses NaN, too many decimals, negatives and absurd sizes."""
    cleaned = text.strip().replace(",", "").replace("，", "").lstrip("¥￥£$€").strip()
    try:
        value = Decimal(cleaned if "_" not in cleaned and cleaned.isascii() else "no amount")
    except InvalidOperation:
        raise Malformed(field, f"“{text.strip()}” is not an amount", f"“{text.strip()}”不是金额") from None
    if not value.is_finite():
        raise Malformed(field, "an amount must be a plain number", "金额必须是普通数字")
    if value < 0:
        raise Malformed(field, "an amount cannot be negative", "金额不能为负数")
    if value > MOST:
        raise Malformed(field, "this amount is too large", "金额过大")
    minor = value.scaleb(digits(currency))
    if minor != minor.to_integral_value():
        raise Malformed(
            field,
            f"{currency} has no more than {digits(currency)} decimals",
            f"{currency} 最多 {digits(currency)} 位小数",
        )
    if minor > MOST:
        raise Malformed(field, "this amount is too large", "金额过大")
    return int(minor)


def plain(amount: int, currency: str) -> str:
    """An amount as files and APIs write it: "1299.50", no sign of the currency."""
    places = digits(currency)
    if places == 0:
        return str(amount)
    whole, rest = divmod(abs(amount), 10**places)
    return f"{'-' if amount < 0 else ''}{whole}.{rest:0{places}d}"
