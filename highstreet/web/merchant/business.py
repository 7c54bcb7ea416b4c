"""What a business says of itself in public, and where its application stands."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from highstreet import parties
from highstreet.kit.errors import Refusal
from highstreet.kit.text import Words
from highstreet.parties import About
from highstreet.web.frame import GivenForm
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled

# Fronts drawn for this town; a shop chooses the one that looks most like it.
FRONTS = (
    "shop-bakery", "shop-grocer", "shop-noodle-kitchen", "shop-tea-house", "shop-florist", "shop-bookshop", "shop-tailor",
    "shop-hardware", "shop-toy-maker", "shop-pharmacy", "shop-clinic", "shop-school",
)  # fmt: skip


@get("/business")
async def business(desk: GivenDesk) -> Response[str]:
    about = desk.business.about
    start = {
        "tagline_en": about.tagline.en, "tagline_zh": about.tagline.zh, "story_en": about.story.en, "story_zh": about.story.zh,
        "phone": about.phone, "picture": desk.business.picture or "", "name_en": about.name.en, "name_zh": about.name.zh,
    }  # fmt: skip
    return await _page(desk, Filled(desk.lang, start=start))


async def _page(desk: Desk, f: Filled) -> Response[str]:
    async with desk.market.db.read() as tx:
        checked = await parties.particulars.of(tx, desk.id)
    return desk.show(
        "business.html", status=f.status, at="/merchant/business", f=f, fronts=FRONTS, checked=checked
    )


@post("/business")
async def change(desk: GivenDesk, form: GivenForm) -> Response[Any]:
    desk.require("places")
    f = Filled(desk.lang, form)
    about = About(
        tagline=f.words("tagline", most=120),
        story=f.words("story", most=2000),
        name=Words(f.text("name_en", most=120), f.text("name_zh", most=120)),
        phone=f.text("phone", required=True, most=40),
    )
    picture = form.get("picture") if form.get("picture") in FRONTS else desk.business.picture
    if f.ok:
        try:
            async with desk.market.db.transaction() as tx:
                await parties.businesses.change(
                    tx, desk.id, about=about, picture=picture, lang=desk.business.lang
                )
            return desk.go("/business", "Saved. Buyers see it at once.")
        except Refusal as no:
            f.refused(no)
    return await _page(desk, f)


ROUTES = [business, change]
