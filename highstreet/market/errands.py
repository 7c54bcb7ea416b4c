"""Errands: the money's way to and from the outside, run by the worker again and again. Each takes its rows in one transaction, calls
the provider outside of any, and writes the answer in another. Dying anywhere in between is no harm: the same key is asked again.

An errand answers how many things it settled; 0 means there is nothing to do for now.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from highstreet import ledger
from highstreet.kit import facts
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound
from highstreet.ledger import MoveState, Notice, ProviderAway, ProviderRefused
from highstreet.market import clawing_back, laws, tax_refunds
from highstreet.market.desk import Market
from highstreet.market.laws import Law
from highstreet.market.pay import told_charge

_AT_ONCE = 5  # calls to a provider under way together
_BESIDE = timedelta(days=3)  # how far a statement is read on both sides of the time asked for

CHECK_BOOKS = "check_books"  # the job's name; its payload: {run, by}

Asked = ledger.collections.Asked
Difference = ledger.reconcile.Difference
Payout = ledger.payouts.Payout
Refund = ledger.refunds.Refund
Stray = ledger.strays.Stray

_log = logging.getLogger(__name__)


async def refunds(market: Market, now: datetime) -> int:
    """Ask the providers for the refunds that wait."""

    async def one(refund: Refund) -> bool:
        if refund.collection_key is None:
            return await market.db.run(ledger.refunds.failed, refund.key, "no_charge_known", now)
        provider = market.providers[refund.provider]
        state = None
        if refund.tries > 1:
            state = await provider.query_refund(refund.key)
        if state is None or not state.seen:
            state = await provider.refund(refund.key, refund.collection_key, refund.amount, refund.currency)
        return await _settle_refund(market, state, now)

    async def no(refund: Refund, why: str) -> bool:
        return await market.db.run(ledger.refunds.failed, refund.key, why, now)

    claimed = await market.db.run(ledger.refunds.claim, now)
    return await each(market, claimed, one, no)


async def payouts(market: Market, now: datetime) -> int:
    """Ask the providers for the payouts that wait."""

    async def one(payout: Payout) -> bool:
        provider = market.providers[payout.provider]
        state = None
        if payout.tries > 1:
            state = await provider.query_payout(payout.key)
        if state is None or not state.seen:
            state = await provider.payout(payout.key, payout.account, payout.amount, payout.currency)
        return await _settle_payout(market, state, now)

    async def no(payout: Payout, why: str) -> bool:
        return await market.db.run(ledger.payouts.failed, payout.key, why, now)

    claimed = await market.db.run(ledger.payouts.claim, now)
    return await each(market, claimed, one, no)


async def ask_collections(market: Market, now: datetime) -> int:
    """Ask what became of money asked of buyers of which nobody told us; what can no longer be paid lapses."""

    async def one(asked: Asked) -> bool:
        state = await market.providers[asked.provider].query(asked.key)
        if state.outcome == "unknown":
            if state.seen or not asked.lapsed(now):
                return False
            return await market.db.run(ledger.collections.lapse, asked.key, now)
        notice = Notice(
            provider=asked.provider,
            id=f"{asked.provider} asked {asked.key}",
            key=asked.key,
            kind="charge.succeeded" if state.outcome == "paid" else "charge.failed",
            amount=state.amount,
            currency=state.currency,
            provider_ref=state.provider_ref,
            at=state.at or now,
        )
        return (await _told_charge(market, notice, now))["result"] != "repeated"

    async def no(_asked: Asked, _why: str) -> bool:
        return False

    claimed = await market.db.run(ledger.collections.claim, now)
    return await each(market, claimed, one, no)


async def strays(market: Market, now: datetime) -> int:
    """Settle strays that were paid right since, and give back those a person sent back."""

    async def one(stray: Stray) -> bool:
        provider = market.providers[stray.provider]
        state = await provider.query_refund(stray.id)
        if not state.seen:
            state = await provider.refund(stray.id, stray.key, stray.amount, stray.currency)
        if state.outcome == "paid":
            return await market.db.run(ledger.strays.refunded, stray.id, now)
        if state.outcome == "declined":
            return await no(stray, "declined")
        return False

    async def no(stray: Stray, why: str) -> bool:
        return await market.db.run(ledger.strays.not_refunded, stray.id, why, now)

    matched = await market.db.run(ledger.strays.match_paid, now)
    claimed = await market.db.run(ledger.strays.claim_refunds, now)
    return matched + await each(market, claimed, one, no)


async def cards(market: Market, now: datetime) -> int:
    """Give back what is on the cards of sellers that are gone, some cards a transaction."""
    swept = 0
    while count := await market.db.run(ledger.card_refunds.sweep, now):
        swept += count
    return swept


async def fold(market: Market, now: datetime) -> int:
    """Fold what was transferred into the balances; how many transfers."""
    del now
    folded = 0
    while count := await market.db.run(ledger.folding.fold):
        folded += count
    return folded


ERRANDS: dict[str, Callable[[Market, datetime], Awaitable[int]]] = {
    "refunds": refunds,
    "payouts": payouts,
    "collections": ask_collections,
    "strays": strays,
    "cards": cards,
    "fold": fold,
}


async def each(
    market: Market,
    claimed: list[Any],
    one: Callable[[Any], Awaitable[bool]],
    no: Callable[[Any, str], Awaitable[bool]],
) -> int:
    """Do one errand for each of what was taken, a few at a time; how many were settled. A provider that does not answer is left alone
    for this time: what was taken for it is due again later.
    """
    gate = asyncio.Semaphore(_AT_ONCE)
    away: set[str] = set()

    async def go(taken: Any) -> bool:
        async with gate:
            if taken.provider in away or taken.provider not in market.providers:
                return False
            try:
                return await one(taken)
            except ProviderAway as e:
                _log.warning("payment provider %s is away: %s", e.provider, e.why)
                if not e.why.startswith("status 4"):
                    away.add(e.provider)
                return False
            except ProviderRefused as refused:
                return await no(taken, str(refused.values.get("reason", "refused")))

    settled = await asyncio.gather(*(go(taken) for taken in claimed), return_exceptions=True)
    # One that cannot go on must not hold up the others; it is told of once they are done.
    for one_settled in settled:
        if isinstance(one_settled, BaseException):
            raise one_settled
    return sum(one_settled is True for one_settled in settled)


async def _settle_refund(market: Market, state: MoveState, now: datetime) -> bool:
    if state.outcome == "paid":
        return await market.db.run(ledger.refunds.done, state.key, state.provider_ref, now)
    if state.outcome == "declined":
        return await market.db.run(ledger.refunds.failed, state.key, "declined", now)
    return False


async def _settle_payout(market: Market, state: MoveState, now: datetime) -> bool:
    if state.outcome == "paid":
        return await market.db.run(ledger.payouts.done, state.key, state.provider_ref, now)
    if state.outcome == "declined":
        return await market.db.run(ledger.payouts.failed, state.key, "declined", now)
    return False


async def told(market: Market, notice: Notice, now: datetime) -> dict[str, Any]:
    """What a provider told us by itself, about a charge, a refund or a payout. Answers {result}; telling it again changes nothing."""
    if notice.about == "charge":
        return await _told_charge(market, notice, now)
    if ledger.tax_refunds.is_tax_move(notice.key):
        return await tax_refunds.told(market, notice, now)
    state = MoveState(
        key=notice.key,
        outcome=notice.outcome,
        amount=notice.amount,
        currency=notice.currency,
        provider_ref=notice.provider_ref,
        at=notice.at,
    )
    settle = _settle_refund if notice.about == "refund" else _settle_payout
    news = await settle(market, state, now)
    if not news and notice.key.startswith("str_") and notice.outcome == "paid":
        news = await market.db.run(ledger.strays.refunded, notice.key, now)
    return {"result": notice.outcome if news else "repeated"}


async def _told_charge(market: Market, notice: Notice, now: datetime) -> dict[str, Any]:
    """For a purchase's orders, for a wallet, or for a card."""
    if ledger.cards.is_card(notice.key):
        return await market.db.run(ledger.cards.heard, notice, now)
    if ledger.top_ups.is_top_up(notice.key):
        return await market.db.run(ledger.top_ups.heard, notice, now)
    return await told_charge(market, notice, now)


