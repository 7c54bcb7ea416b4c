"""Prepaid cards: one person's card of one seller. What was paid for it is the holder's until it is spent, in an account of its own.

Two accounts a card, neither ever below zero: `card:<id>` holds the principal, `bonus:<id>` what the seller gave to it of its own money.
Money comes in like a top-up, asked under a key `card_...`; the provider's word puts it on the card, once, and the seller's bonus with it.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, row_or_none, rows
from highstreet.kit.errors import KeyReused
from highstreet.kit.ids import new_id
from highstreet.kit.money import plain
from highstreet.ledger import card_plans, collections, top_ups
from highstreet.ledger.collect import Notice
from highstreet.ledger.errors import CardFull
from highstreet.ledger.top_ups import TopUp
from highstreet.ledger.transfers import Transfer, move

PREFIX = "card_"


class Card(msgspec.Struct, frozen=True):
    """A card and what is on it, in minor units. `closed`: what is on it is being given back."""

    id: str
    seller_id: str
    holder_id: str
    currency: str
    principal: int
    bonus: int
    made_at: datetime
    closed: bool

    @property
    def holds(self) -> int:
        """What it pays in all."""
        return self.principal + self.bonus


class Buying(msgspec.Struct, frozen=True):
    """A wish to put principal on one's card of a seller. `most`: what the card may hold; `once` names the form."""

    seller_id: str
    holder_id: str
    principal: int
    provider: str
    once: str
    most: int


_CARD = """SELECT c.id, c.seller_id, c.holder_id, c.currency::text AS currency, c.made_at, p.closed_at IS NOT NULL AS closed,
       coalesce((SELECT w.balance FROM ledger.account a JOIN ledger.wallet w ON w.account_id = a.id
                 WHERE a.kind = 'card' AND a.party_id = c.id), 0) AS principal,
       coalesce((SELECT w.balance FROM ledger.account a JOIN ledger.wallet w ON w.account_id = a.id
                 WHERE a.kind = 'bonus' AND a.party_id = c.id), 0) AS bonus
    FROM ledger.card c JOIN ledger.card_plan p ON p.seller_id = c.seller_id"""


def is_card(key: str) -> bool:
    """Whether a provider's word about this key is for `heard`."""
    return key.startswith(PREFIX)


async def of(tx: Tx, card_id: str) -> Card | None:
    """A card."""
    return await row_or_none(tx, Card, _CARD + " WHERE c.id = $1", card_id)


async def mine(tx: Tx, holder_id: str, seller_id: str | None = None) -> list[Card]:
    """A person's cards, the newest first; or the one of a seller."""
    return await rows(
        tx,
        Card,
        _CARD + " WHERE c.holder_id = $1 AND ($2::text IS NULL OR c.seller_id = $2) ORDER BY c.made_at DESC",
        holder_id,
        seller_id,
    )


async def ask(tx: Tx, want: Buying, now: datetime) -> TopUp:
    """Ask for the money of a card; the same form again is the same asking.

    Errors: NoCardHere, Malformed, CardFull, EnoughInAdvance, KeyReused.
    """
    key = _key(want)
    known = await top_ups.of(tx, want.holder_id, key)
    if known is not None:
        return _same(known, want)
    plan = await card_plans.on_sale(tx, want.seller_id)
    known = await top_ups.of(tx, want.holder_id, key)
    if known is not None:
        # Sent twice at the same moment: the other one was first.
        return _same(known, want)
    step = plan.step(want.principal)
    card_id = await _card(tx, want, plan.currency, now)
    held = await tx.fetchval(
        """SELECT coalesce((SELECT w.balance FROM ledger.account a JOIN ledger.wallet w ON w.account_id = a.id
                            WHERE a.kind = 'card' AND a.party_id = $1), 0)
               + coalesce((SELECT sum(l.principal) FROM ledger.card_load l JOIN ledger.collection c ON c.key = l.key
                           WHERE l.card_id = $1 AND c.state = 'asked'), 0)""",
        card_id,
    )
    if held + step.principal > want.most:
        raise CardFull(most=plain(want.most, plan.currency), currency=plan.currency)
    await card_plans.allow(tx, want.seller_id, step.principal, plan.currency, now)
    await tx.execute(
        """INSERT INTO ledger.collection (key, party_id, provider, currency, amount, state, asked_at)
           VALUES ($1, $2, $3, $4, $5, 'asked', $6)""",
        key,
        want.holder_id,
        want.provider,
        plan.currency,
        step.principal,
        now,
    )
    await tx.execute(
        "INSERT INTO ledger.card_load (key, card_id, principal, bonus) VALUES ($1, $2, $3, $4)",
        key,
        card_id,
        step.principal,
        step.bonus,
    )
    body = {"load": key, "amount": step.principal, "bonus": step.bonus}
    await facts.tell(tx, "card.asked", card_id, want.holder_id, now, body)
    return TopUp(key, want.provider, plan.currency, step.principal, "asked", now)


