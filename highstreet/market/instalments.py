"""Paying by instalments: which baskets a lender may pay, what it would cost, and the buyer's yes to exact terms.

Everything is shown before anybody agrees; the yes is written with the purchase, in the same transaction. Then the lender is a provider
like any other: it pays, refuses or is late, and what goes back goes back to it.
"""

from __future__ import annotations

import base64
import contextlib
import logging
from datetime import date, datetime
from typing import Any

import msgspec

from highstreet import ledger
from highstreet.kit.errors import Malformed
from highstreet.kit.money import plain
from highstreet.kit.text import Words
from highstreet.ledger import Lender, ProviderAway, ProviderRefused
from highstreet.market.desk import Market
from highstreet.market.quote import Quote
from highstreet.market.units import Unit

Loan = ledger.instalments.Loan
Reach = ledger.instalments.Reach
Sheet = ledger.instalments.Sheet
LenderAway = ledger.instalments.LenderAway
NotLent = ledger.instalments.NotLent

_log = logging.getLogger(__name__)


class Agreed(msgspec.Struct, frozen=True):
    """A buyer's yes: to which sheet, in which words. Made by `agree` alone."""

    lender: str
    sheet: Sheet
    wording: str


def financed(market: Market, quote: Quote) -> bool:
    """Whether a loan may pay all of this: prices and deliveries paid now. A deposit, or what is asked later, is the buyer's own to pay."""
    dues = [due for order in quote.orders for due in order.agreed.dues if due.amount]
    by_provider = all("provider" in market.format(order.format).money.ways for order in quote.orders)
    allowed = ledger.instalments.FINANCED
    return by_provider and all(due.purpose in allowed and not due.later for due in dues)


async def lenders(market: Market, quote: Quote) -> dict[str, Reach]:
    """Who would lend what this basket costs, by name; one that does not answer is left out."""
    found: dict[str, Reach] = {}
    if financed(market, quote):
        for name, lender in market.lenders.items():
            try:
                reach = await lender.reach()
            except (ProviderAway, ProviderRefused) as away:
                _log.info("the lender %s gave no answer: %s", name, away)
                continue
            if reach.covers(quote.total, quote.currency):
                found[name] = reach
    return found


async def sheets(market: Market, name: str, quote: Quote) -> list[Sheet]:
    """What each plan of a lender would cost; all of it checked. Errors: NotLent, LenderAway, SheetNotTrue."""
    lender = _lender(market, name, quote)
    try:
        found = await lender.sheets(quote.total, quote.currency)
    except (ProviderAway, ProviderRefused) as away:
        raise LenderAway from away
    if not found:
        raise NotLent
    return [_of(ledger.instalments.check(sheet), quote) for sheet in found]


def agree(
    market: Market, name: str, quote: Quote, text: str, now: datetime, *, yes: bool, born: str, lang: str
) -> Agreed:
    """The buyer has read the sheet and said yes. `born`: YYYY-MM-DD, looked at and not kept.

    Errors: NotLent, NotAgreed, SheetUnknown, SheetNotTrue, SheetExpired, TooYoung, Malformed.
    """
    lender = _lender(market, name, quote)
    if not yes or not text:
        raise ledger.instalments.NotAgreed
    sheet = _of(ledger.instalments.check(lender.read_sheet(text)), quote)
    if sheet.until <= now:
        raise ledger.instalments.SheetExpired
    if not ledger.instalments.of_age(_birthday(born), now.astimezone(market.tz).date()):
        raise ledger.instalments.TooYoung
    return Agreed(name, sheet, wording(sheet).say(lang))


def wording(sheet: Sheet) -> Words:
    """The sentence one agrees to."""
    rate = f"{sheet.annual_rate // 100}.{sheet.annual_rate % 100:02d}%"
    sums = [f"{plain(amount, sheet.currency)}" for amount in (sheet.amount, sheet.total, sheet.cost)]
    return Words(
        f"I have read the terms and borrow {sums[0]} {sheet.currency} from {sheet.lender.en}: {sheet.months} monthly payments, "
        f"{sums[1]} in all, of it {sums[2]} interest and fees, {rate} a year.",
        f"我已阅读贷款条款，同意向{sheet.lender.zh}借款 {sums[0]} 元：分 {sheet.months} 期偿还，共还 {sums[1]} 元，"
        f"其中利息及费用 {sums[2]} 元，年化利率 {rate}。",
    )


def _lender(market: Market, name: str, quote: Quote) -> Lender:
    lender = market.lenders.get(name)
    if lender is None or not financed(market, quote):
        raise NotLent
    return lender


def _of(sheet: Sheet, quote: Quote) -> Sheet:
    if (sheet.amount, sheet.currency) != (quote.total, quote.currency):
        raise ledger.instalments.SheetUnknown
    return sheet


def _birthday(text: str) -> date:
    try:
        return date.fromisoformat(text if len(text) == 10 else "")
    except ValueError:
        raise Malformed(
            "born", "write your date of birth, such as 1990-06-15", "请填写出生日期，例如 1990-06-15"
        ) from None


def write_down(
    market: Market, unit: Unit, agreed: Agreed, collection: str, purchase_id: str, by: str, now: datetime
) -> None:
    """The yes, with the terms sealed under a key of the purchase's own."""
    key = market.seal.new_key(purchase_id)
    sealed = market.seal.close(purchase_id, key, agreed.sheet.text.encode())
    unit.add(
        "loan_agreed",
        collection_key=collection,
        purchase_id=purchase_id,
        lender=agreed.lender,
        sheet_id=agreed.sheet.id,
        sheet_mark=agreed.sheet.mark,
        wording=agreed.wording,
        agreed_by=by,
        agreed_at=now,
        sheet_key=base64.b64encode(key).decode(),
        sheet=base64.b64encode(sealed).decode(),
    )
    told: dict[str, Any] = {"lender": agreed.lender, "sheet": agreed.sheet.id, "mark": agreed.sheet.mark}
    unit.fact("loan.agreed", purchase_id, by, now, told)


class Kept(msgspec.Struct, frozen=True):
    """A yes as it is kept; `terms` is None once nobody may read it any more."""

    collection_key: str
    lender: str
    wording: str
    agreed_at: datetime
    terms: Sheet | None


async def agreed_for(market: Market, purchase_id: str) -> Kept | None:
    """What was agreed for a purchase, opened; None when it is not paid by instalments."""
    async with market.db.read() as tx:
        found = await ledger.instalments.agreed(tx, purchase_id)
    if found is None:
        return None
    lender = market.lenders.get(found.lender)
    terms = None
    if found.sheet is not None and found.sheet_key is not None and lender is not None:
        # A lender that signs with another secret by now does not take away what was agreed; only its terms cannot be read.
        with contextlib.suppress(ledger.instalments.SheetUnknown):
            terms = lender.read_sheet(market.seal.open(purchase_id, found.sheet_key, found.sheet).decode())
    return Kept(found.collection_key, found.lender, found.wording, found.agreed_at, terms)


async def why_not(market: Market, kept: Kept) -> Words:
    """In which words the lender said no; empty when it does not say."""
    try:
        loan = await loan_of(market, kept)
    except LenderAway:
        loan = None
    return loan.why if loan is not None else Words()


async def loan_of(market: Market, kept: Kept) -> Loan | None:
    """The loan as its lender tells it now; None when nobody has applied yet. Errors: LenderAway."""
    lender = market.lenders.get(kept.lender)
    if lender is None:
        raise LenderAway
    try:
        return await lender.loan(kept.collection_key)
    except (ProviderAway, ProviderRefused) as away:
        raise LenderAway from away
