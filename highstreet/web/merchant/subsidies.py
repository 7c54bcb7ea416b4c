"""Subsidies: what the shop promised of its prices for each programme it takes part in, and what it still has to show of what it sold."""

from __future__ import annotations

from typing import Any, NamedTuple

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import policy
from highstreet.kit.errors import NotFound, Refusal
from highstreet.kit.ids import spoken
from highstreet.kit.money import plain
from highstreet.kit.text import Words
from highstreet.market.desk import Market
from highstreet.market.views import evidence, promised, public_money
from highstreet.market.views.promised import Fileable
from highstreet.policy import Asked, Award, Programme, Rule, Thing
from highstreet.web.frame import GivenForm
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled


class Filing(NamedTuple):
    """A thing a programme names: what is filed, the lowest of seven days, and what a buyer would get today, or why nothing."""

    one: Fileable
    filed: int | None
    lowest: int | None
    gets: int
    why: Words | None


class Part(NamedTuple):
    """A programme the shop takes part in, with the things of the shop that it names."""

    programme: Programme
    rule: Rule
    things: list[Filing]


@get("/subsidies")
async def subsidies(desk: GivenDesk) -> Response[str]:
    desk.require("see_orders")
    return await _page(desk, Filled(desk.lang))


async def _page(desk: Desk, f: Filled) -> Response[str]:
    async with desk.market.db.read() as tx:
        names = await promised.taking_part(tx, desk.id, desk.visitor.now)
        on_sale = await promised.on_sale(tx, desk.id)
        filed = await policy.prices.filed(tx, names, [desk.id])
        low = await promised.lowest(tx, [one.offer_id for one in on_sale], desk.visitor.now)
        due = await evidence.to_show(tx, desk.id, desk.visitor.now)
    parts: list[Part] = []
    for name, rules in names.items():
        programme = policy.instruments.in_force(rules)
        rule = programme.rule_on(desk.visitor.now, desk.market.tz)
        if rule is None or not rule.filed_price:
            continue
        told = {one.variant_id: one.price for one in filed if one.programme_id == name}
        things = [
            _filing(desk, programme, rule, one, told.get(one.variant_id), low.get(one.offer_id))
            for one in on_sale
        ]
        parts.append(Part(programme, rule, [one for one in things if one is not None]))
    return desk.show(
        "subsidies.html", status=f.status, at="/merchant/takings", f=f, programmes=parts, due=due, spoken=spoken,
        plain=plain, now=desk.visitor.now,
    )  # fmt: skip


def _filing(
    desk: Desk, programme: Programme, rule: Rule, one: Fileable, filed: int | None, lowest: int | None
) -> Filing | None:
    """None for what the programme does not name."""
    kind = public_money.kind_of(one.category_id, one.said, one.grade, "")
    thing = Thing(0, kind.names, 1, one.price, one.price, one.price, kind.grade, filed=filed, lowest=lowest)
    asked = Asked(
        [thing], desk.visitor.now, frozenset(rule.people), frozenset(rule.sellers), way="online", handed_over=True
    )  # fmt: skip
    found = policy.judge(programme, asked, desk.market.tz)
    if isinstance(found, Award):
        return Filing(one, filed, lowest, found.amount, None)
    return None if found.code == "kind" else Filing(one, filed, lowest, 0, found.why)


@post("/subsidies/{programme_id:str}")
async def file(desk: GivenDesk, programme_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """File what stands in the form; a field left empty stays as it was."""
    desk.require("sell")
    f = Filled(desk.lang, form)
    market: Market = desk.market
    async with market.db.read() as tx:
        if programme_id not in await promised.taking_part(tx, desk.id, desk.visitor.now):
            raise NotFound("programme")
        on_sale = await promised.on_sale(tx, desk.id)
    prices = {
        one.variant_id: price
        for one in on_sale
        if (price := f.money(f"price-{one.variant_id}", one.currency, required=False)) is not None
    }
    if f.ok and prices:
        try:
            async with market.db.transaction() as tx:
                await policy.prices.file(
                    tx, programme_id, desk.id, prices, desk.session.party_id, desk.visitor.now
                )
            return desk.go("/subsidies", "Filed. Above these prices no subsidy is paid.")
        except Refusal as no:
            f.refused(no)
    return await _page(desk, f)


ROUTES = [subsidies, file]
