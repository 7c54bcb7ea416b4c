"""Prepaid cards: what a seller sells, buying one, what is on it, the code that pays at a till, taking the rest back; and wallet top-ups.

A card pays an order as `method` `card:<id>` of `POST /api/orders`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from highstreet import ledger
from highstreet.api import keys
from highstreet.api.payments import outside, pay_url
from highstreet.api.shapes import Amount, Id, Line
from highstreet.api.tokens import Call, market_of, must_have
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound
from highstreet.kit.money import MOST
from highstreet.kit.text import Words
from highstreet.market import cards, pay_codes
from highstreet.market.desk import Market
from highstreet.market.purse import METHOD
from highstreet.market.views import cards as views

Step = ledger.card_plans.Step

_BUY, _PLAN, _BACK, _FILL = (
    "POST /api/cards",
    "PUT /api/card-plan",
    "POST /api/cards/{id}/refunds",
    "POST /api/wallet/top-ups",
)

Money = Annotated[int, Meta(ge=1, le=MOST)]


class SoldCard(msgspec.Struct, frozen=True):
    """The card a seller sells: `steps` of principal one pays, and the bonus the seller adds; minor units."""

    seller: str
    currency: str
    steps: list[Step]
    note: Words
    on_sale: bool


class OwnPlan(msgspec.Struct, frozen=True):
    """The same as its seller sees it: what is owed to card holders, the most that may be, and whether all of it is being given back."""

    card: SoldCard | None
    owed: int
    bonus: int
    cards: int
    most: int
    closed: bool


class NewPlan(msgspec.Struct, frozen=True):
    """What to sell from now on; `on_sale` false: nothing more. The bonus is the seller's own money, at most half of the principal."""

    steps: Annotated[list[Step], Meta(min_length=1, max_length=6)]
    note_en: Line = ""
    note_zh: Line = ""
    on_sale: bool = True


class NewCard(msgspec.Struct, frozen=True):
    """Put a principal on one's card of a seller: one of its steps."""

    seller: Id
    amount: Money


class NewTopUp(msgspec.Struct, frozen=True):
    """Put money into one's wallet."""

    amount: Money


class Asked(msgspec.Struct, frozen=True):
    """Money asked for a card or a wallet. `state`: asked, paid, declined or lapsed; `pay_url`: where to pay it, while it is asked."""

    key: str
    provider: str
    currency: str
    amount: int
    state: str
    asked_at: datetime
    pay_url: str | None = None
    card: str | None = None


class OneCard(msgspec.Struct, frozen=True):
    """A card of the token's person. `principal` is theirs and can be taken back, `bonus` is the seller's gift; minor units."""

    id: str
    seller: str
    currency: str
    principal: int
    bonus: int
    method: str


class OwnCards(msgspec.Struct, frozen=True):
    """All cards of the token's person."""

    cards: list[OneCard]


class CardAndMoves(msgspec.Struct, frozen=True):
    """A card and its latest movements."""

    card: OneCard
    moves: list[views.Move]


class Shown(msgspec.Struct, frozen=True):
    """What a phone shows at a till: pays one sale, until then."""

    code: str
    until: datetime


class TakeBack(msgspec.Struct, frozen=True):
    """Take the principal back; `amount` must be what is on the card."""

    amount: Money


class GivenBack(msgspec.Struct, frozen=True):
    """What goes back to the payments it came from, and the bonus that went back to the seller."""

    card: str
    amount: int
    bonus: int
    currency: str


class Wallet(msgspec.Struct, frozen=True):
    """What is in the wallet of the token's person."""

    balance: Amount
    currency: str


@get("/api/sellers/{seller_id:str}/card", tags=["buying"])
async def see_card_sold(request: Call, seller_id: FromPath[str]) -> SoldCard:
    """The prepaid card a seller sells. Refuses no_card_here."""
    async with market_of(request).db.read() as tx:
        plan = await ledger.card_plans.of(tx, seller_id)
    if plan is None or plan.opened_at is None:
        raise ledger.NoCardHere
    return SoldCard(plan.seller_id, plan.currency, plan.steps, plan.note, True)


@post("/api/cards", tags=["buying"])
async def buy_card(request: Call, data: JSONBody[NewCard]) -> Asked:
    """Buy a seller's card, or put more on it: asks the money. Scope orders:write; needs an Idempotency-Key.

    Refuses no_card_here, card_full, enough_in_advance.
    """
    token = await must_have(request, "own")
    market, key = market_of(request), keys.key_of(request, token.party_id, _BUY, data)
    provider = _provider(market)

    async def go(tx: Tx) -> Asked:
        made = await cards.buy(
            tx, data.seller, token.party_id, data.amount, provider, f"api {key.key}", market.clock()
        )
        own = await ledger.cards.own(tx, token.party_id, made.key)
        return _asked(made, own[0] if own else None)

    return _payable(request, market, await keys.once(request, key, Asked, go), "/me/cards/paying/")


@get("/api/cards", tags=["buying"])
async def own_cards(request: Call) -> OwnCards:
    """The cards of the token's person. Scope orders:write."""
    token = await must_have(request, "own")
    async with market_of(request).db.read() as tx:
        return OwnCards([_one(card) for card in await ledger.cards.mine(tx, token.party_id)])


@get("/api/cards/{card_id:str}", tags=["buying"])
async def see_card(request: Call, card_id: FromPath[str]) -> CardAndMoves:
    """One card and its latest hundred movements. Scope orders:write."""
    token = await must_have(request, "own")
    async with market_of(request).db.read() as tx:
        return CardAndMoves(
            await _own(tx, token.party_id, card_id), await views.moves(tx, card_id, None, 100)
        )


