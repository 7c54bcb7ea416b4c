"""Payouts: what the market owes a seller, on its way to the seller's bank. Never more than is owed, however many ask at once."""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, rows, value
from highstreet.kit.ids import new_id
from highstreet.ledger.errors import MoreThanOwed, NothingToPayOut
from highstreet.ledger.transfers import Transfer, move


class Payout(msgspec.Struct, frozen=True):
    """Money to pay out; `account` is how the provider knows the seller's bank account: the seller's id. `tries` counts this time too."""

    key: str
    seller_id: str
    provider: str
    currency: str
    amount: int
    state: str
    tries: int
    wanted_at: datetime
    why: str | None

    @property
    def account(self) -> str:
        return self.seller_id


async def owed(tx: Tx, seller_id: str, currency: str) -> int:
    """What the market owes the seller now, in minor units: released sales less refunds, payouts and the cash in the seller's own till.

    Below zero: the seller owes the market.
    """
    return await value(
        tx,
        int,
        """SELECT coalesce(sum((SELECT coalesce(sum(t.amount), 0) FROM ledger.transfer t WHERE t.to_id = a.id)
                             - (SELECT coalesce(sum(t.amount), 0) FROM ledger.transfer t WHERE t.from_id = a.id)), 0)::bigint
           FROM ledger.account a WHERE a.kind IN ('seller', 'till') AND a.party_id = $1 AND a.currency = $2""",
        seller_id,
        currency,
    )


async def turn(tx: Tx, seller_id: str) -> None:
    """Whoever takes of a seller's takings at the same moment waits here, and then sees what was taken: `owed` is read after it."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('payout ' || $1, 0))", seller_id)


async def want_payout(
    tx: Tx,
    seller_id: str,
    amount: int | None,
    now: datetime,
    *,
    by: str,
    currency: str = "CNY",
    provider: str = "sandbox",
    once: str = "",
) -> Payout:
    """Pay out an amount in minor units, or all that is owed (None). The money leaves the seller's account now, and comes back if it fails.

    `once`: whoever asks twice with the same text gets the same payout. Errors: NothingToPayOut, MoreThanOwed.
    """
    await turn(tx, seller_id)
    key = new_id("pay", now)
    if once:
        key = "pay_" + hashlib.sha256(f"{seller_id} {once}".encode()).hexdigest()[:40]
        if made := await _payout(tx, key):
            return made
    left = await owed(tx, seller_id, currency)
    wanted = left if amount is None else amount
    if left <= 0 or wanted <= 0:
        raise NothingToPayOut
    if wanted > left:
        raise MoreThanOwed(left=left)
    await tx.execute(
        """INSERT INTO ledger.payout (key, seller_id, currency, amount, provider, state, wanted_at)
           VALUES ($1, $2, $3, $4, $5, 'wanted', $6)""",
        key,
        seller_id,
        currency,
        wanted,
        provider,
        now,
    )
    await move(tx, Transfer("payout", f"seller:{seller_id}", f"bank:{seller_id}", wanted, key), currency, now)
    await facts.tell(tx, "payout.wanted", seller_id, by, now, {"payout": key, "amount": wanted})
    return Payout(key, seller_id, provider, currency, wanted, "wanted", 0, now, None)


async def _payout(tx: Tx, key: str) -> Payout | None:
    found = await rows(
        tx,
        Payout,
        """SELECT key, seller_id, provider, currency::text AS currency, amount, state, tries, wanted_at, why
           FROM ledger.payout WHERE key = $1""",
        key,
    )
    return found[0] if found else None


async def claim(tx: Tx, now: datetime, most: int = 20) -> list[Payout]:
    """Take payouts that are wanted, or were asked for a while ago without an answer; waits as refunds do."""
    return await rows(
        tx,
        Payout,
        """UPDATE ledger.payout SET state = 'asked', tries = tries + 1, tried_at = $1
           WHERE key IN (
               SELECT key FROM ledger.payout
               WHERE state = 'wanted' OR (state = 'asked' AND coalesce(tried_at, wanted_at)
                     <= $1::timestamptz - least(interval '30 s' * 2 ^ (least(tries, 9) - 1), interval '1 h'))
               ORDER BY wanted_at LIMIT $2 FOR UPDATE SKIP LOCKED)
             AND state IN ('wanted', 'asked')
           RETURNING key, seller_id, provider, currency::text AS currency, amount, state, tries, wanted_at, why""",
        now,
        most,
    )


async def done(tx: Tx, key: str, provider_ref: str, now: datetime) -> bool:
    """The money is at the seller's bank. False when this was known already."""
    found = await tx.fetchrow(
        """UPDATE ledger.payout SET state = 'done', provider_ref = $2, settled_at = $3
           WHERE key = $1 AND state IN ('wanted', 'asked') RETURNING seller_id, provider, amount""",
        key,
        provider_ref,
        now,
    )
    if found is None:
        return False
    body = {"payout": key, "amount": found["amount"]}
    await facts.tell(tx, "payout.done", found["seller_id"], found["provider"], now, body)
    return True


async def failed(tx: Tx, key: str, why: str, now: datetime) -> bool:
    """The provider or the bank said no: the money is the seller's again. False when this was known already."""
    found = await tx.fetchrow(
        """UPDATE ledger.payout SET state = 'failed', why = $2, settled_at = $3
           WHERE key = $1 AND state IN ('wanted', 'asked')
           RETURNING seller_id, provider, amount, currency::text AS currency""",
        key,
        why[:200],
        now,
    )
    if found is None:
        return False
    seller = found["seller_id"]
    back = Transfer("payout", f"bank:{seller}", f"seller:{seller}", found["amount"], key)
    await move(tx, back, found["currency"], now)
    body = {"payout": key, "amount": found["amount"], "why": why[:200]}
    await facts.tell(tx, "payout.failed", seller, found["provider"], now, body)
    return True
