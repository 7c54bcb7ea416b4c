"""My tax refunds: what I bought where in these days and how much is missing, my forms with their codes, what I promised."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

from litestar import Response, get, post

from highstreet import policy
from highstreet.kit.errors import Malformed, Refusal
from highstreet.kit.text import Words
from highstreet.market.desk import Market
from highstreet.market.tax_refunds import Traveller
from highstreet.market.views import tax_refunds as views
from highstreet.policy import No, Programme
from highstreet.web.departing import hidden, paper
from highstreet.web.frame import Form, GivenForm, GivenMarket, GivenVisitor, Visitor, go, say, show, signed_in

_DAYS = 3  # back, of which purchases are shown


class _Shop(NamedTuple):
    """A shop on a day: what was bought there, what a form would give, what is missing to the least amount."""

    name: str
    day: date
    spent: int
    least: int
    amount: int
    why: str


@get("/me/tax-refunds")
async def tax_refunds(market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    """A traveller's own page."""
    return await _page(market, visitor)


@post("/me/tax-refunds", status_code=200)
async def show_passport(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """Write down what stands in one's passport, sealed; a shop compares it with the paper."""
    mine = signed_in(visitor).party_id
    try:
        entered = date.fromisoformat(form.get("entered_on"))
    except ValueError:
        return await _page(market, visitor, Malformed("entered_on", "must be a day", "请填写日期"), form)
    traveller = Traveller(
        form.get("name")[:100], form.get("passport")[:40], form.get("nationality")[:10], entered
    )
    today = visitor.now.astimezone(market.tz).date()
    try:
        async with market.db.transaction() as tx:
            await policy.departures.travellers.show_passport(
                tx, market.seal, mine, traveller, today, mine, visitor.now
            )
    except Refusal as refused:
        return await _page(market, visitor, refused, form)
    return go(
        visitor, "/me/tax-refunds", say=say(visitor, "Kept, sealed. Shops compare it with your passport.")
    )


async def _page(
    market: Market, visitor: Visitor, refused: Refusal | None = None, form: Form | None = None
) -> Response[str]:
    mine = signed_in(visitor).party_id
    since = visitor.now - timedelta(days=_DAYS)
    async with market.db.read() as tx:
        programme = await policy.departures.programme_of(tx, market.currency)
        known = await policy.departures.travellers.passport_of(tx, market.seal, mine)
        forms = await policy.departures.mine(tx, mine, 20)
        papers = [await paper(market, tx, one, visitor.now) for one in forms]
        kept = await views.bought_by(tx, mine, since)
        shops = await views.shops_that_refund(tx, programme.id, visitor.now) if programme else {}
    today = visitor.now.astimezone(market.tz).date()
    entered = known.entered_on if known else None
    return show(
        visitor,
        "account/tax_refunds.html",
        status=refused.status if refused else 200,
        refused=refused.sentence(visitor.lang) if refused else "",
        known=known,
        passport=hidden(known.passport) if known else "",
        open_papers=[one for one in papers if one.form.state in ("issued", "stamped")],
        past=[one for one in papers if one.form.state not in ("issued", "stamped")],
        shops=_shops(market, visitor, programme, kept, shops, entered),
        takes_part=sorted(one.say(visitor.lang) for one in shops.values()),
        today=today.isoformat(),
        filled=form.values if form else {},
        currency=market.currency,
    )


def _shops(
    market: Market, visitor: Visitor, programme: Programme | None, kept: list[views.Kept], shops: dict[str, Words], entered: date | None
) -> list[_Shop]:  # fmt: skip
    """By shop and day, the latest first; only shops that take part, and what is on no form yet."""
    if programme is None:
        return []
    groups: dict[tuple[date, str], list[views.Kept]] = {}
    for one in kept:
        if one.seller_id in shops and one.form is None:
            groups.setdefault((views.day_of(one, market.tz), one.seller_id), []).append(one)
    found: list[_Shop] = []
    for (day, shop_id), lines in sorted(groups.items(), reverse=True):
        things = [
            policy.refund_worth.Bought(
                n.order_id, n.position, n.title, n.kept, n.vat, n.paid * n.kept // n.whole, n.public
            )
            for n in lines
        ]
        rule = programme.rule_on(lines[0].at, market.tz)
        least = max((one.least for one in rule.schedules), default=0) if rule else 0
        worth = policy.refund_worth.reckon(
            programme,
            things,
            entered or day,
            frozenset({"enrolled", "refund_shop"}),
            lines[0].at,
            0,
            market.tz,
        )
        spent = sum(thing.paid for thing in things)
        no = worth if isinstance(worth, No) else None
        why = no.why.say(visitor.lang) if no and no.code != "threshold" else ""
        found.append(
            _Shop(
                shops[shop_id].say(visitor.lang),
                day,
                spent,
                least,
                0 if isinstance(worth, No) else worth.amount,
                why,
            )
        )
    return found