@post("/api/cards/{card_id:str}/codes", tags=["buying"])
async def show_card(request: Call, card_id: FromPath[str]) -> Shown:
    """A code that pays one sale at the seller's till within five minutes. Scope orders:write."""
    token = await must_have(request, "own")
    market = market_of(request)
    async with market.db.read() as tx:
        card = await _own(tx, token.party_id, card_id)
    now = market.clock()
    return Shown(pay_codes.pay_code(market, token.party_id, now, card.method), now + pay_codes.CODE_GOOD_FOR)


@post("/api/cards/{card_id:str}/refunds", tags=["buying"])
async def take_card_back(request: Call, data: JSONBody[TakeBack], card_id: FromPath[str]) -> GivenBack:
    """Take back all that is left, the way it was paid. Scope orders:write; needs an Idempotency-Key.

    Refuses card_changed when something else than `amount` is on the card.
    """
    token = await must_have(request, "own")
    now = market_of(request).clock()

    async def go(tx: Tx) -> GivenBack:
        await _own(tx, token.party_id, card_id)
        done = await ledger.card_refunds.give_back(tx, card_id, token.party_id, now, data.amount)
        return GivenBack(done.card_id, done.amount, done.bonus, done.currency)

    key = keys.key_of(request, f"{token.party_id} {card_id}", _BACK, data)
    return await keys.once(request, key, GivenBack, go)


@get("/api/card-plan", tags=["selling"])
async def own_plan(request: Call) -> OwnPlan:
    """The token's business's card and what it owes its holders. Scope money:read."""
    token = await must_have(request, "takings")
    market = market_of(request)
    async with market.db.read() as tx:
        return await _plan(tx, market, token.party_id)


@put("/api/card-plan", tags=["selling"])
async def offer_card(request: Call, data: JSONBody[NewPlan]) -> OwnPlan:
    """Say what card is sold from now on. Scope offers:write; needs an Idempotency-Key."""
    token = await must_have(request, "sell")
    market = market_of(request)

    async def go(tx: Tx) -> OwnPlan:
        now = market.clock()
        note = Words(data.note_en, data.note_zh)
        await ledger.card_plans.offer(
            tx, token.party_id, data.steps, note, market.currency, token.party_id, now
        )
        if not data.on_sale:
            await ledger.card_plans.stop(tx, token.party_id, token.party_id, now)
        return await _plan(tx, market, token.party_id)

    return await keys.once(request, keys.key_of(request, token.party_id, _PLAN, data), OwnPlan, go)


@get("/api/wallet", tags=["buying"])
async def see_wallet(request: Call) -> Wallet:
    """What is in the wallet of the token's person. Scope orders:write."""
    token = await must_have(request, "own")
    market = market_of(request)
    async with market.db.read() as tx:
        return Wallet(await ledger.wallet.balance(tx, token.party_id, market.currency), market.currency)


@post("/api/wallet/top-ups", tags=["buying"])
async def fill_wallet(request: Call, data: JSONBody[NewTopUp]) -> Asked:
    """Ask money for the wallet. Scope orders:write; needs an Idempotency-Key. Refuses top_up_out_of_range, wallet_full."""
    token = await must_have(request, "own")
    market, key = market_of(request), keys.key_of(request, token.party_id, _FILL, data)
    provider = _provider(market)

    async def go(tx: Tx) -> Asked:
        made = await ledger.top_ups.ask(
            tx, token.party_id, data.amount, market.currency, provider, f"api {key.key}", market.clock()
        )
        return _asked(made, None)

    return _payable(request, market, await keys.once(request, key, Asked, go), "/me/wallet/")


@get("/api/wallet/top-ups/{key:str}", tags=["buying"])
async def see_asked(request: Call, key: FromPath[str]) -> Asked:
    """How money asked for the wallet, or for a card, stands. Scope orders:write."""
    token = await must_have(request, "own")
    market = market_of(request)
    async with market.db.read() as tx:
        found = await ledger.top_ups.of(tx, token.party_id, key)
        own = await ledger.cards.own(tx, token.party_id, key)
    if found is None:
        raise NotFound("payment")
    path = "/me/cards/paying/" if own else "/me/wallet/"
    return _payable(request, market, _asked(found, own[0] if own else None), path)


def _provider(market: Market) -> str:
    name = next(iter(market.providers), None)
    if name is None:
        raise NotFound("payment provider")
    return name


def _asked(made: cards.TopUp, card: str | None) -> Asked:
    return Asked(made.key, made.provider, made.currency, made.amount, made.state, made.asked_at, card=card)


def _payable(request: Call, market: Market, asked: Asked, path: str) -> Asked:
    if asked.state != "asked" or asked.provider not in market.providers:
        return asked
    back = f"{outside(request)}{path}{asked.key}?back=1"
    url = pay_url(market, asked.key, asked.amount, asked.currency, asked.provider, back, asked.asked_at)
    return msgspec.structs.replace(asked, pay_url=url)


def _one(card: cards.Card) -> OneCard:
    return OneCard(card.id, card.seller_id, card.currency, card.principal, card.bonus, METHOD + card.id)


async def _own(tx: Tx, person: str, card_id: str) -> OneCard:
    """Errors: NotFound for somebody else's."""
    card = await ledger.cards.of(tx, card_id)
    if card is None or card.holder_id != person:
        raise NotFound("card")
    return _one(card)


async def _plan(tx: Tx, market: Market, seller: str) -> OwnPlan:
    plan = await ledger.card_plans.of(tx, seller)
    stands = await ledger.card_plans.advance(tx, seller, market.currency, market.clock())
    card = None
    if plan is not None:
        card = SoldCard(seller, plan.currency, plan.steps, plan.note, plan.opened_at is not None)
    closed = plan is not None and plan.closed_at is not None
    return OwnPlan(card, stands.principal, stands.bonus, stands.cards, stands.most, closed)
