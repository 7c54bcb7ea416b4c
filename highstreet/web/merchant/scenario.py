"""Putting a scenario together: offers found across the market, when each comes, what is taken off and who pays for that."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.params import FromQuery

from highstreet import catalog
from highstreet.catalog import Offer, Query, Wanted
from highstreet.kit.errors import Refusal
from highstreet.kit.ids import is_id
from highstreet.market import scenarios as flow
from highstreet.market.views import visits
from highstreet.web.frame import Form, GivenForm
from highstreet.web.merchant.days import day_start
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled

_MOST_OFF = 5_000
PICTURES = (
    "waves",
    "street",
    "basket-of-things",
    "bicycle",
    "cake",
    "ticket",
    "tea-tin",
    "toy-train",
    "noodles",
    "book",
)


@get("/scenarios/new")
async def new(desk: GivenDesk, q: FromQuery[str] = "") -> Response[str]:
    """The empty form; `q` finds offers to begin with."""
    desk.require("sell")
    return await _page(desk, [], q[:80], Filled(desk.lang))


@post("/scenarios/new", status_code=200)
async def make(desk: GivenDesk, form: GivenForm) -> Response[Any]:
    """Put it together and ask everybody; nothing is on sale yet."""
    desk.require("sell")
    f = Filled(desk.lang, form)
    chosen = _offers([one for one in (*form.all("offers"), form.get("add")) if one != form.get("drop")])
    if form.get("add") or form.get("drop") or form.get("find"):
        return await _page(desk, chosen, form.get("q")[:80], f)  # nothing typed is lost by looking further
    name, about = f.words("name", required=True, most=120), f.words("about", most=1000)
    last = f.day("until")
    picture = form.get("picture") if form.get("picture") in PICTURES else PICTURES[0]
    async with desk.market.db.read() as tx:
        known = await catalog.read_offers(tx, chosen)
    parts = [_part(desk, f, form, known[one]) for one in chosen if one in known]
    if f.ok and last is not None:
        try:
            until = day_start(last + timedelta(days=1), desk.market.tz)
            async with desk.market.db.transaction() as tx:
                await flow.describe(tx, desk.id, name, about, picture, parts, until, desk.visitor.now)
            return desk.go("/scenarios", "Put together. Its sellers, and who pays, are asked.")
        except Refusal as no:
            f.refused(no)
    return await _page(desk, chosen, "", f)


def _part(desk: Desk, f: Filled, form: Form, offer: Offer) -> Wanted:
    many = f.whole(f"many-{offer.id}", least=1, most=99) or 1
    off = f.share(f"off-{offer.id}", required=False, least=0, most=_MOST_OFF) or 0
    funder = offer.seller_id if form.get(f"funder-{offer.id}") == "seller" else desk.id
    return Wanted(offer.id, many, f.words(f"when-{offer.id}", most=60), off, funder if off else None)


async def _page(desk: Desk, offers: list[str], q: str, f: Filled) -> Response[str]:
    chosen = _offers(offers)
    async with desk.market.db.read() as tx:
        known = await catalog.read_offers(tx, chosen)
        found = (await catalog.search(tx, Query(text=q, most=12))).cards if q.strip() else []
        names = await visits.names(tx, sorted({one.seller_id for one in known.values()}))
    today = desk.visitor.now.astimezone(desk.market.tz).date()
    return desk.show(
        "scenario.html",
        part="found",
        status=f.status,
        at="/merchant/goods",
        f=f,
        q=q,
        chosen=[known[one] for one in chosen if one in known],
        found=found,
        names={key: desk.words(one.called) or one.name for key, one in names.items()},
        pictures=PICTURES,
        until=(today + timedelta(days=30)).isoformat(),
        remote={one.name for one in desk.market.formats.values() if not one.in_person},
    )


def _offers(given: list[str]) -> list[str]:
    """What was chosen, each once, in its order."""
    return [one for one in dict.fromkeys(given) if is_id(one, "ofr")][:12]


ROUTES = [new, make]
