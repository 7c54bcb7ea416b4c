"""Old for new: what a buyer hands over for something in the basket, where a subsidy they hold asks for it."""

from __future__ import annotations

from typing import Any, NamedTuple

from litestar import Response, post

from highstreet import orders, policy
from highstreet.kit.errors import NotFound, Refusal
from highstreet.kit.text import Words
from highstreet.market.choices import OLD
from highstreet.market.desk import Market
from highstreet.market.quote import quote
from highstreet.market.views import public_money
from highstreet.orders import Entry
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, Visitor, go, say
from highstreet.web.shop.grouped import Read


class Swap(NamedTuple):
    """An offer that public money pays a part of when something old goes back: whose money, what was named, of what kind it is."""

    programme: Words
    old: dict[str, Any] | None
    like: str


async def swaps(market: Market, visitor: Visitor, found: Read) -> dict[str, Swap]:
    """By offer; nothing for who holds no such claim."""
    if visitor.session is None or found.explained is None:
        return {}
    async with market.db.read() as tx:
        claims = await policy.claims.usable(tx, visitor.session.party_id, visitor.now)
        names = sorted({one.programme_id for one in claims})
        rules = {
            name: policy.instruments.in_force((await policy.budgets.standing(tx, name)).rules or "")
            for name in names
        }
    given = {entry.offer: entry.choice.get(OLD) for entry in found.entries}
    told: dict[str, Swap] = {}
    for programme in rules.values():
        rule = programme.rule_on(visitor.now, market.tz)
        if rule is None or not rule.trade_in:
            continue
        for offer, goods in found.explained.goods.items():
            kind = public_money.kind_of(goods.category, goods.said, goods.grade, goods.setting)
            if market.format(goods.format).promise == "stock" and any(
                not set(one.kinds).isdisjoint(kind.names) and (not one.grades or kind.grade in one.grades)
                for one in rule.schedules
            ):
                told[offer] = Swap(programme.name, given.get(offer), goods.said or "")
    return told


@post("/basket/old", status_code=200)
async def hand_over(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """Say what goes back for something in the basket; nothing named takes it back."""
    offer = form.get("offer")
    async with market.db.read() as tx:
        entries = await orders.baskets.read(tx, visitor.basket_id)
    had = next((entry for entry in entries if entry.offer == offer), None)
    if had is None:
        raise NotFound("offer")
    choice = {name: value for name, value in had.choice.items() if name != OLD}
    if form.get("kind"):
        told = {"kind": form.get("kind"), "brand": form.get("brand"), "works": form.get("works")}
        try:
            entry = Entry(offer, had.quantity, choice | {OLD: told})
            made = await quote(market, [entry], visitor.now)
        except Refusal as refused:
            return go(visitor, "/basket", say=refused.sentence(visitor.lang), kind="refusal")
        choice = made.quote.orders[0].lines[0].choice
    async with market.db.transaction() as tx:
        entries = orders.baskets.put(
            await orders.baskets.read(tx, visitor.basket_id), offer, had.quantity, choice
        )
        buyer = visitor.session.party_id if visitor.session else None
        await orders.baskets.write(tx, visitor.basket_id, entries, buyer, visitor.now)
    return go(visitor, "/basket", say=say(visitor, "Written down. It goes back when the new one comes."))
