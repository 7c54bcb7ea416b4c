"""Making an offer and changing it: place, way, price, terms, with what the buyer will see drawn beside it."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery

from highstreet import catalog, parties
from highstreet.catalog import Item
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound, Refusal
from highstreet.kit.money import plain
from highstreet.market.format import Format
from highstreet.market.openings import check_terms, open_offer
from highstreet.market.views import goods as views
from highstreet.pricing import prices_of
from highstreet.web.frame import GivenForm
from highstreet.web.merchant import terms as asking
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled
from highstreet.web.merchant.offers import own_offer
from highstreet.web.merchant.once import once
from highstreet.web.merchant.preview import licence_line, shown


@get("/offers/new")
async def new_offer(
    desk: GivenDesk, request: Request[Any, Any, Any], variant: FromQuery[str] = ""
) -> Response[str]:
    """Which thing, then how."""
    desk.require("sell")
    typed = {name: value for name, value in request.query_params.items() if isinstance(value, str)}
    return await _making(desk, Filled(desk.lang, start=typed), variant)


async def _making(desk: Desk, f: Filled, variant_id: str) -> Response[str]:
    async with desk.market.db.read() as tx:
        choices = await views.variants(tx, desk.id)
        if all(one.id != variant_id for one in choices):
            choices += await views.variants(tx, desk.id, variant_id=variant_id) if variant_id else []
        chosen = next((one for one in choices if one.id == variant_id), None)
        shops = await parties.places.places_of(tx, desk.id)
        item = await catalog.read_item(tx, chosen.item_id) if chosen else None
        ways = [one for one in desk.market.formats.values() if item is None or item.sells in one.sells]
        way = next((one for one in ways if one.name == f.value("format")), None)
        names = await asking.names_for(tx, desk) if way else {}
        others = await asking.others_for(tx, desk, way) if way else []
        seen = await _seen(
            tx, desk, f, item, variant_id, f.value("place") or (shops[0].id if shops else ""), way, names
        )
    lists = asking.drawn(desk, f, way, names, choices, others) if way else {}
    return desk.show(
        "offer_new.html", part="preview", status=f.status, at="/merchant/goods", f=f, choices=choices, chosen=chosen, item=item,
        shops=shops, ways=ways, way=way, lists=lists, **seen,
    )  # fmt: skip


async def _seen(
    tx: Tx, desk: Desk, f: Filled, item: Item | None, variant_id: str, place_id: str, way: Format | None, names: dict[str, str],
) -> dict[str, Any]:  # fmt: skip
    """The preview of what is filled in so far; faults of the form are told by the form, not here."""
    if way is None or item is None or not place_id:
        return {"seen": None, "licence": ("", "")}
    quiet, currency = Filled(desk.lang, f.form, f.start), desk.market.currency
    price = quiet.money("price", currency, required=False) or 0
    place = await parties.places.place(tx, place_id)
    known = await catalog.categories(tx)
    line = licence_line(known, item, await parties.licences.licences_of(tx, desk.id), desk, way)
    terms = asking.read_terms(quiet, way, currency, names)
    return {"seen": shown(desk, item, variant_id, place, way, price, terms), "licence": line}


@post("/offers/new")
async def make(desk: GivenDesk, form: GivenForm) -> Response[Any]:
    desk.require("sell")
    f = Filled(desk.lang, form)
    variant_id, currency, now = form.get("variant"), desk.market.currency, desk.visitor.now
    way = next((one for one in desk.market.formats.values() if one.name == form.get("format")), None)
    if way is None:
        f.wrong("format", "Choose how it is sold.", "请选择销售方式。")
    place_id = f.text("place", required=True)
    price = f.money("price", currency)
    most = f.whole("most", least=1, required=False)
    terms: dict[str, Any] = {}
    if way is not None:
        async with desk.market.db.read() as tx:
            terms = asking.read_terms(f, way, currency, await asking.names_for(tx, desk))
    if f.ok and way is not None and price is not None and not form.get("do").startswith("more-"):

        async def offered(tx: Tx) -> str:
            if not await views.variants(tx, desk.id, variant_id=variant_id):
                raise NotFound("variant")
            await check_terms(tx, way, desk.id, terms)
            offer_id = await catalog.draft_offer(
                tx, seller_id=desk.id, variant_id=variant_id, place_id=place_id, format=way.name, currency=currency,
                price=price, terms=terms, tax=form.get("tax") or "standard", most_per_order=most, now=now,
            )  # fmt: skip
            if form.get("do") != "draft":
                await open_offer(desk.market, tx, desk.id, offer_id, now)
            return offer_id

        try:
            offer_id = await once(desk, form, "offer", offered)
            said = "Kept as a draft." if form.get("do") == "draft" else "It is on sale now."
            return desk.go(f"/offers/{offer_id}", said)
        except Refusal as no:
            f.refused(no)
    return await _making(desk, f, variant_id)


@get("/offers/{offer_id:str}")
async def offer(desk: GivenDesk, offer_id: FromPath[str]) -> Response[str]:
    desk.require("see_goods")
    return await offer_page(desk, offer_id)


async def offer_page(
    desk: Desk, offer_id: str, filled: Filled | None = None, doing: str = ""
) -> Response[str]:
    """One offer of this seller; `filled`: a form that was not taken. Errors: NotFound for somebody else's."""
    async with desk.market.db.read() as tx:
        found = await own_offer(tx, desk, offer_id)
        way = desk.market.format(found.format)
        names = await asking.names_for(tx, desk, found.terms)
        start = {
            "price": plain(found.price, found.currency),
            "tax": found.tax,
            "most": str(found.most_per_order or ""),
        }
        start |= asking.start_of(way, found.terms, found.currency, names)
        f = filled or Filled(desk.lang, start=start)
        item = await catalog.read_item(tx, found.item_id)
        seen = await _seen(
            tx, desk, Filled(desk.lang, start=start), item, found.variant_id, found.place_id, way, names
        )
        variants, others = await views.variants(tx, desk.id), await asking.others_for(tx, desk, way)
        listed = await prices_of(tx, offer_id)
    return desk.show(
        "offer.html", status=f.status, at="/merchant/goods", f=f, doing=doing, offer=found, item=item, way=way,
        lists=asking.drawn(desk, f, way, names, variants, others), listed=listed, **seen,
    )  # fmt: skip


ROUTES = [new_offer, make, offer]
