"""Vouchers shown at a till: a code of digits (and the same as a QR) that says whose public money pays a part of this sale.

A till asks whose it is and prices the basket for that person; the sale that follows uses the code up in the unit that takes the claims.
"""

from __future__ import annotations

import secrets
from datetime import datetime

import msgspec

from highstreet import policy
from highstreet.kit import rates
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound, TooOften
from highstreet.kit.rates import Limit
from highstreet.kit.text import Words
from highstreet.market.desk import Market
from highstreet.market.quote import Quote

# Wrong codes of one clerk: a thousand million phone codes are not found by ten a minute.
_TRIES = (Limit(10, 60), Limit(60, 3600))
_NEW = (Limit(20, 60),)


class Code(msgspec.Struct, frozen=True):
    """digits: in groups, as a person reads them; text: what its QR says; until: good."""

    digits: str
    text: str
    until: datetime


def _said(digits: str, until: datetime) -> Code:
    groups = (
        (digits[:3], digits[3:6], digits[6:])
        if len(digits) == policy.codes.PHONE_DIGITS
        else (digits[:4], digits[4:8], digits[8:])
    )
    return Code(" ".join(groups), f"V{digits}", until)


def _digits(count: int) -> str:
    # Never a leading nought: people and spreadsheets drop it.
    return str(10 ** (count - 1) + secrets.randbelow(9 * 10 ** (count - 1)))


async def show(market: Market, holder_id: str, now: datetime) -> Code:
    """A new code for the holder's phone; the last one ends. Errors: TooOften."""
    wait = await market.db.run(
        rates.take, "voucher code shown", market.seal.blind("party", holder_id), _NEW, now
    )
    if wait:
        raise TooOften(seconds=wait)
    while True:
        digits = _digits(policy.codes.PHONE_DIGITS)
        until = await market.db.run(policy.codes.show, market.seal, holder_id, digits, now)
        if until is not None:
            return _said(digits, until)


async def print_slip(market: Market, claim_id: str, by: str, place_id: str | None, now: datetime) -> Code:
    """A slip for an open claim; the one before is void. The caller knows that `by` may. Errors: NotFound for a claim that is not open."""
    for _ in range(5):
        digits = _digits(policy.codes.SLIP_DIGITS)
        if await market.db.run(policy.codes.print_slip, market.seal, claim_id, digits, by, place_id, now):
            async with market.db.read() as tx:
                made = await policy.codes.read(tx, market.seal, digits, now)
            assert made is not None, "a slip just printed is there"
            return _said(digits, made.until)
    raise NotFound("voucher")


async def whose(market: Market, typed: str, clerk_id: str, now: datetime) -> policy.codes.Shown:
    """Whose code this is. Errors: VoucherCodeWrong, VoucherCodeOver, TooOften for a clerk with too many wrong ones."""
    wait, found = await market.db.run(_looked_up, market, typed, clerk_id, now)
    if wait:
        raise TooOften(seconds=wait)
    if found is None:
        raise policy.errors.VoucherCodeWrong
    if not found.good:
        raise policy.errors.VoucherCodeOver
    return found


async def _looked_up(
    tx: Tx, market: Market, typed: str, clerk_id: str, now: datetime
) -> tuple[int, policy.codes.Shown | None]:
    """The code, and how long the clerk must wait; only wrong ones count."""
    who = market.seal.blind("voucher code by", clerk_id)
    wait = await rates.take(tx, "voucher code", who, _TRIES, now)
    found = None if wait else await policy.codes.read(tx, market.seal, typed, now)
    if found is not None:
        await rates.give_back(tx, "voucher code", who, _TRIES, now)
    return wait, found


def served(quoted: Quote, clerk_id: str, payer: str | None, now: datetime) -> str:
    """The person a code named when this was priced: who buys with public money. It is taken while they stand here, never afterwards."""
    if quoted.shown is None or quoted.holder is None or now >= quoted.expires:
        raise policy.errors.VoucherNeedsMarket
    if payer not in (None, quoted.holder):
        raise policy.errors.VoucherOfAnother
    if quoted.holder == clerk_id:
        raise policy.errors.OwnCounter
    return quoted.holder


async def had(tx: Tx, shown: policy.codes.Shown, now: datetime) -> list[Words]:
    """What a code's holder could spend, each with its terms, what lapses first coming first; a slip's one claim alone."""
    usable = await policy.claims.usable(tx, shown.holder_id, now)
    mine = [one for one in usable if shown.claim_id in (None, one.id)]
    return [await terms(tx, one.programme_id, one.schedule) for one in mine]


async def terms(tx: Tx, programme_id: str, schedule: int) -> Words:
    """A voucher in words: its programme, and for what how much."""
    one = await policy.budgets.standing(tx, programme_id)
    programme = policy.instruments.read(one.rules or "")
    rules = [rule for rule in programme.rules if len(rule.schedules) > schedule]
    said = policy.eligibility.terms(rules[-1].schedules[schedule]) if rules else Words()
    name = programme.name
    return Words(f"{name.en}: {said.en}", f"{name.zh}：{said.zh}")
