"""What is left on a card goes back: the principal to the payments it came from, the newest first; the bonus to the seller who gave it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, row_or_none, rows
from highstreet.kit.errors import NotFound
from highstreet.kit.ids import new_id
from highstreet.kit.money import plain
from highstreet.ledger import cards
from highstreet.ledger.errors import CardChanged
from highstreet.ledger.transfers import Transfer, move


class GivenBack(msgspec.Struct, frozen=True):
    """What went back: `amount` of principal to the holder, `bonus` to the seller. Minor units."""

    card_id: str
    amount: int
    bonus: int
    currency: str


class Progress(msgspec.Struct, frozen=True):
    """How far giving everything back has come at a seller. Cards and principal still to go, and refunds by how they stand; minor units."""

    cards: int
    cards_left: int
    left: int
    sent: int
    arrived: int
    failed: int


class Closing(msgspec.Struct, frozen=True):
    """A card whose seller is gone and that still holds something."""

    id: str
    by: str


async def give_back(tx: Tx, card_id: str, by: str, now: datetime, expected: int | None = None) -> GivenBack:
    """Give all principal back the way it was paid. `expected`: what the holder was shown, in minor units.

    Errors: CardChanged when something else is on the card by now, or nothing; NotFound.
    """
    card = await cards.of(tx, card_id)
    if card is None:
        raise NotFound("card")
    # Rows in ascending number, as everybody takes them who pays with it: nobody spends it meanwhile, and nobody meets a deadlock.
    locked = await tx.fetch(
        """SELECT a.kind, w.balance FROM ledger.account a JOIN ledger.wallet w ON w.account_id = a.id
           WHERE a.kind IN ('card', 'bonus') AND a.party_id = $1 ORDER BY w.account_id FOR UPDATE OF w""",
        card_id,
    )
    held = {"card": 0, "bonus": 0} | {row["kind"]: row["balance"] for row in locked}
    if held["card"] == 0 or expected not in (None, held["card"]):
        raise CardChanged(left=plain(held["card"], card.currency), currency=card.currency)
    left = held["card"]
    paid = await tx.fetch(
        """SELECT l.key, c.provider, l.principal - l.refunded AS most FROM ledger.card_load l JOIN ledger.collection c ON c.key = l.key
           WHERE l.card_id = $1 AND l.paid_at IS NOT NULL AND l.refunded < l.principal ORDER BY l.paid_at DESC, l.key""",
        card_id,
    )
    for one in paid:
        part = min(left, one["most"])
        if part == 0:
            break
        await _refund(tx, card, one["key"], one["provider"], part, now)
        left -= part
    if left:
        raise AssertionError(f"{card_id} holds {left} more than was paid for it")
    if held["bonus"]:
        forfeit = Transfer("card_bonus", f"bonus:{card_id}", f"seller:{card.seller_id}", held["bonus"])
        await move(tx, forfeit, card.currency, now)
    body = {"amount": held["card"], "bonus": held["bonus"]}
    await facts.tell(tx, "card.given_back", card_id, by, now, body)
    return GivenBack(card_id, held["card"], held["bonus"], card.currency)


async def _refund(tx: Tx, card: cards.Card, load: str, provider: str, amount: int, now: datetime) -> None:
    key = new_id("rfd", now)
    await tx.execute("UPDATE ledger.card_load SET refunded = refunded + $2 WHERE key = $1", load, amount)
    await tx.execute(
        """INSERT INTO ledger.refund (key, card_id, collection_key, provider, currency, amount, state, wanted_at)
           VALUES ($1, $2, $3, $4, $5, $6, 'wanted', $7)""",
        key,
        card.id,
        load,
        provider,
        card.currency,
        amount,
        now,
    )
    out = Transfer("card_refund", f"card:{card.id}", f"provider:{provider}", amount, key)
    await move(tx, out, card.currency, now)


async def sweep(tx: Tx, now: datetime, most: int = 20) -> int:
    """Give back what is on cards of sellers that are gone, also what comes onto them later; how many cards. Asked again until 0."""
    found = await rows(
        tx,
        Closing,
        """SELECT c.id, p.closed_by AS by FROM ledger.card_plan p JOIN ledger.card c ON c.seller_id = p.seller_id
           JOIN ledger.account a ON a.kind = 'card' AND a.party_id = c.id JOIN ledger.wallet w ON w.account_id = a.id
           WHERE p.closed_at IS NOT NULL AND w.balance > 0 ORDER BY c.id LIMIT $1 FOR UPDATE OF c SKIP LOCKED""",
        most,
    )
    swept = 0
    for one in found:
        try:
            await give_back(tx, one.id, one.by, now)
        except CardChanged:
            # Its holder took it back in between.
            continue
        swept += 1
    return swept


async def progress(tx: Tx, seller_id: str) -> Progress:
    """How far giving everything back has come."""
    found = await row_or_none(
        tx,
        Progress,
        """SELECT count(*) AS cards, count(*) FILTER (WHERE w.balance > 0) AS cards_left, coalesce(sum(w.balance), 0)::bigint AS left,
               coalesce(sum(r.sent), 0)::bigint AS sent, coalesce(sum(r.arrived), 0)::bigint AS arrived,
               coalesce(sum(r.failed), 0)::bigint AS failed
           FROM ledger.card c JOIN ledger.account a ON a.kind = 'card' AND a.party_id = c.id JOIN ledger.wallet w ON w.account_id = a.id
           LEFT JOIN LATERAL (SELECT sum(amount) FILTER (WHERE state IN ('wanted', 'asked')) AS sent,
                                     sum(amount) FILTER (WHERE state = 'done') AS arrived,
                                     sum(amount) FILTER (WHERE state = 'failed') AS failed
                              FROM ledger.refund WHERE card_id = c.id) r ON true WHERE c.seller_id = $1""",
        seller_id,
    )
    return found or Progress(0, 0, 0, 0, 0, 0)
