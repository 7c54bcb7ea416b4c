"""Refunds on their way back to buyers: taken, asked of the provider under their one key, and settled once, whoever brings the answer."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, rows
from highstreet.kit.errors import Malformed
from highstreet.kit.ids import new_id
from highstreet.ledger.errors import NoSuchRefund
from highstreet.ledger.transfers import Transfer, move

MANY_TRIES = 6  # from here on a person should know


class Refund(msgspec.Struct, frozen=True):
    """Money to give back, for an order or of a card. `collection_key`: the charge it belongs to; `tries` counts this time too."""

    key: str
    order_id: str | None
    card_id: str | None
    collection_key: str | None
    provider: str
    currency: str
    amount: int
    state: str
    tries: int
    wanted_at: datetime
    why: str | None

    @property
    def of(self) -> str:
        """What it is told about: the order, or the card."""
        return self.order_id or self.card_id or ""


async def claim(tx: Tx, now: datetime, most: int = 20) -> list[Refund]:
    """Take refunds that are wanted, or were asked for a while ago without an answer; each is somebody's alone until it is due again.

    Waits 30 seconds after the first try, twice as long after each further one, at most an hour. Who took some and died asked nothing or
    does not know what came of it; whoever takes them next asks with the same key.
    """
    return await rows(
        tx,
        Refund,
        """UPDATE ledger.refund SET state = 'asked', tries = tries + 1, tried_at = $1
           WHERE key IN (
               SELECT key FROM ledger.refund
               WHERE state = 'wanted' OR (state = 'asked' AND coalesce(tried_at, wanted_at)
                     <= $1::timestamptz - least(interval '30 s' * 2 ^ (least(tries, 9) - 1), interval '1 h'))
               ORDER BY wanted_at LIMIT $2 FOR UPDATE SKIP LOCKED)
             AND state IN ('wanted', 'asked')
           RETURNING key, order_id, card_id, collection_key, provider, currency::text AS currency, amount, state, tries, wanted_at, why""",
        now,
        most,
    )


async def done(tx: Tx, key: str, provider_ref: str, now: datetime) -> bool:
    """The money has left for the buyer. False when this was known already."""
    return await _settle(tx, key, "done", provider_ref, None, now)


async def failed(tx: Tx, key: str, why: str, now: datetime) -> bool:
    """The provider, or the buyer's bank, said no and nothing moved: a person decides now. False when this was known already."""
    return await _settle(tx, key, "failed", None, why[:200], now)


async def _settle(
    tx: Tx, key: str, state: str, provider_ref: str | None, why: str | None, now: datetime
) -> bool:
    found = await tx.fetchrow(
        """UPDATE ledger.refund SET state = $2, provider_ref = $3, why = $4, settled_at = $5
           WHERE key = $1 AND state IN ('wanted', 'asked') RETURNING coalesce(order_id, card_id) AS of, provider, amount""",
        key,
        state,
        provider_ref,
        why,
        now,
    )
    if found is None:
        return False
    body = {"refund": key, "amount": found["amount"], "why": why}
    await facts.tell(tx, f"refund.{state}", found["of"], found["provider"], now, body)
    return True


async def need_a_person(tx: Tx, most: int = 100) -> list[Refund]:
    """Refunds that failed, and those the provider has not answered for many tries; longest waiting first."""
    return await rows(
        tx,
        Refund,
        """SELECT key, order_id, card_id, collection_key, provider, currency::text AS currency, amount, state, tries, wanted_at, why
           FROM ledger.refund WHERE state = 'failed' OR (state IN ('wanted', 'asked') AND tries >= $2) ORDER BY wanted_at LIMIT $1""",
        most,
        MANY_TRIES,
    )


async def again(tx: Tx, key: str, by: str, now: datetime) -> str:
    """Want a failed refund once more, as a new one with a key of its own; its key. The failed one is taken out of the books again.

    Errors: NoSuchRefund unless it failed: while an answer is outstanding no second key is made.
    """
    old = await _take_failed(tx, key, f"again by {by}")
    fresh = new_id("rfd", now)
    went = await tx.fetch(
        """SELECT t.purpose, t.amount, s.kind || ':' || s.party_id AS source FROM ledger.transfer t
           JOIN ledger.account s ON s.id = t.from_id JOIN ledger.account g ON g.id = t.to_id
           WHERE t.order_id IS NOT DISTINCT FROM $1 AND t.about = $2 AND g.kind = 'provider' AND s.kind = ANY ($3)
             AND (t.order_id IS NOT NULL OR s.party_id = $4) ORDER BY t.id""",
        old.order_id,
        key,
        ["escrow", "card"],
        old.card_id,
    )
    outside = f"provider:{old.provider}"
    for one in went:
        back = Transfer(one["purpose"], outside, one["source"], one["amount"], f"back {key}")
        out = Transfer(one["purpose"], one["source"], outside, one["amount"], fresh)
        await move(tx, back, old.currency, now, old.order_id)
        await move(tx, out, old.currency, now, old.order_id)
    await tx.execute(
        """INSERT INTO ledger.refund (key, order_id, card_id, collection_key, provider, currency, amount, state, wanted_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, 'wanted', $8)""",
        fresh,
        old.order_id,
        old.card_id,
        old.collection_key,
        old.provider,
        old.currency,
        old.amount,
        now,
    )
    await facts.tell(tx, "refund.wanted_again", old.of, by, now, {"refund": key, "now": fresh})
    return fresh


async def by_hand(tx: Tx, key: str, by: str, note: str, now: datetime) -> None:
    """A person gave the buyer a failed refund some other way (bank transfer, cash) and says how.

    The provider still holds the money, the market's bank has paid it. Errors: NoSuchRefund, Malformed without a note.
    """
    if not note.strip():
        raise Malformed("note", "write how the buyer got the money", "请写明如何退还给买家")
    old = await _take_failed(tx, key, f"by hand: {note.strip()[:150]}")
    moved = Transfer("refund", f"provider:{old.provider}", "bank:", old.amount, key)
    await move(tx, moved, old.currency, now)
    body = {"refund": key, "amount": old.amount}
    await facts.tell(tx, "refund.settled_by_hand", old.of, by, now, body)


async def _take_failed(tx: Tx, key: str, how: str) -> Refund:
    """A failed refund that no person has dealt with yet; from now on one has. A person's word is kept in `why`."""
    found = await rows(
        tx,
        Refund,
        """UPDATE ledger.refund SET state = 'done', why = $2 WHERE key = $1 AND state = 'failed'
           RETURNING key, order_id, card_id, collection_key, provider, currency::text AS currency, amount, state, tries, wanted_at, why""",
        key,
        how,
    )
    if not found:
        raise NoSuchRefund
    return found[0]
