"""Collections nobody told us about: asked of a buyer a while ago, the notice lost or late. The provider is asked what became of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, rows
from highstreet.ledger import strays
from highstreet.ledger.collect import Notice

ASK_AFTER = timedelta(minutes=2)
# A pay link is good for half an hour; what the provider has never seen by then cannot be paid any more.
LAPSE_AFTER = timedelta(hours=1)


class Asked(msgspec.Struct, frozen=True):
    """Money asked of a buyer of which we have heard nothing."""

    key: str
    purchase_id: str | None
    provider: str
    currency: str
    amount: int
    asked_at: datetime

    def lapsed(self, now: datetime) -> bool:
        """Whether it can no longer be paid, if the provider has not seen it."""
        return now - self.asked_at >= LAPSE_AFTER


async def claim(tx: Tx, now: datetime, most: int = 20) -> list[Asked]:
    """Take collections asked for more than two minutes ago and not asked about lately: each again after half as long as it has waited."""
    return await rows(
        tx,
        Asked,
        """UPDATE ledger.collection SET tried_at = $1
           WHERE key IN (
               SELECT key FROM ledger.collection
               WHERE state = 'asked' AND asked_at <= $2
                 AND (tried_at IS NULL OR tried_at <= $1::timestamptz - greatest(interval '1 min', (tried_at - asked_at) / 2))
               ORDER BY asked_at LIMIT $3 FOR UPDATE SKIP LOCKED)
             AND state = 'asked'
           RETURNING key, purchase_id, provider, currency::text AS currency, amount, asked_at""",
        now,
        now - ASK_AFTER,
        most,
    )


async def lapse(tx: Tx, key: str, now: datetime) -> bool:
    """Nobody paid, and nobody can any more. Should money come all the same, it is taken and sent straight back."""
    found = await tx.fetchrow(
        """UPDATE ledger.collection SET state = 'lapsed', settled_at = $2 WHERE key = $1 AND state = 'asked'
           RETURNING coalesce(purchase_id, party_id) AS of, provider, amount""",
        key,
        now,
    )
    if found is None:
        return False
    body = {"collection": key, "amount": found["amount"]}
    await facts.tell(tx, "collection.lapsed", found["of"], found["provider"], now, body)
    return True


async def hear_own(tx: Tx, notice: Notice, now: datetime) -> tuple[str, dict[str, Any]]:
    """A provider's word about money asked of a person for themselves: their wallet, or a card. Whose it is, and {result}: paid, declined,
    repeated or stray. Only the first paid or declined is settled here, once; the money is for the caller to move.
    """
    found = await tx.fetchrow(
        """SELECT party_id, currency::text AS currency, amount, state, provider_ref FROM ledger.collection
           WHERE key = $1 AND party_id IS NOT NULL FOR UPDATE""",
        notice.key,
    )
    whose = found["party_id"] if found is not None else ""
    if notice.outcome != "paid":
        if found is None or found["state"] != "asked":
            return whose, {"result": "repeated"}
        await _settle(tx, notice, "declined", now)
        return whose, {"result": "declined"}
    if found is None:
        return whose, await strays.found(tx, notice, "unknown_key", now)
    if found["state"] == "paid":
        if notice.provider_ref != found["provider_ref"]:
            return whose, await strays.found(tx, notice, "paid_twice", now)
        return whose, {"result": "repeated"}
    if (notice.amount, notice.currency) != (found["amount"], found["currency"]):
        return whose, await strays.found(tx, notice, "wrong_amount", now)
    if not whose:
        return whose, await strays.found(tx, notice, "order_gone", now)
    await _settle(tx, notice, "paid", now)
    return whose, {"result": "paid"}


async def _settle(tx: Tx, notice: Notice, state: str, now: datetime) -> None:
    await tx.execute(
        "UPDATE ledger.collection SET state = $2, provider_ref = $3, settled_at = $4 WHERE key = $1",
        notice.key,
        state,
        notice.provider_ref,
        now,
    )
