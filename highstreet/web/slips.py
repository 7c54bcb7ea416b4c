"""A voucher's slip on paper, in large type: what it is worth, where, until when, its code, and what to do when it is lost."""

from __future__ import annotations

from datetime import datetime

import msgspec
from markupsafe import Markup

from highstreet.kit.text import Words
from highstreet.market import vouchers_shown
from highstreet.market.desk import Market
from highstreet.market.views import public_money
from highstreet.market.vouchers_shown import Code
from highstreet.policy import Claim
from highstreet.web.drawn import qr


class Slip(msgspec.Struct, frozen=True):
    """What is printed. shops: where it is good; helper: who printed it for somebody, '' for one's own."""

    claim_id: str
    amount: int
    terms: Words
    shops: list[Words]
    until: datetime
    digits: str
    picture: Markup
    helper: str
    at: datetime


async def slip_of(market: Market, claim: Claim, code: Code, now: datetime, helper: str = "") -> Slip:
    """The slip of a claim with a code that was just made."""
    async with market.db.read() as tx:
        terms = await vouchers_shown.terms(tx, claim.programme_id, claim.schedule)
        shops = await public_money.shops(tx, claim.programme_id)
    picture = Markup(qr(code.text))  # noqa: S704 - drawn by us out of our own digits
    return Slip(claim.id, claim.amount, terms, shops, code.until, code.digits, picture, helper, now)