async def want_payout(
    market: Market, seller_id: str, amount: int | None, now: datetime, *, by: str, once: str = ""
) -> Payout:
    """Pay out what a seller is owed, or an amount of it in minor units, through the town's first provider.

    Errors: NothingToPayOut, MoreThanOwed; NotFound for a town without a provider.
    """
    provider = next(iter(market.providers), None)
    if provider is None:
        raise NotFound("payment provider")

    async def want(tx: Tx) -> Payout:
        await clawing_back.collect(tx, seller_id, market.currency, now)
        return await ledger.payouts.want_payout(
            tx, seller_id, amount, now, by=by, currency=market.currency, provider=provider, once=once
        )

    return await market.db.run(want)


async def reconcile(
    market: Market, since: datetime, until: datetime, provider: str | None = None
) -> list[Difference]:
    """Every difference between what a provider says it moved in a time and our books. Errors: ProviderAway, NotFound."""
    name = provider or next(iter(market.providers), "")
    if name not in market.providers:
        raise NotFound("payment provider")
    lines = await market.providers[name].statement(since - _BESIDE, until + _BESIDE)
    async with market.db.read(snapshot=True) as tx:
        return await ledger.reconcile.differences(tx, name, lines, since, until)


async def check_books(market: Market, run: str, by: str, now: datetime) -> bool:
    """Check every law, in one snapshot, and tell each as a fact about `run` as it is found; whether all hold.

    Facts: books.check_started {of}, books.law_checked {n, law, ok, cases}, books.checked {ok}.
    """

    async def say(kind: str, body: dict[str, str | int | bool | None]) -> None:
        await market.db.run(facts.tell, f"books.{kind}", run, by, now, body)

    found: list[Law] = []

    async def heard(law: Law) -> None:
        found.append(law)
        cases = ", ".join(law.broken)[:500]
        await say("law_checked", {"n": len(found), "law": law.law, "ok": law.ok, "cases": cases})

    await say("check_started", {"of": len(laws.LAWS)})
    async with market.db.read(snapshot=True) as tx:
        await laws.check(tx, heard)
    ok = all(law.ok for law in found)
    await say("checked", {"ok": ok, "laws": len(found)})
    return ok
