"""Pay: what a payment provider told us, made true. Notices come twice, late, reordered and wrong; each ends with the money in its place."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from highstreet.kit.ids import new_id
from highstreet.ledger import Notice, WalletShort
from highstreet.logistics import EditionGone
from highstreet.market import cards, redeeming, rules, settle, unwind
from highstreet.market.commit import advance
from highstreet.market.desk import Decision, Found, Market
from highstreet.market.format import Format
from highstreet.market.units import Key, Unit
from highstreet.market.work import Work
from highstreet.orders import NoSuchOrder, NotNow

_STRAY_WITHIN = timedelta(days=2)


async def told_charge(market: Market, notice: Notice, now: datetime) -> dict[str, Any]:
    """A charge succeeded or failed. Answers {result}: paid, declined, repeated or stray; telling it again changes nothing.

    Paid for a number of an edition of which the last went to somebody else meanwhile: that order comes to nothing, its money goes back.
    So does one that spends public money and was paid by the account that paid for another holder's claim of the same round.
    """
    try:
        return await _told_charge(market, notice, now)
    except EditionGone:
        return await _told_charge(market, notice, now, gone=True)
    except redeeming.SamePayer:
        return await _told_charge(market, notice, now, same=True)


async def _told_charge(
    market: Market, notice: Notice, now: datetime, *, gone: bool = False, same: bool = False
) -> dict[str, Any]:
    def decide(found: Found, unit: Unit) -> dict[str, Any]:
        asked = next(iter(found.collections), None)
        # Whoever was not asked has nothing to say about it: its money, if there is any, is for a person to look at.
        if asked is None or asked.provider != notice.provider:
            return (
                _stray(unit, notice, "unknown_key", now)
                if notice.outcome == "paid"
                else {"result": "repeated"}
            )
        if asked.state == "paid":
            twice = notice.outcome == "paid" and notice.provider_ref != asked.provider_ref
            return _stray(unit, notice, "paid_twice", now) if twice else {"result": "repeated"}
        unit.guard("collections", asked.key, asked.state)
        if notice.outcome != "paid":
            if asked.state == "declined":
                return {"result": "repeated"}
            unit.add(
                "collection_move",
                key=asked.key,
                state="declined",
                provider_ref=notice.provider_ref,
                settled_at=now,
            )
            for work in found.works:
                unit.fact("order.declined", work.order.id, notice.provider, now)
            return {"result": "declined"}
        if (notice.amount, notice.currency) != (asked.amount, asked.currency):
            return _stray(unit, notice, "wrong_amount", now)
        unit.add(
            "collection_move", key=asked.key, state="paid", provider_ref=notice.provider_ref, settled_at=now
        )
        for work in found.works:
            if asked.order_id in (None, work.order.id):
                one = market.format(work.order.format)
                if gone and work.order.stage == "placed" and work.order.agreed.number("edition"):
                    unwind.undo(work, one, now, reason="sold_out")
                if same and work.order.stage == "placed" and redeeming.spends_public_money(work):
                    unwind.undo(work, one, now, reason="same_payer")
                take_money(work, one, asked.key, notice.provider, now, later=asked.order_id is not None)
                unit.take_in(work, now)
                if notice.payer and not same and asked.order_id is None:
                    who = market.seal.blind("payer", f"{notice.provider} {notice.payer}").hex()
                    redeeming.paid_by(work, who, unit)
        return {"result": "paid"}

    return await market.act(Decision(decide, now, collections=(notice.key,)))


async def pay_balance(
    market: Market, order_id: str, method: str, by: str, now: datetime, key: Key | None = None, tries: int = 5
) -> dict[str, Any]:
    """What an order asks for later (a balance, the rest at a visit), the way its first part was paid: at once, or asked of the provider.

    Answers {order, amount, collection: {key, amount, provider} | None}. Refuses not_now when nothing is owed, wallet_short, card_short.
    """
    purse = await cards.purse_of(market, method)

    def decide(found: Found, unit: Unit) -> dict[str, Any]:
        if not found.works:
            raise NoSuchOrder
        work = found.works[0]
        if work.order.waits != "balance" or method != work.method:
            raise NotNow
        amount = work.order.agreed.asked(later=True)
        asked = None
        if method == "wallet" or purse is not None:
            work.purse = msgspec.structs.replace(purse) if purse is not None else None
            settle.take_balance(work, by, now)
            advance(work, market.format(work.order.format), now)
            unit.take_in(work, now)
        else:
            asked = {"key": new_id("col", now), "amount": amount, "provider": method}
            order = work.order
            unit.ask(str(asked["key"]), order.purchase_id, method, order.currency, amount, now, order_id)
        return {"order": order_id, "amount": amount, "collection": asked}

    try:
        return await market.act(Decision(decide, now, orders=(order_id,), key=key))
    except WalletShort:
        if purse is None or tries <= 1:
            raise
        return await pay_balance(market, order_id, method, by, now, key, tries - 1)


def take_money(
    work: Work, one: Format, collection: str, by: str, now: datetime, *, later: bool = False
) -> None:
    """Money for one order: into escrow and on; for an order that came to nothing meanwhile, straight back."""
    if work.settled if later else work.paid or work.has("paid_late"):
        return
    if later:
        work.balance = collection
    else:
        work.collection = collection
    if work.order.stage in ("done", "undone") if later else work.order.stage == "undone":
        work.post(rules.pay_in(work, later=True) if later else rules.pay_in_late(work))
        work.post(rules.refund_all(work))
        work.tell("paid_late", by, now)
        settle.check_ended(work)
        return
    if later:
        settle.take_balance(work, by, now)
    else:
        settle.take_payment(work, by, now)
    advance(work, one, now)


def _stray(unit: Unit, notice: Notice, reason: str, now: datetime) -> dict[str, Any]:
    unit.add(
        "stray",
        id=new_id("str", now),
        provider=notice.provider,
        provider_ref=notice.provider_ref,
        key=notice.key,
        currency=notice.currency,
        amount=notice.amount,
        reason=reason,
        at=now,
        due_at=now + _STRAY_WITHIN,
    )
    unit.fact("payment.stray", notice.key, notice.provider, now, {"reason": reason, "amount": notice.amount})
    return {"result": "stray", "reason": reason}
