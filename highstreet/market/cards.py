"""Prepaid cards in the market: who may hold how much, what a card pays, and buying one."""

from __future__ import annotations

from datetime import datetime

from highstreet import ledger, parties
from highstreet.kit.db import Tx
from highstreet.kit.money import digits
from highstreet.ledger import CardElsewhere
from highstreet.market.desk import Market
from highstreet.market.purse import METHOD, Purse
from highstreet.market.views import cards as views

Buying = ledger.cards.Buying
Card = ledger.cards.Card
TopUp = ledger.top_ups.TopUp


async def purse(market: Market, method: str, buyer_id: str | None, sellers: set[str]) -> Purse | None:
    """What a card holds just now, for its holder and its seller's orders alone; None for another way to pay. Errors: CardElsewhere."""
    if not method.startswith(METHOD):
        return None
    async with market.db.read() as tx:
        card = await ledger.cards.of(tx, method.removeprefix(METHOD))
    if card is None or card.holder_id != buyer_id or sellers != {card.seller_id}:
        raise CardElsewhere
    return Purse(card.id, card.principal, card.bonus)


async def purse_of(market: Market, method: str) -> Purse | None:
    """What the card an order was paid with holds just now; None for another way to pay. Errors: CardElsewhere."""
    if not method.startswith(METHOD):
        return None
    async with market.db.read() as tx:
        card = await ledger.cards.of(tx, method.removeprefix(METHOD))
    if card is None:
        raise CardElsewhere
    return Purse(card.id, card.principal, card.bonus)


async def most_on(tx: Tx, person_id: str, currency: str) -> int:
    """What a card of this person may hold, in minor units: more when they have confirmed how to reach them (a card in a name)."""
    named = await views.is_confirmed(tx, person_id)
    whole = ledger.card_plans.IN_A_NAME if named else ledger.card_plans.IN_NOBODYS
    return whole * 10 ** digits(currency)


async def buy(
    tx: Tx, seller_id: str, person_id: str, principal: int, provider: str, once: str, now: datetime
) -> TopUp:
    """Ask for the money of a card; the same form again is the same asking.

    Errors: NoCardHere, Malformed, CardFull, EnoughInAdvance, KeyReused; NotFound for a seller that may not sell now.
    """
    seller = await parties.businesses.business(tx, seller_id)
    if seller.state != "active":
        raise ledger.NoCardHere
    plan = await ledger.card_plans.of(tx, seller_id)
    most = await most_on(tx, person_id, plan.currency if plan is not None else "CNY")
    return await ledger.cards.ask(tx, Buying(seller_id, person_id, principal, provider, once, most), now)
