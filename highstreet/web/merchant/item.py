"""One item as it stands: changing what is said of it, and retiring it."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import catalog
from highstreet.catalog import Categories, Item
from highstreet.kit.errors import NotFound, Refusal
from highstreet.market.views import goods as views
from highstreet.web.frame import GivenForm
from highstreet.web.merchant import contents
from highstreet.web.merchant.describing import field_of, item_form, read_item_form
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled


@get("/goods/{item_id:str}")
async def item(desk: GivenDesk, item_id: FromPath[str]) -> Response[str]:
    desk.require("see_goods")
    found, known, more = await _found(desk, item_id)
    start = {
        "title_en": found.title.en, "title_zh": found.title.zh, "about_en": found.about.en, "about_zh": found.about.zh,
        "brand": found.brand or "", "category": found.category_id, "labels": " ".join(found.labels), "sells": found.sells,
        "variants": str(len(found.variants)), **{f"a-{code}": value for code, value in found.attributes.items()},
    }  # fmt: skip
    for n, v in enumerate(found.variants):
        start |= {
            f"variant-{n}": v.id,
            f"sku-{n}": v.sku,
            f"gtin-{n}": catalog.shown_gtin(v.gtin) if v.gtin else "",
        }
        start |= {
            f"colour-{n}": v.options.get("colour", ""),
            f"size-{n}": v.options.get("size", ""),
            f"unit-{n}": v.unit,
        }
        start |= {f"step-{n}": str(v.step), f"weight-{n}": str(v.weight_g or "")}
    return item_form(desk, Filled(desk.lang, start=start), known, found.category_id, found, **more)


async def _found(desk: Desk, item_id: str) -> tuple[Item, Categories, dict[str, Any]]:
    """Errors: NotFound for somebody else's item."""
    async with desk.market.db.read() as tx:
        found = await catalog.read_item(tx, item_id)
        if found.owner_id != desk.id:
            raise NotFound("item")
        known = await catalog.categories(tx)
        supplies = await views.stock_of_item(tx, desk.id, item_id)
        offers = await views.offers_of_item(tx, desk.id, item_id)
    return found, known, {"offers": offers, "supplies": supplies, "format_of": desk.market.format}


@post("/goods/{item_id:str}")
async def change(desk: GivenDesk, item_id: FromPath[str], form: GivenForm) -> Response[Any]:
    desk.require("sell")
    found, known, more = await _found(desk, item_id)
    f = Filled(desk.lang, form)
    if form.get("do") == "more":
        return item_form(desk, f, known, found.category_id, found, **more)
    title, about, attributes, labels, variants = read_item_form(f, known, found.category_id)
    if f.ok:
        try:
            async with desk.market.db.transaction() as tx:
                await catalog.change_item(
                    tx, desk.id, item_id, now=desk.visitor.now, title=title, about=about, brand=form.get("brand"),
                    attributes=attributes, labels=labels, variants=variants,
                )  # fmt: skip
            return desk.go(f"/goods/{item_id}", "Saved. Buyers see it at once.")
        except Refusal as no:
            f.refused(no, field_of(no))
    return item_form(desk, f, known, found.category_id, found, **more)


@post("/goods/{item_id:str}/retirement")
async def retire(desk: GivenDesk, item_id: FromPath[str]) -> Response[Any]:
    """Off sale for good; what is ordered is still delivered."""
    desk.require("sell")
    async with desk.market.db.transaction() as tx:
        await catalog.retire(tx, desk.id, item_id, now=desk.visitor.now)
    return desk.go(
        "/goods", "Retired. Its offers are closed; what is ordered must still be delivered.", kind="info"
    )


ROUTES = [*contents.ROUTES, item, change, retire]
