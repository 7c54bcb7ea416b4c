"""Instalments: a lender pays the whole price at once, and the buyer pays the lender back by the month.

The loan is between buyer and lender. Our books know a charge like any other, and that the buyer agreed to exact terms; what is still
owed is asked of the lender whenever somebody wants to see it, and never kept here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Literal, Protocol

import msgspec

from highstreet.kit.db import Tx, row_or_none
from highstreet.kit.errors import Refusal
from highstreet.kit.text import Words
from highstreet.ledger.collect import Provider

FINANCED = frozenset(
    {"price", "delivery"}
)  # what a loan may pay; a deposit is not bought, so it is not borrowed for
GROWN_UP = 18  # Civil Code of the PRC, art. 17 and 18: from eighteen on one answers for what one signs
_CLOSE = 1  # hundredths of a percent by which a lender's annual rate may differ from ours: rounding, no more


class Reach(msgspec.Struct, frozen=True):
    """Who lends, from `least` to `most` minor units, over how many months."""

    lender: Words
    currency: str
    least: int
    most: int
    months: tuple[int, ...]

    def covers(self, amount: int, currency: str) -> bool:
        return currency == self.currency and self.least <= amount <= self.most and bool(self.months)


class Payment(msgspec.Struct, frozen=True):
    """What is paid on a day, in minor units."""

    on: date
    amount: int


class Sheet(msgspec.Struct, frozen=True):
    """A term sheet: everything the buyer is told before agreeing. `annual_rate` in hundredths of a percent; `interest` and `fees` for
    the whole time. `text` is what the lender signed, `mark` its SHA-256 in hex; good `until` then.
    """

    id: str
    text: str
    mark: str
    lender: Words
    amount: int
    currency: str
    payments: list[Payment]
    interest: int
    fees: int
    annual_rate: int
    rounding: Words
    on_return: Words
    until: datetime

    @property
    def months(self) -> int:
        return len(self.payments)

    @property
    def total(self) -> int:
        return sum(one.amount for one in self.payments)

    @property
    def cost(self) -> int:
        return self.interest + self.fees


class Part(msgspec.Struct, frozen=True):
    """One month of a running loan."""

    on: date
    amount: int
    paid: bool


class Loan(msgspec.Struct, frozen=True):
    """A loan as its lender tells it now. `amount`: what is borrowed after refunds; `left` to be paid; `back`: the lender returns it."""

    state: Literal["deciding", "refused", "running", "cancelled", "paid_off"]
    why: Words = Words()
    amount: int = 0
    parts: list[Part] = []
    left: int = 0
    back: int = 0


class LenderAway(Refusal):
    code = "lender_away"
    status = 503
    en = "The lender does not answer now. Please try again, or pay in another way."
    zh = "分期服务暂无响应，请重试或换一种付款方式。"


class NotLent(Refusal):
    code = "not_lent"
    status = 422
    en = "This cannot be paid by instalments."
    zh = "此订单不支持分期付款。"


class SheetNotTrue(Refusal):
    """Sums or rate do not come out as written: nobody is shown them."""

    code = "sheet_not_true"
    status = 502
    en = "The lender's terms do not add up, so we do not offer them."
    zh = "贷款条款核算不符，已停止展示。"


class SheetUnknown(Refusal):
    code = "sheet_unknown"
    status = 422
    en = "These terms are not the lender's, or are for another sum. Please choose again."
    zh = "该条款并非由贷款机构提供，或金额不符，请重新选择。"


class SheetExpired(Refusal):
    code = "sheet_expired"
    status = 410
    en = "These terms have expired. Please look at the current ones."
    zh = "该条款已过期，请查看最新条款。"


class NotAgreed(Refusal):
    code = "loan_not_agreed"
    status = 422
    en = "A loan begins only when you have agreed to its terms."
    zh = "须先同意贷款条款，方可分期付款。"


class TooYoung(Refusal):
    code = "too_young_to_borrow"
    status = 403
    en = "Only people of {least} and over can borrow. Please pay in another way."
    zh = "未满 {least} 周岁不能使用分期付款，请换一种付款方式。"

    def __init__(self) -> None:
        super().__init__(least=GROWN_UP)


class Lender(Provider, Protocol):
    """A provider that lends. `Intent.terms` carries the text of the sheet the buyer agreed to. Errors as everywhere at providers."""

    async def reach(self) -> Reach:
        """What it lends, as it said a few minutes ago at most. Errors: ProviderAway."""
        ...

    async def sheets(self, amount: int, currency: str) -> Sequence[Sheet]:
        """The terms of every plan for this amount, each read and proven. Errors: ProviderAway."""
        ...

    def read_sheet(self, text: str) -> Sheet:
        """The terms in a text the lender signed. No network. Errors: SheetUnknown."""
        ...

    async def loan(self, key: str) -> Loan | None:
        """The loan behind a charge as it stands; None when nobody applied. Errors: ProviderAway."""
        ...


def annual_rate(amount: int, payments: Sequence[int]) -> int:
    """What a loan costs a year, in hundredths of a percent: the internal rate of a month, compounded.

    PBoC notice (2021) No. 3, art. 3 and 4: all interest and fees over the principal actually owed, by the internal rate of return.
    """
    rate = Decimal(0)
    for _ in range(60):
        worth = slope = Decimal(0)
        grown = Decimal(1)
        for n, one in enumerate(payments, start=1):
            grown *= 1 + rate
            worth += one / grown
            slope += n * one / (grown * (1 + rate))
        step = (worth - amount) / slope
        rate = max(rate + step, Decimal("-0.5"))
        if abs(step) < Decimal("1e-12"):
            break
    return round(((1 + rate) ** 12 - 1) * 10_000)


def check(sheet: Sheet) -> Sheet:
    """The sheet, if it is true: the months sum to the total, the total is the price and its cost, the rate is the internal rate.

    Errors: SheetNotTrue.
    """
    days = [one.on for one in sheet.payments]
    amounts = [one.amount for one in sheet.payments]
    adds_up = (
        sheet.amount > 0
        and bool(amounts)
        and min(amounts) > 0
        and min(sheet.interest, sheet.fees) >= 0
        and sheet.total == sheet.amount + sheet.cost
        and all(20 <= (after - before).days <= 40 for before, after in pairwise(days))
    )
    if not adds_up or abs(annual_rate(sheet.amount, amounts) - sheet.annual_rate) > _CLOSE:
        raise SheetNotTrue
    return sheet


def of_age(born: date, today: date) -> bool:
    """Whether somebody born then has had the birthday that makes them grown up; who was born on 29 February, on 1 March."""
    return (today.year - born.year, today.month, today.day) >= (GROWN_UP, born.month, born.day)


class AgreedLoan(msgspec.Struct, frozen=True):
    """A yes as it is kept: the sheet sealed, or gone with its person."""

    collection_key: str
    lender: str
    wording: str
    agreed_at: datetime
    sheet_key: bytes | None
    sheet: bytes | None


async def agreed(tx: Tx, purchase_id: str) -> AgreedLoan | None:
    """What was agreed for a purchase; None when no lender pays it."""
    return await row_or_none(
        tx,
        AgreedLoan,
        """SELECT collection_key, lender, wording, agreed_at, sheet_key, sheet FROM ledger.loan_agreed WHERE purchase_id = $1""",
        purchase_id,
    )


async def forget(tx: Tx, buyer_id: str) -> None:
    """Nobody can read any more which terms this person agreed to; that somebody did, and to which sheet, stays."""
    await tx.execute(
        "UPDATE ledger.loan_agreed SET sheet_key = NULL, sheet = NULL, agreed_by = '' WHERE agreed_by = $1",
        buyer_id,
    )
