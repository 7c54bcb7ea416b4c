"""Promotions: percent, amount, spend and save, buy some get some, bundles; told in words while they are made."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery

from highstreet.kit.db import Tx
from highstreet.kit.errors import Refusal
from highstreet.market.views import goods as views
from highstreet.pricing import (
    KINDS,
    NewPromotion,
    promotions_of,
    start,
    stop,
)
from highstreet.web.frame import GivenForm
from highstreet.web.merchant.days import day_start
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled
from highstreet.web.merchant.once import once
from highstreet.web.merchant.reckoning import example_of, rule_of


@get("/promotions")
async def promotions(desk: GivenDesk) -> Response[str]:
    desk.require("see_goods")
    async with desk.market.db.read() as tx:
        found = await promotions_of(tx, desk.id)
        offers = (await views.offers(tx, desk.id, "", "", None, 1000)).rows
    now = desk.visitor.now
    return desk.show(
        "promotions.html",
        at="/merchant/goods",
        running=[one for one in found if one.valid_from <= now < one.valid_to],
        coming=[one for one in found if one.valid_from > now and one.valid_to > one.valid_from],
        over=[one for one in found if one.valid_to <= now][:20],
        titles={one.id: one.title for one in offers},
    )


@get("/promotions/new")
async def new_promotion(
    desk: GivenDesk, request: Request[Any, Any, Any], kind: FromQuery[str] = "percent"
) -> Response[str]:
    """The form; with each change htmx fetches what the promotion would do."""
    desk.require("sell")
    typed = {name: value for name, value in request.query_params.items() if isinstance(value, str)}
    typed["offers"] = " ".join(request.query_params.getall("offers", []))
    return await _form(desk, Filled(desk.lang, start=typed), kind)


async def _form(desk: Desk, f: Filled, kind: str) -> Response[str]:
    kind = kind if kind in KINDS else "percent"
    async with desk.market.db.read() as tx:
        offers = (await views.offers(tx, desk.id, "open", "", None, 300)).rows
    today = desk.visitor.now.astimezone(desk.market.tz).date()
    return desk.show(
        "promotion.html",
        part="example",
        status=f.status,
        at="/merchant/goods",
        f=f,
        kind=kind,
        offers=offers,
        today=today.isoformat(),
        week=(today + timedelta(days=6)).isoformat(),
        example=example_of(desk, f, kind, offers),
    )


@post("/promotions/new")
async def begin(desk: GivenDesk, form: GivenForm) -> Response[Any]:
    desk.require("sell")
    f = Filled(desk.lang, form)
    kind = form.get("kind") if form.get("kind") in KINDS else "percent"
    name = f.words("name", required=True, most=80)
    rule = rule_of(desk, f, kind)
    first, last = f.day("from"), f.day("until")
    now, tz = desk.visitor.now, desk.market.tz
    if f.ok and first is not None and last is not None:
        new = NewPromotion(
            seller_id=desk.id, funder_id=desk.id, name=name, kind=kind, rule=rule, offers=tuple(f.all("offers")),
            alone=bool(form.get("alone")), valid_from=max(day_start(first, tz), now), valid_to=day_start(last + timedelta(days=1), tz),
        )  # fmt: skip

        async def begun(tx: Tx) -> str:
            mine = {one.id for one in (await views.offers(tx, desk.id, "", "", None, 1000)).rows}
            own = msgspec.structs.replace(new, offers=tuple(one for one in new.offers if one in mine))
            return (await start(tx, own, desk.session.party_id, now)).id

        try:
            await once(desk, form, "promotion", begun)
            return desk.go("/promotions", "It begins by itself, and ends by itself.")
        except Refusal as no:
            f.refused(no, "until" if no.values.get("field") in ("valid_to", "valid_from") else "")
    return await _form(desk, f, kind)


@post("/promotions/{promotion_id:str}/end")
async def end(desk: GivenDesk, promotion_id: FromPath[str]) -> Response[Any]:
    desk.require("sell")
    async with desk.market.db.transaction() as tx:
        await stop(tx, promotion_id, desk.id, desk.session.party_id, desk.visitor.now)
    return desk.go("/promotions", "Ended. Orders already placed keep their price.")


ROUTES = [promotions, new_promotion, begin, end]
