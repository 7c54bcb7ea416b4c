"""An offer's price and terms, and its other prices: from a number of pieces, by channel, for a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from highstreet import catalog
from highstreet.kit.errors import Refusal
from highstreet.market.openings import check_terms
from highstreet.pricing import CHANNELS, ListedPrice, prices_of, remove_price, set_price
from highstreet.web.frame import GivenForm
from highstreet.web.merchant import terms as asking
from highstreet.web.merchant.days import day_start
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled
from highstreet.web.merchant.offer import offer_page
from highstreet.web.merchant.offers import own_offer


@post("/offers/{offer_id:str}")
async def change(desk: GivenDesk, offer_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """Another price, other terms; orders already placed keep what they agreed."""
    desk.require("sell")
    f = Filled(desk.lang, form)
    async with desk.market.db.read() as tx:
        was = await own_offer(tx, desk, offer_id)
        names = await asking.names_for(tx, desk, was.terms)
    way = desk.market.format(was.format)
    price = f.money("price", was.currency)
    most = f.whole("most", least=1, required=False)
    terms = asking.read_terms(f, way, was.currency, names)
    now = desk.visitor.now
    if f.ok and price is not None and not form.get("do").startswith("more-"):
        try:
            async with desk.market.db.transaction() as tx:
                if price != was.price:
                    await catalog.change_price(tx, desk.id, offer_id, price, now=now)
                replaced = asking.fields_read(form.values, way)
                terms |= {name: value for name, value in was.terms.items() if name not in replaced}
                await check_terms(tx, way, desk.id, terms)
                tax = form.get("tax") or was.tax
                await catalog.change_terms(
                    tx, desk.id, offer_id, now=now, tax=tax, terms=terms, most_per_order=most
                )
            return desk.go(f"/offers/{offer_id}", "Saved. Orders already placed keep the price they agreed.")
        except Refusal as no:
            f.refused(no)
    return await offer_page(desk, offer_id, f, "change")


@post("/offers/{offer_id:str}/prices")
async def list_price(desk: GivenDesk, offer_id: FromPath[str], form: GivenForm) -> Response[Any]:
    desk.require("sell")
    f = Filled(desk.lang, form)
    async with desk.market.db.read() as tx:
        was = await own_offer(tx, desk, offer_id)
    price = f.money("tier", was.currency)
    least = f.whole("least", least=1, required=False) or 1
    channel = form.get("channel") if form.get("channel") in CHANNELS else "any"
    begins, ends = _time(desk, f, "from", 0), _time(desk, f, "until", 1)
    if f.ok and price is not None:
        try:
            async with desk.market.db.transaction() as tx:
                listed = ListedPrice(channel, least, price, begins, ends)
                await set_price(tx, offer_id, listed, desk.session.party_id, desk.visitor.now)
            return desk.go(f"/offers/{offer_id}", "Listed. The most specific price in force counts.")
        except Refusal as no:
            f.refused(no)
    return await offer_page(desk, offer_id, f, "price")


def _time(desk: Desk, f: Filled, name: str, later: int) -> datetime | None:
    """The beginning of a day, or (later = 1) its end."""
    day = f.day(name, required=False)
    return None if day is None else day_start(day + timedelta(days=later), desk.market.tz)


@post("/offers/{offer_id:str}/prices/removal")
async def take_off(desk: GivenDesk, offer_id: FromPath[str], form: GivenForm) -> Response[Any]:
    desk.require("sell")
    async with desk.market.db.transaction() as tx:
        await own_offer(tx, desk, offer_id)
        listed = await prices_of(tx, offer_id)
        n = form.whole("n", 0)
        if (
            0 <= n < len(listed)
            and form.get("was") == f"{listed[n].channel} {listed[n].least} {listed[n].price}"
        ):
            await remove_price(tx, offer_id, listed[n], desk.session.party_id, desk.visitor.now)
    return desk.go(f"/offers/{offer_id}", "Taken off the list.")


ROUTES = [change, list_price, take_off]
