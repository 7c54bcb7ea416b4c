"""What the pretended lender lends, and what a loan costs: plans, the terms of each, and how a refund changes them.

Rounding, the same everywhere: a month's payment and a month's interest are rounded to the minor unit, half up; the last payment
takes what is left. A fee is parted over the months as evenly as minor units allow, earlier months taking the odd ones.
"""

import base64
import binascii
import calendar
import hashlib
import hmac
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Literal

import msgspec

from highstreet.sandbox.bank import BankRefuses

LEAST, MOST, CURRENCY = 30_000, 5_000_000, "CNY"
GOOD_FOR = timedelta(minutes=30)
NAME = {"en": "Lamplighter Consumer Finance", "zh": "点灯人消费金融"}
ROUNDING = {
    "en": "Each month's payment and interest are rounded to the fen, half up; the last payment takes what is left.",
    "zh": "每月还款与利息四舍五入到分，最后一期还清余额。",
}
ON_RETURN = {
    "en": "What you send back is taken off the loan as if you had never borrowed it, its interest and fees too. "
    "If all of it goes back, the loan is cancelled and what you have paid is returned.",
    "zh": "退款部分视同未曾借入，相应利息和费用一并减免；全部退款则贷款取消，已还款项退回。",
}
REFUSED = {
    "en": "We cannot lend this sum to you now. Nothing was borrowed and nothing is noted against you.",
    "zh": "您的申请暂未通过，未发放任何贷款。",
}


class Plan(msgspec.Struct, frozen=True):
    """`interest` a month and `fee` once, both in hundredths of a percent of the principal."""

    months: int
    interest: int
    fee: int


PLANS = (Plan(3, 60, 0), Plan(6, 60, 50), Plan(12, 60, 100))


class Payment(msgspec.Struct, frozen=True):
    """One month: what is paid, and of it what is fee and interest; minor units."""

    on: date
    amount: int
    principal: int
    interest: int
    fee: int


class Terms(msgspec.Struct, frozen=True):
    """Everything a borrower is told before agreeing. `annual_rate`: hundredths of a percent; `id` follows from all the rest."""

    id: str
    lender: dict[str, str]
    amount: int
    currency: str
    months: int
    begins: date
    payments: list[Payment]
    interest: int
    fees: int
    total: int
    annual_rate: int
    rounding: dict[str, str]
    on_return: dict[str, str]
    until: datetime


def half_up(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def month_after(first: date, months: int) -> date:
    """The same day some months later, or the last one of a shorter month."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, min(first.day, calendar.monthrange(year, month + 1)[1]))


def schedule(principal: int, plan: Plan, begins: date) -> list[Payment]:
    """Equal payments of a loan that begins on a day; the first is due a month later."""
    rate, months = Fraction(plan.interest, 10_000), plan.months
    grown = (1 + rate) ** months
    even = half_up(principal * rate * grown / (grown - 1)) if rate else half_up(Fraction(principal, months))
    each, odd = divmod(half_up(Fraction(principal * plan.fee, 10_000)), months)
    left, told = principal, list[Payment]()
    for n in range(1, months + 1):
        interest = half_up(left * rate)
        back = left if n == months else min(left, max(0, even - interest))
        fee = each + (n <= odd)
        told.append(Payment(month_after(begins, n), back + interest + fee, back, interest, fee))
        left -= back
    return told


def annual_rate(principal: int, payments: Sequence[Payment]) -> int:
    """The internal rate of a month, compounded to a year, in hundredths of a percent (PBoC notice (2021) No. 3, art. 3 and 4)."""
    low, high = 0.0, 1.0
    for _ in range(80):
        rate = (low + high) / 2
        worth = sum(one.amount / (1 + rate) ** n for n, one in enumerate(payments, start=1))
        low, high = (rate, high) if worth > principal else (low, rate)
    return round(((1 + low) ** 12 - 1) * 10_000)


def terms_of(amount: int, plan: Plan, begins: date, until: datetime) -> Terms:
    """The terms of one plan for an amount of money."""
    payments = schedule(amount, plan, begins)
    total = sum(one.amount for one in payments)
    fees = sum(one.fee for one in payments)
    rate = annual_rate(amount, payments)
    told = Terms(
        "", NAME, amount, CURRENCY, plan.months, begins, payments, total - amount - fees, fees, total, rate,
        ROUNDING, ON_RETURN, until,
    )  # fmt: skip
    mark = hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:20]
    return msgspec.structs.replace(told, id=f"sht_{mark}")


def sheets(amount: int, currency: str, begins: date, now: datetime, secret: bytes) -> list[str]:
    """The term sheets for an amount, each as a signed text; none for what is not lent."""
    if currency != CURRENCY or not LEAST <= amount <= MOST:
        return []
    return [sign(terms_of(amount, plan, begins, now + GOOD_FOR), secret) for plan in PLANS]


def sign(terms: Terms, secret: bytes) -> str:
    """base64url JSON, a full stop, and the hex HMAC-SHA-256 of what stands before it."""
    text = base64.urlsafe_b64encode(msgspec.json.encode(terms)).rstrip(b"=")
    return f"{text.decode()}.{hmac.digest(secret, text, hashlib.sha256).hex()}"


def read(text: str, secrets: tuple[bytes, ...]) -> Terms:
    """The terms we offered. BankRefuses 403 when we never did."""
    body, _, mark = text.partition(".")
    ours = [hmac.digest(secret, body.encode(), hashlib.sha256).hex().encode() for secret in secrets]
    if not any(hmac.compare_digest(mark.encode(), one) for one in ours):
        raise BankRefuses("sheet_not_ours", 403, "We never offered these terms.")
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=Terms)
    except (msgspec.DecodeError, binascii.Error) as error:
        raise BankRefuses("malformed", 400, str(error)) from error


class Part(msgspec.Struct, frozen=True):
    """One month as it stands."""

    on: date
    amount: int
    paid: bool


class Loan(msgspec.Struct, frozen=True):
    """A loan as it stands: `left` is still to be paid, `back` goes back to the borrower, who has paid more than it costs now."""

    state: Literal["deciding", "refused", "running", "cancelled", "paid_off"]
    why: dict[str, str] = {}
    amount: int = 0
    parts: list[Part] = []
    left: int = 0
    back: int = 0


def standing(terms: Terms, refunds: Sequence[tuple[date, int]], today: date) -> Loan:
    """A loan after what was refunded of it (day and amount): as if the rest alone had been borrowed. Every payment due was made in time."""
    plan = next(one for one in PLANS if one.months == terms.months)

    def after(day: date) -> list[Payment]:
        return schedule(terms.amount - sum(amount for on, amount in refunds if on <= day), plan, terms.begins)

    paid, parts, due = 0, list[Part](), 0
    for n, one in enumerate(terms.payments):
        if one.on <= today:
            owed = sum(each.amount for each in after(one.on)[: n + 1])
            parts.append(Part(one.on, max(0, owed - paid), True))
            paid = max(paid, owed)
    now = after(today)
    credit = paid
    for one in now:
        due += one.amount
        if one.on > today:
            parts.append(Part(one.on, max(0, due - credit), False))
            credit = max(credit, due)
    total = sum(one.amount for one in now)
    left = max(0, total - paid)
    amount = sum(one.principal for one in now)
    state = "cancelled" if amount == 0 else "running" if left else "paid_off"
    return Loan(state, {}, amount, parts, left, max(0, paid - total))