def _same(known: TopUp, want: Buying) -> TopUp:
    if known.amount != want.principal:
        raise KeyReused
    return known


def _key(want: Buying) -> str:
    told = f"{want.holder_id} {want.seller_id} {want.once}"
    return PREFIX + hashlib.sha256(told.encode()).hexdigest()[:24]


async def _card(tx: Tx, want: Buying, currency: str, now: datetime) -> str:
    """The holder's card of the seller; it is made with the first asking."""
    made: str | None = await tx.fetchval(
        """INSERT INTO ledger.card (id, seller_id, holder_id, currency, made_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT DO NOTHING RETURNING id""",
        new_id("crd", now),
        want.seller_id,
        want.holder_id,
        currency,
        now,
    )
    if made is not None:
        return made
    found: str = await tx.fetchval(
        "SELECT id FROM ledger.card WHERE holder_id = $1 AND seller_id = $2", want.holder_id, want.seller_id
    )
    return found


async def heard(tx: Tx, notice: Notice, now: datetime) -> dict[str, Any]:
    """A provider's word about a card. Answers {result}: paid, declined, repeated or stray; telling it again changes nothing."""
    holder, told = await collections.hear_own(tx, notice, now)
    if told["result"] not in ("paid", "declined"):
        return told
    load = await tx.fetchrow(
        """UPDATE ledger.card_load l SET paid_at = CASE WHEN $2 THEN $3::timestamptz END FROM ledger.card c
           WHERE l.key = $1 AND c.id = l.card_id RETURNING l.card_id, l.principal, l.bonus, c.seller_id""",
        notice.key,
        told["result"] == "paid",
        now,
    )
    assert load is not None, "asked with its load in one transaction"
    card_id, seller_id = load["card_id"], load["seller_id"]
    if told["result"] == "declined":
        await facts.tell(tx, "card.declined", card_id, notice.provider, now, {"load": notice.key})
        return told
    into = Transfer("card", f"provider:{notice.provider}", f"card:{card_id}", load["principal"], notice.key)
    await move(tx, into, notice.currency, now)
    if load["bonus"]:
        # The seller's own money, set aside: it comes back to the seller when it is used, or when the rest of the card is given back.
        gift = Transfer("card_bonus", f"seller:{seller_id}", f"bonus:{card_id}", load["bonus"], notice.key)
        await move(tx, gift, notice.currency, now)
    body = {"load": notice.key, "amount": load["principal"], "bonus": load["bonus"]}
    await facts.tell(tx, "card.paid", card_id, notice.provider, now, body | {"holder": holder})
    return told


async def own(tx: Tx, holder_id: str, key: str) -> tuple[str, str] | None:
    """Which card a key asks money for, and of which seller; None unless it is this person's."""
    found = await tx.fetchrow(
        """SELECT c.id, c.seller_id FROM ledger.card_load l JOIN ledger.card c ON c.id = l.card_id
           WHERE l.key = $1 AND c.holder_id = $2""",
        key,
        holder_id,
    )
    return (found["id"], found["seller_id"]) if found is not None else None
