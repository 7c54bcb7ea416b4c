"""Strays: money a provider says was paid, that no order takes. A queue with an owner and a deadline; a person settles each.

Stray money is not in the ledger until somebody keeps it. `refunded` has two steps: a person says so, and the provider does it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal, get_args

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, rows
from highstreet.kit.errors import Malformed
from highstreet.kit.ids import new_id
from highstreet.ledger.accounts import PLATFORM
from highstreet.ledger.collect import Notice
from highstreet.ledger.errors import NoSuchStray
from highstreet.ledger.transfers import Transfer, move

How = Literal["refunded", "matched", "kept"]
Reason = Literal["unknown_key", "wrong_amount", "order_gone", "paid_twice"]
SETTLE_WITHIN = timedelta(days=2)


class Stray(msgspec.Struct, frozen=True):
    """Money without an order. `key` is what the provider named, `id` ours, under which it is given back."""

    id: str
    provider: str
    provider_ref: str
    key: str
    currency: str
    amount: int
    reason: str
    owner: str
    at: datetime
    due_at: datetime
    settled_at: datetime | None
    settled_by: str | None
    settled_how: How | None
    note: str | None

    @property
    def going_back(self) -> bool:
        """Whether it waits for the provider to give it back."""
        return self.settled_how == "refunded" and self.settled_at is None


async def found(tx: Tx, notice: Notice, reason: Reason, now: datetime) -> dict[str, Any]:
    """Money a provider told of that nothing of ours takes: into the queue, once. Answers {result: stray, reason}."""
    await tx.execute(
        """INSERT INTO ledger.stray (id, provider, provider_ref, key, currency, amount, reason, at, due_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (provider, provider_ref, reason) DO NOTHING""",
        new_id("str", now),
        notice.provider,
        notice.provider_ref,
        notice.key,
        notice.currency,
        notice.amount,
        reason,
        now,
        now + SETTLE_WITHIN,
    )
    body = {"reason": reason, "amount": notice.amount}
    await facts.tell(tx, "payment.stray", notice.key, notice.provider, now, body)
    return {"result": "stray", "reason": reason}


async def waiting(tx: Tx, most: int = 200) -> list[Stray]:
    """Strays not settled yet, the most urgent first."""
    return await rows(
        tx,
        Stray,
        """SELECT id, provider, provider_ref, key, currency::text AS currency, amount, reason, owner, at, due_at, settled_at, settled_by,
               settled_how, note
           FROM ledger.stray WHERE settled_at IS NULL ORDER BY due_at, id LIMIT $1""",
        most,
    )


async def settled(tx: Tx, most: int = 50) -> list[Stray]:
    """Strays that were settled, the latest first."""
    return await rows(
        tx,
        Stray,
        """SELECT id, provider, provider_ref, key, currency::text AS currency, amount, reason, owner, at, due_at, settled_at, settled_by,
               settled_how, note
           FROM ledger.stray WHERE settled_at IS NOT NULL ORDER BY settled_at DESC, id DESC LIMIT $1""",
        most,
    )


async def take(tx: Tx, stray_id: str, by: str, now: datetime) -> None:
    """Somebody looks after a stray from now on. Errors: NoSuchStray."""
    done = await tx.execute(
        "UPDATE ledger.stray SET owner = $2 WHERE id = $1 AND settled_at IS NULL", stray_id, by
    )
    if done == "UPDATE 0":
        raise NoSuchStray
    await facts.tell(tx, "stray.taken", stray_id, by, now)


async def settle(tx: Tx, stray_id: str, how: How, by: str, note: str, now: datetime) -> Stray:
    """A person settles a stray and says why. Errors: NoSuchStray when it is settled or on its way back, Malformed.

    refunded: the provider is asked to give it back, and it is settled once that is done. matched: it is money we know already, or none.
    kept: the market takes it in.
    """
    if how not in get_args(How):
        raise Malformed("how", "refunded, matched or kept", "退回、已对上或留存")
    if not note.strip():
        raise Malformed("note", "write how you know", "请写明依据")
    found = await rows(
        tx,
        Stray,
        """UPDATE ledger.stray SET settled_how = $2, settled_by = $3, note = $4, tried_at = NULL,
               settled_at = CASE WHEN $2::text = 'refunded' THEN NULL ELSE $5::timestamptz END
           WHERE id = $1 AND settled_at IS NULL AND settled_how IS NULL
           RETURNING id, provider, provider_ref, key, currency::text AS currency, amount, reason, owner, at, due_at, settled_at, settled_by,
               settled_how, note""",
        stray_id,
        how,
        by,
        note.strip()[:500],
        now,
    )
    if not found:
        raise NoSuchStray
    one = found[0]
    if how == "kept":
        kept = Transfer("stray", f"provider:{one.provider}", PLATFORM, one.amount, one.id)
        await move(tx, kept, one.currency, now)
    kind = "stray.sent_back" if how == "refunded" else f"stray.{how}"
    await facts.tell(tx, kind, stray_id, by, now, {"key": one.key, "amount": one.amount})
    return one


async def claim_refunds(tx: Tx, now: datetime, most: int = 20) -> list[Stray]:
    """Take strays that a person sent back and the provider has not given back yet; each again after a minute."""
    return await rows(
        tx,
        Stray,
        """UPDATE ledger.stray SET tried_at = $1
           WHERE id IN (SELECT id FROM ledger.stray
                        WHERE settled_at IS NULL AND settled_how = 'refunded'
                          AND (tried_at IS NULL OR tried_at <= $1::timestamptz - interval '1 min')
                        ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
           RETURNING id, provider, provider_ref, key, currency::text AS currency, amount, reason, owner, at, due_at, settled_at, settled_by,
               settled_how, note""",
        now,
        most,
    )


async def refunded(tx: Tx, stray_id: str, now: datetime) -> bool:
    """The provider has given it back. False when this was known already."""
    found = await tx.fetchrow(
        """UPDATE ledger.stray SET settled_at = $2 WHERE id = $1 AND settled_at IS NULL AND settled_how = 'refunded'
           RETURNING provider, amount""",
        stray_id,
        now,
    )
    if found is not None:
        await facts.tell(tx, "stray.refunded", stray_id, found["provider"], now, {"amount": found["amount"]})
    return found is not None


async def not_refunded(tx: Tx, stray_id: str, why: str, now: datetime) -> bool:
    """The provider would not: it is in the queue again, with the reason. False when this was known already."""
    found = await tx.fetchrow(
        """UPDATE ledger.stray SET settled_how = NULL, settled_by = NULL, note = $2
           WHERE id = $1 AND settled_at IS NULL AND settled_how = 'refunded' RETURNING provider""",
        stray_id,
        why[:200],
    )
    if found is not None:
        await facts.tell(tx, "stray.not_refunded", stray_id, found["provider"], now, {"why": why[:200]})
    return found is not None


async def match_paid(tx: Tx, now: datetime) -> int:
    """Settle strays told with a wrong amount whose collection was paid right since, by the same money; how many."""
    found = await tx.fetch(
        """UPDATE ledger.stray s SET settled_at = $1, settled_by = 'clock', settled_how = 'matched', note = 'paid right since'
           FROM ledger.collection c
           WHERE s.settled_at IS NULL AND s.settled_how IS NULL AND s.reason = 'wrong_amount' AND c.key = s.key AND c.state = 'paid'
             AND c.provider_ref = s.provider_ref
           RETURNING s.id, s.key""",
        now,
    )
    for one in found:
        await facts.tell(tx, "stray.matched", one["id"], "clock", now, {"key": one["key"]})
    return len(found)
