"""Groups: buyers whose orders are decided together, from opening with what is announced, over how far it has come, to closing."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from highstreet import catalog
from highstreet.catalog import Offer
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound, Refusal
from highstreet.market import announcing, gather
from highstreet.market.desk import Market
from highstreet.market.format import Format
from highstreet.market.views import cohorts as views
from highstreet.web.frame import GivenForm
from highstreet.web.merchant.announced import announced, closing_time, rows_of
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled
from highstreet.web.merchant.offers import own_offer
from highstreet.web.merchant.once import once

_SHOWN = 60


class Group(msgspec.Struct, frozen=True):
    """A gathering with the offer and the way it is sold."""

    seen: views.Gathering
    offer: Offer
    way: Format

    @property
    def least(self) -> int:
        """How many must come together before it goes ahead."""
        return int(self.seen.terms.get("least", 0) or 0)

    @property
    def asks_arrival(self) -> bool:
        return "arrived" in self.way.hints.gathers


@get("/groups")
async def groups(desk: GivenDesk, offer: FromQuery[str] = "") -> Response[str]:
    desk.require("see_goods")
    return await _page(desk, Filled(desk.lang, start={"offer": offer}))


async def _page(desk: Desk, f: Filled) -> Response[str]:
    market = desk.market
    async with market.db.read() as tx:
        open_now = await catalog.offers_of(tx, desk.id, state="open", most=200)
        choices = [one for one in open_now.rows if market.format(one.format).decided == "cohort"]
        found = await views.of_seller(tx, desk.id, _SHOWN)
        known = await catalog.read_offers(tx, [one.offer_id for one in found])
    chosen = next((one for one in choices if one.id == f.value("offer")), choices[0] if choices else None)
    gathered = [Group(one, known[one.offer_id], market.format(one.format)) for one in found]
    return desk.show(
        "groups.html", status=f.status, at="/merchant/goods", f=f, choices=choices, chosen=chosen,
        way=market.format(chosen.format) if chosen else None, steps=rows_of(f),
        ways={one.id: market.format(one.format).hints.title.say(desk.lang) for one in choices},
        running=[one for one in gathered if one.seen.decided_at is None],
        over=[one for one in gathered if one.seen.decided_at is not None], sells=_groups_sold(market),
    )  # fmt: skip


def _groups_sold(market: Market) -> list[Format]:
    return [one for one in market.formats.values() if one.decided == "cohort"]


@post("/groups")
async def gather_group(desk: GivenDesk, form: GivenForm) -> Response[Any]:
    """Open a group; what is announced with it never changes."""
    desk.require("sell")
    f = Filled(desk.lang, form)
    async with desk.market.db.read() as tx:
        offer = await own_offer(tx, desk, form.get("offer"))
    way = desk.market.format(offer.format)
    closes, told = closing_time(f, desk.market.tz, desk.visitor.now), announced(f, way)
    if f.ok and closes is not None:

        async def opened(tx: Tx) -> str:
            terms = announcing.announced(way, told)
            made = await gather.open_cohort(
                desk.market, offer.id, closes, terms, desk.session.party_id, desk.visitor.now, within=tx
            )
            return made.id

        try:
            await once(desk, form, "group", opened)
            return desk.go("/groups", "It is open; buyers can join until it closes.")
        except Refusal as no:
            f.refused(no)
    return await _page(desk, f)


@post("/groups/{cohort_id:str}/close")
async def close(desk: GivenDesk, cohort_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """Decide it now, or tell that the goods have arrived; once decided it stays so."""
    desk.require("sell")
    async with desk.market.db.read() as tx:
        if await views.seller_of(tx, cohort_id) != desk.id:
            raise NotFound("group")
        seen = await views.gathering(tx, cohort_id)
    if seen is None:
        raise NotFound("group")
    told: dict[str, Any] = {}
    if form.get("arrived"):
        told = {"arrived": 1} | ({"units": form.whole("units")} if form.get("units") else {})
    said = announcing.closing(desk.market.format(seen.format), told)
    decided = await gather.close_cohort(desk.market, cohort_id, desk.session.party_id, desk.visitor.now, said)
    goes = bool((decided.decision or {}).get("go"))
    return desk.go(
        "/groups", "Closed: it goes ahead." if goes else "Closed: it does not go ahead; the money goes back."
    )


ROUTES = [groups, gather_group, close]
