"""One's own prepaid cards: what is on them, showing one at a till, what it was used for, and taking the rest back."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import ledger
from highstreet.kit.errors import NotFound, Refusal
from highstreet.kit.ids import spoken
from highstreet.kit.money import plain
from highstreet.market import pay_codes
from highstreet.market.desk import Market
from highstreet.market.purse import METHOD
from highstreet.market.views import cards as views
from highstreet.web.drawn import qr
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, Visitor, go, say, show, signed_in
from highstreet.web.shop.shelves import drawn

_MOST, _ALL = 30, 10_000


@get("/me/cards")
async def cards(market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    """All of mine."""
    async with market.db.read() as tx:
        found = await views.cards_of(tx, signed_in(visitor).party_id)
    return show(visitor, "cards/mine.html", cards=found, drawn=drawn)


@get("/me/cards/{card_id:str}")
async def card(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, card_id: FromPath[str]
) -> Response[str]:
    """One card. `before`: older movements."""
    return await page(market, visitor, card_id, asked.whole("before", 0))


async def page(
    market: Market, visitor: Visitor, card_id: str, before: int = 0, refused: Refusal | None = None
) -> Response[str]:
    one = await own(market, visitor, card_id)
    async with market.db.read() as tx:
        found = await views.moves(tx, card_id, before or None, _MOST + 1)
        plan = await ledger.card_plans.of(tx, one.seller_id)
    return show(
        visitor,
        "cards/card.html",
        status=refused.status if refused else 200,
        refused=refused.sentence(visitor.lang) if refused else "",
        one=one,
        on_sale=plan is not None and plan.opened_at is not None,
        moves=[(each, told(visitor, each)) for each in found[:_MOST]],
        older=found[_MOST - 1].n if len(found) > _MOST else 0,
        drawn=drawn,
        **shown(market, visitor, one),
    )


async def own(market: Market, visitor: Visitor, card_id: str) -> views.Held:
    """Errors: NotFound for somebody else's."""
    async with market.db.read() as tx:
        found = await views.cards_of(tx, signed_in(visitor).party_id, card_id)
    if not found:
        raise NotFound(say(visitor, "card"))
    return found[0]


def shown(market: Market, visitor: Visitor, one: views.Held) -> dict[str, Any]:
    """The code that pays one sale with this card, for a few minutes."""
    text = pay_codes.pay_code(market, signed_in(visitor).party_id, visitor.now, METHOD + one.id)
    return {"picture": qr(text), "text": text, "until": visitor.now + pay_codes.CODE_GOOD_FOR}


def told(visitor: Visitor, one: views.Move) -> str:
    """A movement in words."""
    if one.order_id is None:
        return say(visitor, "Put on the card") if one.what == "card" else say(visitor, "Given back to you")
    if one.principal + one.bonus < 0:
        return say(visitor, "Paid with it")
    return say(visitor, "Money back from an order")


@get("/me/cards/{card_id:str}/code")
async def code(market: GivenMarket, visitor: GivenVisitor, card_id: FromPath[str]) -> Response[str]:
    """A fresh code, for a page that stays open."""
    one = await own(market, visitor, card_id)
    return show(visitor, "cards/card.html", part="code", one=one, **shown(market, visitor, one))


@post("/me/cards/{card_id:str}/back", status_code=200)
async def give_back(
    market: GivenMarket, visitor: GivenVisitor, form: GivenForm, card_id: FromPath[str]
) -> Response[Any]:
    """Take back what is left: `amount`, the minor units that were shown. Sent twice, the second finds nothing left and says so."""
    one = await own(market, visitor, card_id)
    try:
        async with market.db.transaction() as tx:
            done = await ledger.card_refunds.give_back(
                tx, one.id, signed_in(visitor).party_id, visitor.now, form.whole("amount", 0)
            )
    except Refusal as refused:
        return await page(market, visitor, card_id, 0, refused)
    amount = plain(done.amount, done.currency)
    text = say(
        visitor, "%(amount)s is on its way back to where you paid from.", amount=f"{amount} {done.currency}"
    )
    return go(visitor, f"/me/cards/{card_id}", say=text)


@get("/me/cards/{card_id:str}/statement.csv")
async def statement(market: GivenMarket, visitor: GivenVisitor, card_id: FromPath[str]) -> Response[str]:
    """Every movement with what was left after it, the oldest first."""
    one = await own(market, visitor, card_id)
    async with market.db.read() as tx:
        found = await views.moves(tx, card_id, None, _ALL)
    lines = [
        ["date", "time", "what", "order", "principal", "bonus", "principal_left", "bonus_left", "currency"]
    ]
    principal = one.principal - sum(each.principal for each in found)
    bonus = one.bonus - sum(each.bonus for each in found)
    for each in reversed(found):
        at = each.at.astimezone(market.tz)
        principal, bonus = principal + each.principal, bonus + each.bonus
        number = spoken(each.number) if each.number else ""
        sums = [plain(amount, one.currency) for amount in (each.principal, each.bonus, principal, bonus)]
        lines.append([f"{at:%Y-%m-%d}", f"{at:%H:%M:%S}", each.what, number, *sums, one.currency])
    headers = {"content-disposition": 'attachment; filename="card.csv"'}
    return Response(ledger.statements.sheet(lines), media_type="text/csv", headers=headers)
